import { describe, expect, it } from 'vitest';

import {
  buildPyramid,
  columnsFor,
  decodeCurves,
  fillColumns,
  isVisibleBand,
  regionsAbove,
} from './curve';

function columns(score: Uint8Array, from: number, to: number, count: number): number[] {
  const out = columnsFor(count);
  fillColumns(out, buildPyramid(score), from, to);
  return [...out.max];
}

describe('curves', () => {
  it('are decoded per type as score and, where there is a band, low and high', () => {
    const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).buffer;
    const curves = decodeCurves(bytes, 2, ['a', 'b', 'c'], ['b']);
    expect(curves.get('a')?.band).toBeNull();
    expect([...(curves.get('b')?.band?.high ?? [])]).toEqual([7, 8]);
    expect([...(curves.get('c')?.score ?? [])]).toEqual([9, 10]);
  });

  it('refuse bytes that do not fit', () => {
    expect(() => decodeCurves(new ArrayBuffer(5), 2, ['a'], [])).toThrow('5 bytes, not 2');
    expect(() => decodeCurves(new ArrayBuffer(2), 2, ['a'], ['a'])).toThrow('2 bytes, not 6');
  });

  it('have a band to see only where it is wider than their own line', () => {
    expect(isVisibleBand(Uint8Array.from([10, 20]), Uint8Array.from([15, 29]))).toBe(false);
    expect(isVisibleBand(Uint8Array.from([10, 20]), Uint8Array.from([15, 30]))).toBe(true);
  });

  it('keep every peak, however far one zooms out', () => {
    const score = new Uint8Array(144_000);
    score[100_003] = 250;
    const max = columns(score, 0, score.length, 800);
    expect(Math.max(...max)).toBe(250);
    // A pixel to either side is where the pyramid's blocks end.
    expect(Math.abs(max.indexOf(250) - (100_003 / 144_000) * 800)).toBeLessThanOrEqual(1);
  });

  it('show the very steps when zoomed in, and lines between them further in', () => {
    expect(columns(Uint8Array.from([1, 2, 3, 4]), 1, 3, 2)).toEqual([2, 3]);
    expect(columns(Uint8Array.from([0, 100]), 0, 2, 8)).toEqual([
      0, 0, 12.5, 37.5, 62.5, 87.5, 100, 100,
    ]);
  });

  it('end where the video goes on without them', () => {
    expect(columns(Uint8Array.from([9, 9]), 0, 8, 8).slice(3)).toEqual([0, 0, 0, 0, 0]);
    expect(columns(Uint8Array.from([9, 9]), 0, 8, 16).slice(6)).toEqual(new Array(10).fill(0));
  });

  it('open into regions above the threshold, the last one included', () => {
    const line = buildPyramid(Uint8Array.from([0, 200, 200, 0, 255]));
    expect(regionsAbove(line, 0.5, 250)).toEqual([
      { start_ms: 250, end_ms: 750 },
      { start_ms: 1000, end_ms: 1250 },
    ]);
  });

  it('open into the same regions when whole blocks are passed over', () => {
    const score = Uint8Array.from({ length: 5000 }, (_, at) =>
      at % 900 < 300 ? 255 : at % 900 < 600 ? 0 : (at * 37) % 256,
    );
    const regions = regionsAbove(buildPyramid(score), 0.5, 1);
    const inside = new Uint8Array(5000);
    for (const { start_ms, end_ms } of regions) inside.fill(1, start_ms, end_ms);
    expect(inside.every((is, at) => (is === 1) === (score[at] ?? 0) >= 128)).toBe(true);
    expect(regions.every((each, at) => each.start_ms > (regions[at - 1]?.end_ms ?? -1))).toBe(true);
  });
});
