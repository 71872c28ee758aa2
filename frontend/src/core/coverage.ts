/** Which parts were watched, and how: joined while speed, mute and blur stay the same. */
import { gaps, totalLength, type Interval } from './interval';

export interface Watched extends Interval {
  speed: number;
  muted: boolean;
  blurred: boolean;
}

const sameManner = (a: Watched, b: Watched): boolean =>
  a.speed === b.speed && a.muted === b.muted && a.blurred === b.blurred;

/** Adds a watched stretch; ranges of the same manner that touch become one, so that an hour stays one row. */
export function addWatched(ranges: readonly Watched[], fresh: Watched): Watched[] {
  if (fresh.end_ms <= fresh.start_ms) return [...ranges];
  const touching = (each: Watched) =>
    sameManner(each, fresh) && each.start_ms <= fresh.end_ms && fresh.start_ms <= each.end_ms;
  const joined = ranges.filter(touching).reduce(
    (all, each) => ({
      ...all,
      start_ms: Math.min(all.start_ms, each.start_ms),
      end_ms: Math.max(all.end_ms, each.end_ms),
    }),
    fresh,
  );
  const rest = ranges.filter((each) => !touching(each));
  return [...rest, joined].sort((a, b) => a.start_ms - b.start_ms);
}

export const unwatched = (ranges: readonly Watched[], duration_ms: number): Interval[] =>
  gaps(ranges, { start_ms: 0, end_ms: duration_ms }, 250);

export const watchedShare = (ranges: readonly Watched[], duration_ms: number): number =>
  duration_ms > 0 ? Math.min(1, totalLength(ranges) / duration_ms) : 0;
