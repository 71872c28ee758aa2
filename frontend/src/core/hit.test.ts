import { describe, expect, it } from 'vitest';

import { hitSpan } from './hit';
import { Spans } from './spans';

const at = (start_ms: number, end_ms: number) => ({ start_ms, end_ms });
/** 10 ms a pixel, seen from 1 s on. */
const place = { x: (ms: number) => (ms - 1000) / 10, msPerPx: 10 };

describe('the pointer on a lane', () => {
  const spans = new Spans([at(2000, 3000), at(3000, 3500), at(6000, 6010)]);

  it('finds the body, and the edges from inside and outside', () => {
    expect(hitSpan(spans, 150, place)).toMatchObject({ item: at(2000, 3000), part: 'body' });
    expect(hitSpan(spans, 96, place)).toMatchObject({ item: at(2000, 3000), part: 'start' });
    expect(hitSpan(spans, 104, place)).toMatchObject({ part: 'start' });
    expect(hitSpan(spans, 90, place)).toBeNull();
  });

  it('takes the edge on whose side it is where two of a type touch', () => {
    expect(hitSpan(spans, 198, place)).toMatchObject({ item: at(2000, 3000), part: 'end' });
    expect(hitSpan(spans, 202, place)).toMatchObject({ item: at(3000, 3500), part: 'start' });
  });

  it('reaches what is thinner than a pointer can point', () => {
    expect(hitSpan(spans, 497, place)).toMatchObject({ item: at(6000, 6010), part: 'start' });
    expect(hitSpan(spans, 505, place)).toMatchObject({ item: at(6000, 6010), part: 'end' });
    expect(hitSpan(spans, 501.5, place)).toMatchObject({ part: 'body' });
  });

  it('prefers the short one over the long one behind it, and the chosen one over both', () => {
    const nested = new Spans([at(2000, 9000), at(4000, 4500)]);
    expect(hitSpan(nested, 325, place)?.item).toEqual(at(4000, 4500));
    const chosen = hitSpan(nested, 325, place, (each) => each.end_ms === 9000);
    expect(chosen?.item).toEqual(at(2000, 9000));
  });
});
