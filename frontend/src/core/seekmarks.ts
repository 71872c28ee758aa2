/** Marks on the seek bar: many thin things on one line, drawn as a few paths and found again by the pointer. */
import type { Interval } from './interval';

export interface SeekMark extends Interval {
  violation_type: string;
  /** Hints lie above the line, filled or (weak) as outlines; segments below; peaks of a curve as thin caps. */
  kind: 'hint' | 'weak' | 'peak' | 'segment';
}

/** Thinner than this nobody sees it. */
const LEAST_PX = 3;
/** This near to a mark's beginning the pointer means the mark. */
const NEAR_PX = 5;

interface Line {
  duration_ms: number;
  width: number;
}

/** One path for all of them, so that two thousand segments are one element. */
export function barsPath(
  intervals: readonly Interval[],
  { duration_ms, width }: Line,
  top: number,
  height: number,
): string {
  const perMs = width / Math.max(1, duration_ms);
  return intervals
    .map(({ start_ms, end_ms }) => {
      const wide = Math.max(LEAST_PX, (end_ms - start_ms) * perMs);
      const left = Math.min(start_ms * perMs, Math.max(0, width - wide));
      const across = tenths(wide);
      return `M${tenths(left)} ${top}h${across}v${height}h${-across}z`;
    })
    .join('');
}

/** Many times faster than toFixed, and a hint costs four of them at each edit. */
const tenths = (px: number): number => Math.round(px * 10) / 10;

export interface MarkPath {
  key: string;
  kind: SeekMark['kind'];
  violation_type: string;
  path: string;
}

const ROWS: Record<SeekMark['kind'], [top: number, height: number]> = {
  hint: [1, 4],
  weak: [1.5, 3],
  peak: [3, 2],
  segment: [14, 4],
};

export function markPaths(marks: readonly SeekMark[], line: Line): MarkPath[] {
  const alike = new Map<string, SeekMark[]>();
  for (const mark of marks) {
    const key = `${mark.kind} ${mark.violation_type}`;
    const group = alike.get(key);
    if (group) group.push(mark);
    else alike.set(key, [mark]);
  }
  return [...alike].flatMap(([key, group]) => {
    const [first] = group;
    if (!first) return [];
    const { kind, violation_type } = first;
    return { key, kind, violation_type, path: barsPath(group, line, ...ROWS[kind]) };
  });
}

/** The mark that begins nearest to the pointer, if near enough to be meant. */
export function markNear(
  marks: readonly SeekMark[],
  ms: number,
  { duration_ms, width }: Line,
): SeekMark | null {
  let best: SeekMark | null = null;
  let nearest = (NEAR_PX * duration_ms) / Math.max(1, width);
  for (const mark of marks) {
    const distance = Math.abs(mark.start_ms - ms);
    if (distance > nearest) continue;
    best = mark;
    nearest = distance;
  }
  return best;
}

/** Marks at a moment, by type, each type once. */
export const typesAt = (marks: readonly SeekMark[], ms: number): string[] => [
  ...new Set(
    marks
      .filter((each) => each.start_ms <= ms && ms < each.end_ms)
      .map((each) => each.violation_type),
  ),
];
