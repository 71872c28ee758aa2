import { describe, expect, it } from 'vitest';

import { edgesOf, snapMove, snapTime, targetsOf, type Meeting } from './snap';

const cuts = (...times: number[]) => targetsOf(times.map((ms) => ({ ms, what: 'cut' as Meeting })));

describe('snapping', () => {
  it('takes the nearest place within reach, on either side', () => {
    expect(snapTime(104, cuts(500, 106, 100), 10)).toEqual({
      ms: 106,
      target: { ms: 106, what: 'cut' },
    });
    expect(snapTime(102, cuts(100, 106, 500), 10).ms).toBe(100);
    expect(snapTime(100, cuts(100), 0).ms).toBe(100);
  });

  it('leaves a time alone when nothing is in reach, or when it is switched off', () => {
    expect(snapTime(104, cuts(200), 10)).toEqual({ ms: 104, target: null });
    expect(snapTime(104, cuts(), 10)).toEqual({ ms: 104, target: null });
    expect(snapTime(100, cuts(100), -1)).toEqual({ ms: 100, target: null });
  });

  it('names what is worth more where a cut and a neighbour are at the same time', () => {
    const both = targetsOf([
      { ms: 100, what: 'cut' },
      { ms: 100, what: 'segment' },
    ]);
    expect(snapTime(98, both, 10).target?.what).toBe('segment');
    expect(snapTime(103, both, 10).target?.what).toBe('segment');
  });

  it('moves a body by whichever of its edges is nearer, keeping its length', () => {
    expect(snapMove({ start_ms: 93, end_ms: 198 }, cuts(100, 200), 10)).toEqual({
      start_ms: 95,
      end_ms: 200,
      target: { ms: 200, what: 'cut' },
    });
    expect(snapMove({ start_ms: 98, end_ms: 150 }, cuts(100), 10)).toMatchObject({ start_ms: 100 });
  });

  it('offers both edges of everything', () => {
    expect(edgesOf([{ start_ms: 1, end_ms: 2 }], 'hint')).toEqual([
      { ms: 1, what: 'hint' },
      { ms: 2, what: 'hint' },
    ]);
  });
});
