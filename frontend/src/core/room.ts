/** Whether the video being watched has what it needs, so that another one may be fetched without taking from it. */
import type { Interval } from './interval';

export interface Playing {
  buffered: readonly Interval[];
  current_ms: number;
  duration_ms: number;
  speed: number;
}

/** Browsers keep about ten seconds ahead of the playhead; half of that is no stall. */
const ENOUGH_MS = 5000;
/** Files end a little earlier or later than they say. */
const END_MS = 500;

export function hasRoom({ buffered, current_ms, duration_ms, speed }: Playing): boolean {
  const here = buffered.find((each) => each.start_ms <= current_ms && current_ms <= each.end_ms);
  if (!here) return current_ms >= duration_ms - END_MS;
  return (
    here.end_ms >= duration_ms - END_MS ||
    here.end_ms - current_ms >= ENOUGH_MS * Math.max(1, speed)
  );
}
