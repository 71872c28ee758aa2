import { describe, expect, it } from 'vitest';

import { contains, gaps, hull, overlaps, totalLength, union } from './interval';

const at = (start_ms: number, end_ms: number) => ({ start_ms, end_ms });

describe('intervals', () => {
  it('are half-open: touching ones do not overlap', () => {
    expect(overlaps(at(0, 10), at(10, 20))).toBe(false);
    expect(overlaps(at(0, 11), at(10, 20))).toBe(true);
    expect(contains(at(0, 10), 10)).toBe(false);
  });

  it('join when they touch or overlap, in any order', () => {
    expect(union([at(20, 30), at(0, 10), at(10, 15), at(5, 5)])).toEqual([at(0, 15), at(20, 30)]);
  });

  it('leave the caller’s own intervals untouched when they join', () => {
    const first = at(0, 10);
    union([first, at(5, 20)]);
    expect(first).toEqual(at(0, 10));
  });

  it('leave gaps, also before the first and after the last', () => {
    expect(gaps([at(10, 20)], at(0, 30))).toEqual([at(0, 10), at(20, 30)]);
    expect(gaps([at(10, 20)], at(0, 21), 5)).toEqual([at(0, 10)]);
  });

  it('count a doubly covered stretch once', () => {
    expect(totalLength([at(0, 10), at(5, 15)])).toBe(15);
    expect(hull([at(5, 7), at(1, 3)])).toEqual(at(1, 7));
  });
});
