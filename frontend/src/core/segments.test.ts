import { describe, expect, it } from 'vitest';

import {
  besides,
  duplicate,
  inOrder,
  merge,
  originWords,
  put,
  shifted,
  split,
  withEdge,
  without,
  withoutHint,
  withWrittenEdge,
  type Segment,
} from './segments';

const END = 60_000;
const segment = (
  id: string,
  start_ms: number,
  end_ms: number,
  more: Partial<Segment> = {},
): Segment => ({
  id,
  violation_type: 'fight',
  start_ms,
  end_ms,
  origin: 'human',
  hint_ids: [],
  ...more,
});

describe('putting a segment', () => {
  it('keeps them in the order of the video', () => {
    const edit = put([segment('a', 5000, 6000)], segment('b', 1000, 2000), END);
    expect(edit.ok && edit.segments.map((each) => each.id)).toEqual(['b', 'a']);
  });

  it('replaces the one with the same id', () => {
    const edit = put([segment('a', 5000, 6000)], segment('a', 5500, 7000), END);
    expect(edit.ok && edit.segments).toEqual([segment('a', 5500, 7000)]);
  });

  it('refuses an overlap within a type and offers to merge', () => {
    const edit = put([segment('a', 5000, 6000)], segment('b', 5500, 7000), END);
    expect(edit).toMatchObject({ ok: false });
    expect(!edit.ok && edit.merge.map((each) => each.id)).toEqual(['a', 'b']);
    expect(!edit.ok && edit.sentence).toContain('Merge them');
  });

  it('allows overlap between types, and touching within one', () => {
    const first = [segment('a', 5000, 6000)];
    expect(put(first, segment('b', 5500, 7000, { violation_type: 'gunfire' }), END).ok).toBe(true);
    expect(put(first, segment('b', 6000, 7000), END).ok).toBe(true);
  });

  it('stays inside the video and refuses what is too short to be seen', () => {
    const edit = put([], segment('a', -500, 99_999), END);
    expect(edit.ok && edit.segments[0]).toMatchObject({ start_ms: 0, end_ms: END });
    expect(put([], segment('a', 5000, 5010), END).ok).toBe(false);
  });

  it('puts ends that were marked backwards in order', () => {
    const edit = put([], segment('a', 9000, 4000), END);
    expect(edit.ok && edit.segments[0]).toMatchObject({ start_ms: 4000, end_ms: 9000 });
  });
});

describe('moving edges and bodies', () => {
  it('never lets one edge pass the other', () => {
    expect(withEdge({ start_ms: 1000, end_ms: 2000 }, 'start', 9000, END).start_ms).toBe(1960);
    expect(withEdge({ start_ms: 1000, end_ms: 2000 }, 'end', 0, END).end_ms).toBe(1040);
  });

  it('stops a moved body at the ends of the video without shrinking it', () => {
    expect(shifted({ start_ms: 1000, end_ms: 2000 }, -5000, END)).toEqual({
      start_ms: 0,
      end_ms: 1000,
    });
    expect(shifted({ start_ms: 1000, end_ms: 2000 }, 99_999, END)).toEqual({
      start_ms: 59_000,
      end_ms: END,
    });
  });
});

