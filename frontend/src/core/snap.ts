/** Snapping: a dragged time jumps to a nearby edge worth meeting. */
import { lengthOf, type Interval } from './interval';

export interface Snapped {
  ms: number;
  target: number | null;
}

export function snapTime(ms: number, targets: readonly number[], tolerance_ms: number): Snapped {
  let best: number | null = null;
  for (const target of targets) {
    const distance = Math.abs(target - ms);
    if (distance <= tolerance_ms && (best === null || distance < Math.abs(best - ms))) {
      best = target;
    }
  }
  return { ms: best ?? ms, target: best };
}

/** A moved body keeps its length; whichever of its edges is nearer to a target decides. */
export function snapMove(
  interval: Interval,
  targets: readonly number[],
  tolerance_ms: number,
): Interval & { target: number | null } {
  const start = snapTime(interval.start_ms, targets, tolerance_ms);
  const end = snapTime(interval.end_ms, targets, tolerance_ms);
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

export const edgesOf = (intervals: readonly Interval[]): number[] =>
  intervals.flatMap((each) => [each.start_ms, each.end_ms]);
