import { describe, expect, it } from 'vitest';

import { groupOf, hintsWithin, inGroups, isWeak, neighbour, outcomesOf, shownHints } from './hints';
import { fromHint, type Hint } from './segments';

const hint = (id: number, start_ms: number, more: Partial<Hint> = {}): Hint => ({
  id,
  violation_type: 'fight',
  start_ms,
  end_ms: start_ms + 1000,
  score: 0.8,
  rank: id,
  group: id,
  capped: false,
  ...more,
});
const own = fromHint(hint(1, 5000), 'a');

describe('the outcome of a hint', () => {
  it.each([
    ['accepted', [own], []],
    ['adjusted', [{ ...own, end_ms: 7000 }], []],
    ['relabelled', [{ ...own, violation_type: 'gunfire' }], []],
    [
      'adjusted',
      [
        { ...own, end_ms: 5500 },
        { ...own, id: 'b', start_ms: 5500 },
      ],
      [],
    ],
    ['adjusted', [{ ...own, hint_ids: [1, 2] }], []],
    ['relabelled', [{ ...own, hint_ids: [2, 1], violation_type: 'gunfire' }], []],
    [
      'adjusted',
      [
        { ...own, end_ms: 5500 },
        { ...own, id: 'b', start_ms: 5500, violation_type: 'gunfire' },
      ],
      [],
    ],
    ['rejected', [], [1]],
    ['untouched', [], []],
  ])('is %s', (outcome, segments, rejected) => {
    expect(outcomesOf([hint(1, 5000)], segments, rejected, [1]).get(1)).toBe(outcome);
  });

  it('is unseen when it was never shown', () => {
    expect(outcomesOf([hint(1, 5000)], [], [], []).get(1)).toBe('unseen');
  });
});

describe('the shown set', () => {
  const hints = [hint(1, 0), hint(2, 5000, { score: 0.4 }), hint(3, 9000, { capped: true })];
  const ids = (list: Hint[]) => list.map((each) => each.id);

  it('leaves capped hints to “show more”', () => {
    expect(ids(shownHints(hints, { score_threshold: null, show_more: false }))).toEqual([1, 2]);
    expect(ids(shownHints(hints, { score_threshold: null, show_more: true }))).toEqual([1, 2, 3]);
  });

  it('follows the score slider', () => {
    expect(ids(shownHints(hints, { score_threshold: 0.5, show_more: true }))).toEqual([1, 3]);
  });
});

describe('going from hint to hint', () => {
  const hints = [hint(1, 9000), hint(2, 1000), hint(3, 5000)];

  it('walks through the video in its own order and starts again at the end', () => {
    const [first, second] = [hints[0] as Hint, hints[1] as Hint];
    expect(neighbour(hints, second, 0, 1)?.id).toBe(3);
    expect(neighbour(hints, first, 0, 1)?.id).toBe(2);
    expect(neighbour(hints, second, 0, -1)?.id).toBe(1);
  });

  it('goes on from a hint that is itself no longer among them, also to its twin', () => {
    const twin = hint(4, 5000);
    expect(neighbour([...hints.slice(0, 2), twin], hint(3, 5000), 4500, 1)?.id).toBe(4);
    expect(neighbour(hints.slice(0, 2), hint(3, 5000), 4500, -1)?.id).toBe(2);
  });

  it('starts from the playhead when none is chosen', () => {
    expect(neighbour(hints, null, 4000, 1)?.id).toBe(3);
    expect(neighbour(hints, null, 4000, -1)?.id).toBe(2);
    expect(neighbour([], null, 0, 1)).toBeNull();
  });

  it('finds the hints of a peak and those that coincide', () => {
    const pair = [hint(1, 0, { group: 9 }), hint(2, 0, { group: 9, violation_type: 'gunfire' })];
    expect(groupOf(pair, pair[0] as Hint)).toHaveLength(2);
    expect(hintsWithin(pair, 'fight', { start_ms: 900, end_ms: 2000 })).toEqual([pair[0]]);
  });
});

describe('the list of hints', () => {
  it('keeps coinciding hints together, at the place of their best', () => {
    const hints = [hint(3, 0, { group: 1 }), hint(2, 9000), hint(1, 0, { group: 1 })];
    expect(inGroups(hints).map((group) => group.map(({ id }) => id))).toEqual([[1, 3], [2]]);
  });

  it('calls weak what stayed below its threshold, and not what the limit holds back', () => {
    expect(isWeak(hint(1, 0, { capped: true, score: 0.2 }), 0.5)).toBe(true);
    expect(isWeak(hint(1, 0, { capped: true, score: 0.6 }), 0.5)).toBe(false);
    expect(isWeak(hint(1, 0, { score: 0.2 }), undefined)).toBe(false);
  });
});
