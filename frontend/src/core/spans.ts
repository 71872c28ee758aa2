/** Things of one lane, sorted, so that what is in sight or under the pointer is found by halving and not by looking at all. */
import type { Interval } from './interval';

export class Spans<T extends Interval> {
  readonly items: readonly T[];
  /** How far anything up to here reaches: grows, although the ends themselves need not. */
  private readonly reach: Float64Array;

  constructor(items: readonly T[]) {
    this.items = [...items].sort((a, b) => a.start_ms - b.start_ms || a.end_ms - b.end_ms);
    this.reach = new Float64Array(this.items.length);
    let far = -Infinity;
    this.items.forEach((each, at) => (this.reach[at] = far = Math.max(far, each.end_ms)));
  }

  get size(): number {
    return this.items.length;
  }

  /** The first that may reach past a time; before it nothing does. */
  from(ms: number): number {
    let low = 0;
    for (let high = this.items.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.reach[middle] ?? 0) > ms) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first that starts at a time or later; `from(a) … until(b)` holds everything that touches [a, b). */
  until(ms: number): number {
    let low = 0;
    for (let high = this.items.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.items[middle]?.start_ms ?? 0) >= ms) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  touching({ start_ms, end_ms }: Interval): T[] {
    return this.items
      .slice(this.from(start_ms), this.until(end_ms))
      .filter((each) => each.end_ms > start_ms);
  }
}
