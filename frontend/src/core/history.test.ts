import { describe, expect, it } from 'vitest';

import { canonical, fingerprint, History, type Content } from './history';
import { duplicate, fromHint, merge, put, split, without, type Segment } from './segments';

const EMPTY: Content = { segments: [], rejected: [] };

const segment = (id: string, start_ms: number): Segment => ({
  id,
  violation_type: 'fight',
  start_ms,
  end_ms: start_ms + 1000,
  origin: 'human',
  hint_ids: [],
});
const holding = (...segments: Segment[]): Content => ({ segments, rejected: [] });
const [one, two] = [holding(segment('a', 0)), holding(segment('a', 0), segment('b', 5000))];

describe('history', () => {
  it('goes back and forth, and says what it would take back', () => {
    const history = new History(EMPTY);
    history.push('one', one);
    history.push('two', two);
    expect(history.undoLabel).toBe('two');
    expect(history.undo()).toEqual(one);
    expect(history.redoLabel).toBe('two');
    expect(history.redo()).toEqual(two);
  });

  it('stays where it is when there is nothing to undo', () => {
    const history = new History(EMPTY);
    expect(history.undo()).toEqual(EMPTY);
    expect(history.undoLabel).toBeNull();
  });

  it('forgets the undone future once something new is done', () => {
    const history = new History(EMPTY);
    history.push('one', one);
    history.undo();
    history.push('other', two);
    expect(history.redoLabel).toBeNull();
    expect(history.redo()).toEqual(two);
  });

  it('takes ten nudges of one edge back at once', () => {
    const history = new History(EMPTY);
    for (let at = 1; at <= 10; at += 1) history.push('nudge', holding(segment('a', at)), 'edge-a');
    expect(history.undo()).toEqual(EMPTY);
    expect(history.redo()).toEqual(holding(segment('a', 10)));
  });

  it('keeps no step that changed nothing, such as a nudge there and back', () => {
    const history = new History(one);
    history.push('nudge', holding(segment('a', 40)), 'edge-a');
    history.push('nudge', one, 'edge-a');
    expect(history.undoLabel).toBeNull();
  });
});

describe('a kept history', () => {
  const made = () => {
    const history = new History(EMPTY);
    history.push('one', one);
    history.push('two', two);
    history.undo();
    return history;
  };

  it('goes on in the content it ended in', () => {
    const again = new History(one, made().kept());
    expect([again.undoLabel, again.redoLabel]).toEqual(['one', 'two']);
    expect(again.redo()).toEqual(two);
  });

  it('is dropped, rather than wrong, for any other content', () => {
    const again = new History(two, made().kept());
    expect([again.undoLabel, again.redoLabel]).toEqual([null, null]);
    expect(fingerprint(holding(segment('a', 1)))).not.toBe(fingerprint(one));
    expect(fingerprint({ ...one, rejected: [3] })).not.toBe(fingerprint(one));
  });

  it('does not join a nudge before the reload with one after it', () => {
    const history = new History(EMPTY);
    history.push('nudge', one, 'edge-a');
    const again = new History(one, history.kept());
    again.push('nudge', holding(segment('a', 40)), 'edge-a');
    expect(again.undo()).toEqual(one);
  });

  it('is bounded in steps and in size, and keeps the nearest ones', () => {
    const history = new History(EMPTY);
    for (let at = 0; at < 300; at += 1) history.push(`move ${at}`, holding(segment('a', at)));
    expect(history.kept().past).toHaveLength(200);
    const small = history.kept(2000);
    expect(JSON.stringify(small).length).toBeLessThan(2200);
    expect(small.past.at(-1)?.label).toBe('move 299');
    const again = new History(holding(segment('a', 299)), small);
    expect(again.undo()).toEqual(holding(segment('a', 298)));
  });
});

/** Mulberry32: the same walk for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const END = 60_000;
const TYPES = ['fight', 'gunfire', 'nudity'];

function edited(content: Content, below: (most: number) => number, id: string): Content | null {
  const { segments, rejected } = content;
  const any = segments[below(Math.max(1, segments.length))];
  const type = TYPES[below(3)] ?? 'fight';
  const start_ms = below(END - 3000);
  const bounds = { start_ms, end_ms: start_ms + 100 + below(2900) };
  const hint = { id: below(40), violation_type: type, ...bounds };
  const ways = [
    () => put(segments, { ...segment(id, 0), violation_type: type, ...bounds }, END),
    () => put(segments, fromHint({ ...hint, score: 1, rank: 1, group: 1, capped: false }, id), END),
    () => any && put(segments, { ...any, ...bounds }, END),
    () => any && put(segments, { ...any, violation_type: type }, END),
    () => any && split(segments, any.id, any.start_ms + below(1500), id),
    () => any && duplicate(segments, any.id, type, id),
    () =>
      any &&
      merge(
        segments,
        segments.filter((each) => each.violation_type === type),
      ),
  ];
  const way = below(ways.length + 2);
  if (way === ways.length) return any ? { segments: without(segments, any.id), rejected } : null;
  if (way > ways.length) return { segments, rejected: [...new Set([...rejected, hint.id])] };
  const edit = ways[way]?.();
  return edit?.ok ? { segments: edit.segments, rejected } : null;
}

describe('a random walk of edits, undos and reloads', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('walk %i comes back to the start and to the end', (seed) => {
    const below = random(seed);
    const start = canonical(holding(segment('a', 0), segment('b', 9000)));
    let history = new History(start);
    for (let at = 0; at < 150; at += 1) {
      const key = below(4) === 0 ? 'nudge' : null;
      const next = edited(history.content, below, `s${at}`);
      if (next) history.push('edit', next, key);
      for (let back = below(6) === 0 ? below(5) : 0; back > 0; back -= 1) history.undo();
      if (below(6) === 0) history.redo();
      if (below(8) === 0) {
        const told = JSON.stringify([history.content, history.kept()]);
        const [content, kept] = JSON.parse(told) as [Content, ReturnType<History['kept']>];
        history = new History(content, kept);
      }
    }
    while (history.redoLabel !== null) history.redo();
    const end = history.content;
    while (history.undoLabel !== null) history.undo();
    expect(history.content).toEqual(start);
    while (history.redoLabel !== null) history.redo();
    expect(history.content).toEqual(end);
  });
});
