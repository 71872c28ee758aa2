import { describe, expect, it } from 'vitest';

import { Spans } from './spans';

const at = (start_ms: number, end_ms: number) => ({ start_ms, end_ms });

describe('the things of a lane', () => {
  it('are found by time, in order, whatever order they came in', () => {
    const spans = new Spans([at(50, 60), at(0, 10), at(20, 30)]);
    expect(spans.touching(at(5, 25))).toEqual([at(0, 10), at(20, 30)]);
    expect(spans.touching(at(30, 50))).toEqual([]);
  });

  it('are found when a long one began far before the others', () => {
    const spans = new Spans([at(0, 1000), at(10, 20), at(30, 40), at(500, 510)]);
    expect(spans.touching(at(400, 450))).toEqual([at(0, 1000)]);
    expect(spans.from(1000)).toBe(4);
  });

  it('agree with looking at every single one', () => {
    const many = Array.from({ length: 300 }, (_, n) =>
      at((n * 7919) % 1000, ((n * 7919) % 1000) + (n % 37)),
    );
    const spans = new Spans(many);
    for (let start = 0; start < 1000; start += 61) {
      const found = many.filter((each) => each.start_ms < start + 40 && each.end_ms > start);
      expect(spans.touching(at(start, start + 40))).toHaveLength(found.length);
    }
  });
});
