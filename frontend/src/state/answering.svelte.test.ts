import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Action } from '../core/keymap';
import { perform } from './actions';
import { hint, makeSession, workbench } from './sample';
import type { Session } from './session.svelte';

const exits = { submit: vi.fn() };
const plainly = { speed: 1, muted: false, blurred: false };
const press = (session: Session, ...actions: Action[]) =>
  actions.forEach((action) => perform(action, session, exits));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('answering hints', () => {
  it('goes to the next hint, plays it, and accepts it with one key', () => {
    const session = makeSession();
    press(session, 'next_hint', 'accept');
    expect(session.review.segments).toMatchObject([
      { violation_type: 'fight', start_ms: 5000, end_ms: 7000, origin: 'hint', hint_ids: [1] },
    ]);
    expect(session.review.outcomes.get(1)).toBe('accepted');
  });

  it('calls a hint played once half of it really ran, not when playing starts', () => {
    const session = makeSession();
    press(session, 'next_hint');
    expect(session.review.played).toEqual([]);
    session.playback.playing = true;
    const runTo = (end_ms: number) => {
      for (let ms = session.playback.current_ms; ms <= end_ms; ms += 100) {
        session.playback.moved(ms);
        session.watched(true);
      }
    };
    runTo(5900);
    expect(session.review.played).toEqual([]);
    runTo(6000);
    expect(session.review.played).toEqual([1]);
  });

  it('goes to those still open, after the playhead and round, and to all once none is', () => {
    const session = makeSession({ hints: [5000, 20_000, 40_000].map((at, i) => hint(i + 1, at)) });
    const next = (action: Action) => {
      press(session, action);
      return session.review.selectedHint?.id;
    };
    session.playback.moved(15_000);
    expect(next('next_hint')).toBe(2);
    press(session, 'accept');
    expect(next('previous_hint')).toBe(1);
    expect(next('next_hint')).toBe(3);
    press(session, 'reject');
    expect(next('next_hint')).toBe(1);
    press(session, 'accept');
    expect(next('next_hint')).toBe(2);
  });

  it('says so when a rejection takes an adjusted segment along, and brings it back', () => {
    const session = makeSession();
    press(session, 'next_hint', 'nudge_later', 'reject');
    expect(session.review.segments).toEqual([]);
    const message = session.messages.list.at(-1);
    expect(message?.text).toBe('Rejected; the segment you adjusted is gone.');
    if (message) session.messages.act(message);
    expect(session.review.segments).toMatchObject([{ hint_ids: [1], end_ms: 7040 }]);
    expect(session.review.outcomes.get(1)).toBe('adjusted');
  });

  it('says nothing when a rejection takes nothing along', () => {
    const session = makeSession();
    press(session, 'next_hint', 'reject');
    expect(session.messages.list).toEqual([]);
  });

  it('rejects with one key, and accepting later takes the rejection back', () => {
    const session = makeSession();
    press(session, 'next_hint', 'reject');
    expect(session.snapshot().rejected).toEqual([1]);
    press(session, 'accept');
    expect(session.snapshot().rejected).toEqual([]);
    expect(session.review.outcomes.get(1)).toBe('accepted');
  });

  it('adjusts a hint by nudging its edge, without accepting it first', () => {
    const session = makeSession();
    press(session, 'next_hint', 'nudge_later', 'nudge_later');
    expect(session.review.segments).toMatchObject([
      { hint_ids: [1], start_ms: 5000, end_ms: 7080 },
    ]);
    expect(session.review.outcomes.get(1)).toBe('adjusted');
    press(session, 'undo');
    expect(session.review.segments).toEqual([]);
  });

  it('relabels with R and a number', () => {
    const session = makeSession();
    press(session, 'next_hint', 'relabel', 'type_2');
    expect(session.review.outcomes.get(1)).toBe('relabelled');
    expect(session.retyping.way).toBeNull();
  });

  it('answers coinciding hints together when asked to', () => {
    const session = makeSession({
      hints: [hint(1, 5000, { group: 1 }), hint(2, 5000, { group: 1, violation_type: 'gunfire' })],
    });
    press(session, 'next_hint', 'accept_group');
    expect(session.review.segments).toHaveLength(2);
    press(session, 'undo');
    expect(session.review.segments).toHaveLength(0);
    press(session, 'redo');
    expect(session.review.segments).toHaveLength(2);
    press(session, 'reject_group');
    expect(session.snapshot().rejected).toEqual([1, 2]);
  });

  it('needs at most seventeen keys for three accepted, one adjusted, one rejected and the submit', () => {
    const session = makeSession({ hints: [1, 2, 3, 4, 5].map((id) => hint(id, id * 5000)) });
    const keys: Action[] = [
      ...(['next_hint', 'accept', 'next_hint', 'accept', 'next_hint', 'accept'] as const),
      ...(['next_hint', 'nudge_later', 'next_hint', 'reject', 'verdict', 'submit'] as const),
    ];
    press(session, ...keys);
    expect(keys.length).toBeLessThanOrEqual(17);
    expect(session.decision.refusal()).toBeNull();
    expect(session.decision.asksFirst()).toBe(false);
    expect([...session.review.outcomes.values()].sort()).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'adjusted',
      'rejected',
    ]);
  });
});

