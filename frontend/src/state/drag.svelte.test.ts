import { describe, expect, it } from 'vitest';

import { DragState } from './drag.svelte';
import { makeSession } from './sample';

/** A minute on 600 pixels: 100 ms each. */
function make() {
  const session = makeSession();
  session.view.width = 600;
  return { session, drag: new DragState(session) };
}

const first = { violation_type: 'fight', start_ms: 5000, end_ms: 7000 };

describe('dragging', () => {
  it('of a hint’s edge makes an adjusted segment', () => {
    const { session, drag } = make();
    drag.begin({ kind: 'hint', id: 1 }, 'end', first, 70);
    drag.move(85, false);
    expect(drag.bounds.end_ms).toBe(8500);
    expect(session.review.segments).toEqual([]);
    expect(drag.finish()).toBe(true);
    expect(session.review.segments).toMatchObject([{ hint_ids: [1], end_ms: 8500 }]);
  });

  it('changes nothing once the review is no longer in these hands', () => {
    const { session, drag } = make();
    drag.begin({ kind: 'hint', id: 1 }, 'end', first, 70);
    drag.move(85, false);
    session.autosave.leaseLost('Somebody else has it.');
    expect(drag.finish()).toBe(true);
    expect(session.review.segments).toEqual([]);
    expect(drag.moved).toBe(false);
  });

  it('snaps to a neighbour’s edge unless it is switched off', () => {
    const { drag } = make();
    drag.begin({ kind: 'hint', id: 1 }, 'end', first, 70);
    drag.move(197, true);
    expect(drag.bounds.end_ms).toBe(20_000);
    expect(drag.snapped).toEqual({ ms: 20_000, what: 'hint' });
    drag.move(197, false);
    expect(drag.bounds.end_ms).toBe(19_700);
    expect(drag.snapped).toBeNull();
  });

  it('snaps to cuts, to where the playhead stood, and to the video’s ends', () => {
    const { session, drag } = make();
    session.cuts = [9000, 30_000];
    session.playback.seek(12_000);
    drag.begin({ kind: 'hint', id: 1 }, 'end', first, 70);
    const met = (x: number) => {
      drag.move(x, true);
      return drag.snapped;
    };
    expect(met(94)).toEqual({ ms: 9000, what: 'cut' });
    expect(met(123)).toEqual({ ms: 12_000, what: 'playhead' });
    expect(met(597)).toEqual({ ms: 60_000, what: 'end' });
  });

  it('of a few pixels is a click and changes nothing', () => {
    const { session, drag } = make();
    drag.begin({ kind: 'hint', id: 1 }, 'body', first, 60);
    drag.move(62, true);
    expect(drag.finish()).toBe(false);
    expect(session.review.segments).toEqual([]);
  });

  it('of a body stays inside the video', () => {
    const { drag } = make();
    drag.begin({ kind: 'hint', id: 1 }, 'body', first, 60);
    drag.move(-240, false);
    expect(drag.bounds).toEqual({ start_ms: 0, end_ms: 2000 });
  });

  it('beyond the edge takes the view along', () => {
    const { session, drag } = make();
    const { view } = session;
    view.range = { start_ms: 0, end_ms: 30_000 };
    drag.begin({ kind: 'hint', id: 1 }, 'end', first, 140);
    drag.move(640, false);
    const before = drag.bounds.end_ms;
    drag.scroll(500);
    expect(view.range.start_ms).toBeGreaterThan(5000);
    expect(drag.bounds.end_ms - before).toBe(view.range.start_ms);
    drag.move(300, false);
    const there = view.range;
    drag.scroll(500);
    expect(view.range).toBe(there);
  });

  it('can be taken back before it is let go, the playhead included', () => {
    const { session, drag } = make();
    session.playback.seek(1000);
    drag.begin({ kind: 'hint', id: 1 }, 'end', first, 70);
    drag.move(120, false);
    expect(session.playback.current_ms).not.toBe(1000);
    drag.cancel();
    expect(session.playback.current_ms).toBe(1000);
    expect(drag.finish()).toBe(false);
    expect(session.review.segments).toEqual([]);
  });

  it('onto one of its own type shows it on the way, is refused, and can be merged', () => {
    const { session, drag } = make();
    session.review.create('fight', { start_ms: 10_000, end_ms: 12_000 });
    drag.begin({ kind: 'hint', id: 1 }, 'end', first, 70);
    drag.move(110, false);
    expect(drag.blocked).toMatchObject([{ start_ms: 10_000 }]);
    drag.finish();
    expect(session.review.segments).toHaveLength(1);
    session.messages.list.at(-1)?.action?.run();
    expect(session.review.segments).toMatchObject([{ start_ms: 5000, end_ms: 12_000 }]);
  });
});
