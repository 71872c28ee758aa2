import { describe, expect, it } from 'vitest';

import { buildPyramid, decodeCurves, envelope, isVisibleBand, regionsAbove } from './curve';

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
    const { max } = envelope(buildPyramid(score), 0, score.length, 800);
    expect(Math.max(...max)).toBe(250);
    // A pixel to either side is where the pyramid's blocks end.
    expect(Math.abs(max.indexOf(250) - (100_003 / 144_000) * 800)).toBeLessThanOrEqual(1);
  });

  it('show the very steps when zoomed in', () => {
    const { max } = envelope(buildPyramid(Uint8Array.from([1, 2, 3, 4])), 1, 3, 2);
    expect([...max]).toEqual([2, 3]);
  });

  it('open into regions above the threshold, the last one included', () => {
    expect(regionsAbove(Uint8Array.from([0, 200, 200, 0, 255]), 0.5, 250)).toEqual([
      { start_ms: 250, end_ms: 750 },
      { start_ms: 1000, end_ms: 1250 },
    ]);
  });
});