describe('merging and cutting', () => {
  it('merges into the hull and keeps the hint it came from', () => {
    const parts = [
      segment('a', 0, 1000),
      segment('b', 3000, 4000, { origin: 'hint', hint_ids: [7] }),
    ];
    const edit = merge(parts, parts);
    expect(edit.ok && edit.segments).toEqual([
      segment('b', 0, 4000, { origin: 'hint', hint_ids: [7] }),
    ]);
  });

  it('swallows what lies between the merged ones', () => {
    const all = [segment('a', 0, 1000), segment('b', 1500, 1700), segment('c', 3000, 4000)];
    const edit = merge(all, [all[0] as Segment, all[2] as Segment]);
    expect(edit.ok && edit.segments).toHaveLength(1);
  });

  it('keeps every hint of what it merges, also of what lies between, and each once', () => {
    const hinted = (id: string, start_ms: number, end_ms: number, hint_ids: number[]) =>
      segment(id, start_ms, end_ms, { origin: 'hint', hint_ids });
    const all = [
      hinted('a', 0, 1000, [7, 9]),
      hinted('b', 1500, 1700, [8]),
      segment('c', 1800, 1900),
      hinted('d', 3000, 4000, [9, 5]),
    ];
    const edit = merge(all, [all[3] as Segment, all[0] as Segment]);
    expect(edit.ok && edit.segments).toEqual([hinted('a', 0, 4000, [7, 9, 5, 8])]);
  });

  it('becomes one of origin hint where only a swallowed segment came from a hint', () => {
    const all = [
      segment('a', 0, 1000),
      segment('b', 1500, 1700, { origin: 'hint', hint_ids: [8] }),
      segment('c', 3000, 4000),
    ];
    const edit = merge(all, [all[0] as Segment, all[2] as Segment]);
    expect(edit.ok && edit.segments).toMatchObject([{ origin: 'hint', hint_ids: [8] }]);
  });

  it('lets go of one hint of several, and goes with its last one', () => {
    const merged = segment('a', 0, 1000, { origin: 'hint', hint_ids: [7, 8] });
    const human = segment('b', 2000, 3000);
    const left = withoutHint([merged, human], 7);
    expect(left).toEqual([{ ...merged, hint_ids: [8] }, human]);
    expect(withoutHint(left, 8)).toEqual([human]);
  });

  it('says where a segment comes from', () => {
    const words = [[], [7], [7, 8]].map((hint_ids) => originWords({ hint_ids }));
    expect(words).toEqual(['marked by hand', 'from a hint', 'from 2 hints']);
  });

  it('refuses to merge different types, or fewer than two', () => {
    expect(merge([], [segment('a', 0, 1000)]).ok).toBe(false);
    const other = segment('b', 2000, 3000, { violation_type: 'gunfire' });
    expect(merge([], [segment('a', 0, 1000), other]).ok).toBe(false);
  });

  it('cuts in two halves that both know their hint', () => {
    const edit = split([segment('a', 0, 1000, { origin: 'hint', hint_ids: [7] })], 'a', 400, 'b');
    expect(
      edit.ok && edit.segments.map((each) => [each.start_ms, each.end_ms, each.hint_ids]),
    ).toEqual([
      [0, 400, [7]],
      [400, 1000, [7]],
    ]);
  });

  it('refuses to cut outside of the segment', () => {
    expect(split([segment('a', 0, 1000)], 'a', 1000, 'b').ok).toBe(false);
    expect(split([], 'a', 500, 'b').ok).toBe(false);
  });

  it('removes by id', () => {
    expect(without([segment('a', 0, 1000)], 'a')).toEqual([]);
  });
});

describe('duplicating', () => {
  const hinted = segment('a', 0, 1000, { origin: 'hint', hint_ids: [7] });

  it('makes one of another type by hand, so that the hint stays accepted as it was', () => {
    const edit = duplicate([hinted], 'a', 'gunfire', 'b');
    expect(edit.ok && edit.segments).toEqual([
      hinted,
      segment('b', 0, 1000, { violation_type: 'gunfire' }),
    ]);
  });

  it('refuses its own type, and offers to merge where one of the other type lies', () => {
    expect(duplicate([hinted], 'a', 'fight', 'b')).toMatchObject({ ok: false, merge: [] });
    const other = segment('c', 500, 1500, { violation_type: 'gunfire' });
    const edit = duplicate([hinted, other], 'a', 'gunfire', 'b');
    expect(!edit.ok && edit.merge.map((each) => each.id)).toEqual(['c', 'b']);
  });
});

describe('neighbours', () => {
  it('are the next and the one before of the same type', () => {
    const all = [
      segment('c', 5000, 6000),
      segment('a', 0, 1000),
      segment('b', 2000, 3000, { violation_type: 'gunfire' }),
    ];
    expect(besides(all, all[1] as Segment, 1)?.id).toBe('c');
    expect(besides(all, all[0] as Segment, -1)?.id).toBe('a');
    expect(besides(all, all[2] as Segment, 1)).toBeNull();
    expect(besides(all, all[1] as Segment, -1)).toBeNull();
  });

  it('lie in one order, however they were put', () => {
    const all = [segment('b', 0, 1000, { violation_type: 'x' }), segment('a', 0, 1000)];
    expect(inOrder(all)).toEqual(inOrder(all.toReversed()));
  });
});

describe('written times', () => {
  const now = { start_ms: 5000, end_ms: 9000 };

  it('move the edge they are written for', () => {
    expect(withWrittenEdge(now, 'end', '0:12.5', END)).toEqual({
      ok: true,
      bounds: { start_ms: 5000, end_ms: 12_500 },
    });
  });

  it.each([
    ['start', 'abc', /no time.*1:23\.456/],
    ['end', '9:00', /ends at 1:00\.000/],
    ['start', '10', /before the end, 0:09\.000/],
    ['end', '4', /after the start, 0:05\.000/],
  ] as const)('say what is expected of the %s where they cannot be: %s', (edge, text, sentence) => {
    const written = withWrittenEdge(now, edge, text, END);
    expect(!written.ok && written.sentence).toMatch(sentence);
  });
});
