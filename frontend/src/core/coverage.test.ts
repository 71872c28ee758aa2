import { describe, expect, it } from 'vitest';

import {
  addWatched,
  manners,
  partsInWords,
  percent,
  unwatched,
  watchedShare,
  type Watched,
} from './coverage';

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

  it('knows what was seen but not heard, only blurred, only fast', () => {
    const part = (start_ms: number, end_ms: number, more: Partial<Watched>) => ({
      ...watched(start_ms, end_ms),
      ...more,
    });
    const ranges = [
      part(0, 1000, { muted: true }),
      part(1000, 3000, { blurred: true }),
      part(2000, 4000, { speed: 4 }),
    ];
    expect(manners(ranges, 10_000)).toEqual({
      watched: 0.4,
      heard: expect.closeTo(0.3) as number,
      only_blurred: expect.closeTo(0.1) as number,
      only_fast: expect.closeTo(0.1) as number,
    });
  });

  it('rounds so that only all is 100 and only nothing is 0', () => {
    expect([0, 0.001, 0.4, 0.999, 1].map(percent)).toEqual([0, 1, 40, 99, 100]);
  });

  it('names the longest parts in the order of the video', () => {
    const parts = [
      { start_ms: 0, end_ms: 1000 },
      { start_ms: 5000, end_ms: 60_000 },
      { start_ms: 70_000, end_ms: 72_000 },
      { start_ms: 80_000, end_ms: 95_000 },
    ];
    expect(partsInWords(parts.slice(0, 2))).toBe('0:00–0:01, 0:05–1:00');
    expect(partsInWords(parts)).toBe('0:05–1:00, 1:10–1:12, 1:20–1:35 and 1 more');
  });
});
