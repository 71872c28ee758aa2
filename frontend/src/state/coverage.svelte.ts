/** Records which parts really played past the reviewer's eyes, and how. */
import {
  addWatched,
  heard,
  manners,
  unwatched,
  watchedShare,
  type Manners,
  type Watched,
} from '../core/coverage';
import { totalLength, type Interval } from '../core/interval';

export interface Manner {
  speed: number;
  muted: boolean;
  blurred: boolean;
}

export class CoverageRecorder {
  ranges = $state.raw<Watched[]>([]);
  private last_ms: number | null = null;

  constructor(
    ranges: readonly Watched[],
    private readonly duration_ms: number,
  ) {
    this.ranges = [...ranges];
  }

  get share(): number {
    return watchedShare(this.ranges, this.duration_ms);
  }

  get missing(): Interval[] {
    return unwatched(this.ranges, this.duration_ms);
  }

  /** What was not played with its sound on, watched or not. */
  get unheard(): Interval[] {
    return unwatched(heard(this.ranges), this.duration_ms);
  }

  get manners(): Manners {
    return manners(this.ranges, this.duration_ms);
  }

  /** How much of a stretch was watched, in whichever manner. */
  within({ start_ms, end_ms }: Interval): number {
    const inside = this.ranges
      .filter((each) => each.start_ms < end_ms && start_ms < each.end_ms)
      .map((each) => ({
        start_ms: Math.max(each.start_ms, start_ms),
        end_ms: Math.min(each.end_ms, end_ms),
      }));
    return totalLength(inside);
  }

  /** Called with each position while playing; a jump starts a new stretch instead of covering the gap. */
  sample(ms: number, manner: Manner): boolean {
    const from = this.last_ms;
    this.last_ms = ms;
    // Positions come at least 4 times a second; anything further apart than a second of playing was a seek.
    if (from === null || ms <= from || ms - from > 1000 * Math.max(1, manner.speed)) return false;
    this.ranges = addWatched(this.ranges, { start_ms: from, end_ms: ms, ...manner });
    return true;
  }

  /** What was watched of the same review in another tab. */
  add(ranges: readonly Watched[]): void {
    this.ranges = ranges.reduce(addWatched, this.ranges);
  }

  /** Paused, seeking, or the tab went out of sight. */
  pause(): void {
    this.last_ms = null;
  }
}
