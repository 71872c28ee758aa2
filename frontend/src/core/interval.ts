/** Half-open intervals [start_ms, end_ms) in integer milliseconds, and the little algebra everything else stands on. */
export interface Interval {
  start_ms: number;
  end_ms: number;
}

export const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);

export const lengthOf = (interval: Interval): number =>
  Math.max(0, interval.end_ms - interval.start_ms);

export const overlaps = (a: Interval, b: Interval): boolean =>
  a.start_ms < b.end_ms && b.start_ms < a.end_ms;

export const contains = (interval: Interval, ms: number): boolean =>
  interval.start_ms <= ms && ms < interval.end_ms;

export const sameBounds = (a: Interval, b: Interval): boolean =>
  a.start_ms === b.start_ms && a.end_ms === b.end_ms;

export const hull = (intervals: readonly Interval[]): Interval => ({
  start_ms: Math.min(...intervals.map((each) => each.start_ms)),
  end_ms: Math.max(...intervals.map((each) => each.end_ms)),
});

/** Sorted, touching and overlapping ones joined. */
export function union(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals
    .filter((each) => lengthOf(each) > 0)
    .sort((a, b) => a.start_ms - b.start_ms);
  const joined: Interval[] = [];
  for (const { start_ms, end_ms } of sorted) {
    const last = joined.at(-1);
    if (last && start_ms <= last.end_ms) last.end_ms = Math.max(last.end_ms, end_ms);
    else joined.push({ start_ms, end_ms });
  }
  return joined;
}

/** The parts of `whole` that no interval covers; gaps shorter than `least_ms` are not worth telling. */
export function gaps(
  intervals: readonly Interval[],
  whole: Interval,
  least_ms: number = 1,
): Interval[] {
  const found: Interval[] = [];
  let from = whole.start_ms;
  for (const each of union(intervals)) {
    if (each.start_ms - from >= least_ms) found.push({ start_ms: from, end_ms: each.start_ms });
    from = Math.max(from, each.end_ms);
  }
  if (whole.end_ms - from >= least_ms) found.push({ start_ms: from, end_ms: whole.end_ms });
  return found;
}

export const totalLength = (intervals: readonly Interval[]): number =>
  union(intervals).reduce((sum, each) => sum + lengthOf(each), 0);
