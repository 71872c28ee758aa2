import { describe, expect, it } from 'vitest';

import { barsPath, markNear, markPaths, typesAt, type SeekMark } from './seekmarks';

const line = { duration_ms: 100_000, width: 1000 };
const mark = (start_ms: number, end_ms: number, more: Partial<SeekMark> = {}): SeekMark => ({
  start_ms,
  end_ms,
  violation_type: 'fight',
  kind: 'hint',
  ...more,
});

describe('marks on the seek bar', () => {
  it('are bars where they lie, never too thin to see, and inside the bar', () => {
    expect(barsPath([mark(10_000, 20_000)], line, 2, 4)).toBe('M100 2h100v4h-100z');
    expect(barsPath([mark(10_000, 10_010)], line, 2, 4)).toBe('M100 2h3v4h-3z');
    expect(barsPath([mark(99_990, 100_000)], line, 2, 4)).toBe('M997 2h3v4h-3z');
  });

  it('are one path for all of a kind and type, and hints lie elsewhere than segments', () => {
    const marks = [
      mark(0, 1000),
      mark(5000, 6000),
      mark(0, 1000, { kind: 'segment' }),
      mark(0, 1000, { violation_type: 'gunfire' }),
    ];
    const paths = markPaths(marks, line);
    expect(paths.map(({ key }) => key)).toEqual(['hint fight', 'segment fight', 'hint gunfire']);
    expect(
      new Set(paths.slice(0, 2).map(({ path }) => path.split(' ')[1]?.split('h')[0])).size,
    ).toBe(2);
  });

  it('are meant when the pointer is near their beginning, the nearest of them', () => {
    const marks = [mark(10_000, 40_000), mark(10_300, 11_000)];
    expect(markNear(marks, 10_200, line)).toBe(marks[1]);
    expect(markNear(marks, 20_000, line)).toBeNull();
  });

  it('are named once a type', () => {
    const marks = [mark(0, 5000), mark(1000, 5000, { kind: 'segment' }), mark(9000, 9500)];
    expect(typesAt(marks, 2000)).toEqual(['fight']);
  });
});
