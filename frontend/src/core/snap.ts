/** Snapping: a dragged time jumps to a nearby place worth meeting, and says what it met. */
import { lengthOf, type Interval } from './interval';

export type Meeting = 'hint' | 'segment' | 'cut' | 'playhead' | 'start' | 'end';

export interface Target {
  ms: number;
  what: Meeting;
}

export interface Snapped {
  ms: number;
  target: Target | null;
}

/** Where two things are at the same time, the one further left here gives its name. */
const BY_WORTH: readonly Meeting[] = ['segment', 'hint', 'playhead', 'start', 'end', 'cut'];

/** Sorted once, when the drag begins: a video of ten hours has thousands of cuts. */
export const targetsOf = (targets: readonly Target[]): Target[] =>
  [...targets].sort((a, b) => a.ms - b.ms || BY_WORTH.indexOf(a.what) - BY_WORTH.indexOf(b.what));

/** A negative tolerance turns snapping off. */
export function snapTime(ms: number, sorted: readonly Target[], tolerance_ms: number): Snapped {
  const after = firstFrom(sorted, ms);
  const right = sorted[after];
  const before = sorted[after - 1];
  // Of several at one time the first is the one worth naming.
  const left = before && sorted[firstFrom(sorted, before.ms)];
  const nearest = left && (!right || ms - left.ms <= right.ms - ms) ? left : right;
  const target = nearest && Math.abs(nearest.ms - ms) <= tolerance_ms ? nearest : null;
  return { ms: target?.ms ?? ms, target };
}

function firstFrom(sorted: readonly Target[], ms: number): number {
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.ms ?? 0) >= ms) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A moved body keeps its length; whichever of its edges is nearer to a target decides. */
export function snapMove(
  interval: Interval,
  sorted: readonly Target[],
  tolerance_ms: number,
): Interval & { target: Target | null } {
  const start = snapTime(interval.start_ms, sorted, tolerance_ms);
  const end = snapTime(interval.end_ms, sorted, tolerance_ms);
  const length = lengthOf(interval);
  const byEnd =
    end.target !== null &&
    (start.target === null ||
      Math.abs(end.ms - interval.end_ms) < Math.abs(start.ms - interval.start_ms));
  const from = byEnd ? end.ms - length : start.ms;
  return {
    start_ms: from,
    end_ms: from + length,
    target: byEnd ? end.target : start.target,
  };
}

export const edgesOf = (intervals: readonly Interval[], what: Meeting): Target[] =>
  intervals.flatMap((each) => [
    { ms: each.start_ms, what },
    { ms: each.end_ms, what },
  ]);
