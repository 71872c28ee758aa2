/** Which parts were watched, and how: joined while speed, mute and blur stay the same. */
import { formatTime } from './format';
import { gaps, lengthOf, totalLength, type Interval } from './interval';
import { t } from './words';

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

/** What played with its sound on. */
export const heard = (ranges: readonly Watched[]): Watched[] =>
  ranges.filter((each) => !each.muted);

/** Faster than this, voices are no longer understood and blows are single frames. */
const FAST = 2;

export interface Manners {
  watched: number;
  heard: number;
  /** Of the video: seen, but in no other way than blurred, or faster than `FAST`. */
  only_blurred: number;
  only_fast: number;
}

/** Shares of the video, 0..1. */
export function manners(ranges: readonly Watched[], duration_ms: number): Manners {
  const share = (some: readonly Watched[]) => watchedShare(some, duration_ms);
  const all = share(ranges);
  return {
    watched: all,
    heard: share(heard(ranges)),
    only_blurred: all - share(ranges.filter((each) => !each.blurred)),
    only_fast: all - share(ranges.filter((each) => each.speed <= FAST)),
  };
}

/** Rounded so that only all is 100 and only nothing is 0. */
export const percent = (share: number): number =>
  share <= 0 ? 0 : share >= 1 ? 100 : Math.min(99, Math.max(1, Math.round(share * 100)));

/** "0:00–0:12, 0:30–1:00 and 2 more": the longest, in the order of the video. */
export function partsInWords(parts: readonly Interval[], most: number = 3): string {
  const longest = parts.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, most);
  const named = longest
    .toSorted((a, b) => a.start_ms - b.start_ms)
    .map((each) => `${formatTime(each.start_ms, false)}–${formatTime(each.end_ms, false)}`)
    .join(', ');
  const more = parts.length - longest.length;
  return more > 0 ? t('{parts} and {more} more', { parts: named, more }) : named;
}
