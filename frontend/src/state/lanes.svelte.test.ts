import { describe, expect, it } from 'vitest';

import { hint, makePreferences, makeSession } from './sample';

const score = Uint8Array.from({ length: 240 }, (_, at) => (at >= 20 && at < 28 ? 200 : 10));
const curves = new Map([['fight', { score, band: null }]]);

describe('the lanes', () => {
  it('fold away while there is nothing in them, and stay once there was', () => {
    const { lanes, review } = makeSession();
    expect(lanes.shown).toEqual(['fight']);
    expect(lanes.folded).toEqual([{ slug: 'gunfire', name: 'gunfire', things: 0 }]);
    review.create('gunfire', { start_ms: 0, end_ms: 1000 });
    expect(lanes.shown).toEqual(['fight', 'gunfire']);
    review.undo();
    expect(lanes.shown).toEqual(['fight', 'gunfire']);
  });

  it('can be unfolded for now', () => {
    const { lanes } = makeSession({ hints: [] });
    expect(lanes.shown).toEqual([]);
    lanes.unfolded = true;
    expect(lanes.shown).toEqual(['fight', 'gunfire']);
    expect(lanes.folded).toHaveLength(2);
  });

  it('are shown where the curve reaches the queue’s own threshold, wherever the slider stands', () => {
    const session = makeSession({ hints: [] });
    session.setCurves(curves);
    expect(session.lanes.shown).toEqual(['fight']);
    session.review.setThreshold(0.95, true);
    expect(session.lanes.shown).toEqual(['fight']);
  });

  it('stay or stay away as the person chose, for other reviews too', () => {
    const preferences = makePreferences({ lanes: { nudity: 'never' } });
    const { lanes } = makeSession({}, { preferences });
    lanes.choose('gunfire', 'always');
    lanes.choose('fight', 'never');
    expect(lanes.shown).toEqual(['gunfire']);
    expect(lanes.folded).toEqual([{ slug: 'fight', name: 'fight', things: 2 }]);
    lanes.choose('fight', 'auto');
    expect(lanes.shown).toEqual(['fight', 'gunfire']);
    expect(preferences.lanes).toEqual({ nudity: 'never', gunfire: 'always' });
  });

  it('hold open hints, segments, and an accepted hint only as its segment', () => {
    const { lanes, review } = makeSession();
    expect(lanes.things('fight').hints.items.map(({ id }) => id)).toEqual([1, 2]);
    review.accept(hint(1, 5000));
    expect(lanes.things('fight').hints.items.map(({ id }) => id)).toEqual([2]);
    expect(lanes.things('fight').segments.size).toBe(1);
  });
});

describe('a peak of the curve', () => {
  it('expands into its prefilled segments: chosen, highlighted and zoomed to', () => {
    const session = makeSession();
    const before = session.view.range;
    session.lanes.expand('fight', { start_ms: 4500, end_ms: 7500 });
    expect(session.review.highlighted).toEqual([1]);
    expect(session.review.selection).toEqual({ kind: 'hint', id: 1 });
    expect(session.view.range.end_ms - session.view.range.start_ms).toBeLessThan(before.end_ms);
    expect(session.playback.current_ms).toBe(5000);
  });

  it('says so when its hints are hidden, or when there are none', () => {
    const session = makeSession({ hints: [hint(1, 5000, { capped: true })] });
    session.lanes.expand('fight', { start_ms: 4500, end_ms: 7500 });
    expect(session.messages.list.at(-1)?.text).toContain('show more');
    session.lanes.expand('fight', { start_ms: 20_000, end_ms: 21_000 });
    expect(session.messages.list.at(-1)?.text).toContain('No hint was made');
  });

  it('is found where the curve is above its threshold', () => {
    const session = makeSession();
    session.setCurves(curves);
    expect(session.lanes.things('fight').peaks.items).toEqual([{ start_ms: 5000, end_ms: 7000 }]);
    session.review.setThreshold(0.9, true);
    expect(session.lanes.things('fight').peaks.items).toEqual([]);
  });

  it('offers the hidden ones, which then open too', () => {
    const session = makeSession({ hints: [hint(1, 5000), hint(2, 5500, { capped: true })] });
    session.lanes.expand('fight', { start_ms: 4500, end_ms: 7500 });
    session.messages.list.at(-1)?.action?.run();
    expect(session.review.highlighted).toEqual([1, 2]);
  });
});
