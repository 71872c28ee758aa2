/** What the timeline shows: the visible range, its width, and which lanes are folded away. */
import { contains, type Interval } from '../core/interval';
import * as scale from '../core/scale';

export class TimelineView {
  range = $state.raw<Interval>({ start_ms: 0, end_ms: 1000 });
  width = $state(1000);
  /** Lanes the reviewer wants to see although they are empty. */
  showEmpty = $state(true);

  constructor(readonly duration_ms: number) {
    this.range = scale.fitAll(duration_ms);
  }

  get msPerPx(): number {
    return (this.range.end_ms - this.range.start_ms) / Math.max(1, this.width);
  }

  x(ms: number): number {
    return scale.toX(this.range, this.width, ms);
  }

  time(x: number): number {
    return scale.toTime(this.range, this.width, x);
  }

  zoom(factor: number, anchor_ms: number): void {
    const anchor = contains(this.range, anchor_ms)
      ? anchor_ms
      : (this.range.start_ms + this.range.end_ms) / 2;
    this.range = scale.zoom(this.range, this.duration_ms, factor, anchor);
  }

  pan(delta_ms: number): void {
    this.range = scale.pan(this.range, this.duration_ms, delta_ms);
  }

  centre(ms: number): void {
    this.pan(ms - (this.range.start_ms + this.range.end_ms) / 2);
  }

  fit(): void {
    this.range = scale.fitAll(this.duration_ms);
  }

  zoomTo(range: Interval): void {
    this.range = scale.zoomTo(range, this.duration_ms);
  }

  reveal(ms: number): void {
    this.range = scale.reveal(this.range, this.duration_ms, ms);
  }
}
