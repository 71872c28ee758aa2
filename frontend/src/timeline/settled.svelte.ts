/** The view as it last came to rest: what only needs to be right at rest does not follow every frame of a movement. */
import type { Interval } from '../core/interval';
import type { TimelineView } from '../state/view.svelte';

const REST_MS = 120;

export class Settled {
  range = $state.raw<Interval>({ start_ms: 0, end_ms: 1 });
  width = $state(1);
  private last = -Infinity;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(view: TimelineView) {
    this.take(view.range, view.width);
  }

  /** A single step counts at once; of a movement its end. */
  watch(range: Interval, width: number): void {
    const now = performance.now();
    const isMoving = now - this.last < REST_MS;
    this.last = now;
    this.stop();
    if (isMoving) this.timer = setTimeout(() => this.take(range, width), REST_MS);
    else this.take(range, width);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private take(range: Interval, width: number): void {
    this.range = range;
    this.width = width;
  }
}
