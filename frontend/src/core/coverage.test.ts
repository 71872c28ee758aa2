import { describe, expect, it } from 'vitest';

import { addWatched, unwatched, watchedShare } from './coverage';

describe('coverage', () => {
  const watched = (start_ms: number, end_ms: number, speed = 1) => ({
    start_ms,
    end_ms,
    speed,
    muted: false,
    blurred: false,
  });

  it('joins what was watched in one manner and keeps other manners apart', () => {
    let ranges = addWatched([], watched(0, 1000));
    ranges = addWatched(ranges, watched(1000, 2000));
    ranges = addWatched(ranges, watched(2000, 3000, 2));
    expect(ranges).toEqual([watched(0, 2000), watched(2000, 3000, 2)]);
  });

  it('tells what is still unwatched', () => {
    expect(unwatched([watched(1000, 2000)], 3000)).toEqual([
      { start_ms: 0, end_ms: 1000 },
      { start_ms: 2000, end_ms: 3000 },
    ]);
    expect(watchedShare([watched(0, 1500)], 3000)).toBe(0.5);
  });
});
