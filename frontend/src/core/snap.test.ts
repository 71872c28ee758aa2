import { describe, expect, it } from 'vitest';

import { edgesOf, snapMove, snapTime } from './snap';

describe('snapping', () => {
  it('takes the nearest edge within reach', () => {
    expect(snapTime(104, [100, 106, 500], 10)).toEqual({ ms: 106, target: 106 });
  });

  it('leaves a time alone when nothing is in reach, or when it is switched off', () => {
    expect(snapTime(104, [200], 10)).toEqual({ ms: 104, target: null });
    expect(snapTime(100, [100], -1)).toEqual({ ms: 100, target: null });
  });

  it('moves a body by whichever of its edges is nearer, keeping its length', () => {
    expect(snapMove({ start_ms: 93, end_ms: 198 }, [100, 200], 10)).toEqual({
      start_ms: 95,
      end_ms: 200,
      target: 200,
    });
    expect(snapMove({ start_ms: 98, end_ms: 150 }, [100], 10)).toMatchObject({ start_ms: 100 });
  });

  it('offers both edges of everything', () => {
    expect(edgesOf([{ start_ms: 1, end_ms: 2 }])).toEqual([1, 2]);
  });
});
