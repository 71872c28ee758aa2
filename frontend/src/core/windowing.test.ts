import { describe, expect, it } from 'vitest';

import { offsetsOf, rowAt, rowsToRender, scrollToShow } from './windowing';

const even = offsetsOf(100, () => 20);
const odd = offsetsOf(4, (at) => [10, 50, 20, 20][at] ?? 0);

describe('rows of a long list', () => {
  it('begin where those above them end', () => {
    expect([...odd]).toEqual([0, 10, 60, 80, 100]);
  });

  it('are found by height', () => {
    expect([0, 9, 10, 59, 60, 99].map((y) => rowAt(odd, y))).toEqual([0, 0, 1, 1, 2, 3]);
  });

  it('beyond the ends are the first and the last', () => {
    expect([rowAt(odd, -500), rowAt(odd, 5000)]).toEqual([0, 3]);
    expect(
      rowAt(
        offsetsOf(0, () => 20),
        10,
      ),
    ).toBe(-1);
  });

  it('are rendered when in sight', () => {
    expect(rowsToRender(even, { top: 200, bottom: 260 }, [])).toEqual([10, 11, 12, 13]);
  });

  it('are rendered out of sight when the keyboard must reach them', () => {
    expect(rowsToRender(even, { top: 200, bottom: 219 }, [99, 0, 10, -1, 100])).toEqual([
      0, 10, 99,
    ]);
  });

  it('stay away while the whole list is scrolled out of sight', () => {
    expect(rowsToRender(even, { top: 5000, bottom: 5400 }, [0, 99])).toEqual([0, 99]);
    expect(rowsToRender(even, { top: -400, bottom: -10 }, [])).toEqual([]);
    expect(
      rowsToRender(
        offsetsOf(0, () => 1),
        { top: 0, bottom: 100 },
        [0],
      ),
    ).toEqual([]);
  });
});

describe('scrolling to a row', () => {
  const sight = { top: 200, bottom: 300 };

  it('leaves the list alone when the row is in sight', () => {
    expect(scrollToShow(even, 12, sight)).toBe(0);
  });

  it('goes no further than needed', () => {
    expect(scrollToShow(even, 5, sight)).toBe(-100);
    expect(scrollToShow(even, 20, sight)).toBe(120);
  });

  it('shows the beginning of a row taller than the window', () => {
    const tall = offsetsOf(2, (at) => (at === 0 ? 100 : 400));
    expect(scrollToShow(tall, 1, { top: 0, bottom: 150 })).toBe(100);
  });
});