describe('the verdict', () => {
  it('takes the suggestion first, then goes round', () => {
    const session = makeSession({ hints: [] });
    session.coverage.ranges = [{ start_ms: 0, end_ms: 50_000, ...plainly }];
    press(session, 'verdict');
    expect(session.review.verdict).toBe('clean');
    press(session, 'verdict');
    expect(session.review.verdict).toBe('escalated');
  });

  it('is not suggested before enough was watched', () => {
    const session = makeSession({ arm: 'blind', hints: [], curves: null });
    expect(session.decision.suggested).toBeNull();
    press(session, 'verdict');
    expect(session.review.verdict).toBe('violating');
  });

  it('“clean” on a video that was never played is asked about once', () => {
    const session = makeSession({ hints: [] });
    session.review.setVerdict('clean');
    expect(session.decision.question).toBeNull();
    expect(session.decision.asksFirst()).toBe(true);
    expect(session.decision.question).toContain('You have watched 0 %');
    expect(session.decision.asksFirst()).toBe(false);
  });

  it('is asked about once although more is being watched meanwhile, and names what is unseen', () => {
    const session = makeSession({ hints: [] });
    session.coverage.ranges = [{ start_ms: 0, end_ms: 6000, ...plainly }];
    session.review.setVerdict('clean');
    expect(session.decision.asksFirst()).toBe(true);
    expect(session.decision.question).toContain('watched 10 % of this video, not 0:06–1:00');
    session.coverage.ranges = [{ start_ms: 0, end_ms: 12_000, ...plainly }];
    expect(session.decision.question).toContain('watched 20 %');
    expect(session.decision.asksFirst()).toBe(false);
  });

  it('“clean” with the sound off is doubted where a type is judged by sound, and the next part is one to hear', () => {
    const [first] = workbench().violation_types;
    if (!first) throw new Error('The sample has a type.');
    const session = makeSession({ hints: [], violation_types: [{ ...first, modality: 'sound' }] });
    session.coverage.ranges = [{ start_ms: 0, end_ms: 60_000, ...plainly, muted: true }];
    session.review.setVerdict('clean');
    expect(session.decision.asksFirst()).toBe(true);
    expect(session.decision.question).toContain('heard 0 % of it, not 0:00–1:00');
    session.playback.setMuted(true);
    press(session, 'next_unwatched');
    expect(session.messages.list.map(({ text }) => text).join()).toContain('but not heard');
  });

  it('is asked about again once the answer changed in between', () => {
    const session = makeSession({ hints: [] });
    session.review.setVerdict('clean');
    session.decision.asksFirst();
    session.review.setVerdict('violating');
    expect(session.decision.question).toBeNull();
    session.review.setVerdict('clean');
    expect(session.decision.question).toBeNull();
    expect(session.decision.asksFirst()).toBe(true);
  });

  it('“clean” with open hints names them, and needs no question once they are rejected', () => {
    const session = makeSession();
    session.coverage.ranges = [{ start_ms: 0, end_ms: 60_000, ...plainly }];
    session.review.setVerdict('clean');
    expect(session.decision.asksFirst()).toBe(true);
    expect(session.decision.question).toContain('2 hints are unanswered');
    press(session, 'next_hint', 'reject');
    expect(session.decision.question).toBeNull();
    press(session, 'next_hint', 'reject');
    expect(session.decision.asksFirst()).toBe(false);
  });

  it('of a broken file can only be unreviewable, unless some of it was seen', () => {
    const session = makeSession({ hints: [] });
    session.playback.broken = true;
    expect(session.decision.suggested).toBe('unreviewable');
    session.review.setVerdict('clean');
    expect(session.decision.refusal()).toContain('choose “Unreviewable”');
    session.coverage.ranges = [{ start_ms: 0, end_ms: 900, ...plainly }];
    expect(session.decision.refusal()).toBeNull();
  });
});
