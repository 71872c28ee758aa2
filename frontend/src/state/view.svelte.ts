/** What the timeline shows: the visible range and its width, and whether it goes along with the playhead. */
import { contains, type Interval } from '../core/interval';
import * as scale from '../core/scale';

export class TimelineView {
  range = $state.raw<Interval>({ start_ms: 0, end_ms: 1000 });
  width = $state(1000);
  /** Whether the timeline goes along while the video plays. */
  following = $state(true);
  /** The person moved away from the playhead: following waits until they come back. */
  away = $state(false);
  /** A hand is on the timeline: nothing moves under it. */
  held = $state(false);

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

  /** One of the window's ends moves, as in the minimap. */
  resize(edge: 'start' | 'end', ms: number): void {
    this.range = scale.resized(this.range, this.duration_ms, edge, ms);
  }

  /** Somebody asked to be at this time. */
  reveal(ms: number): void {
    this.away = false;
    this.range = scale.reveal(this.range, this.duration_ms, ms);
  }

  /** The person moved the view by hand, away from the playhead or back to it. */
  movedByHand(playhead_ms: number): void {
    this.away = !contains(this.range, playhead_ms);
  }

  /** The video plays on: the view goes along by pages, unless the person looks elsewhere. */
  follow(ms: number): void {
    if (contains(this.range, ms)) this.away = false;
    if (this.following && !this.away && !this.held) this.reveal(ms);
  }

  toggleFollowing(playhead_ms: number): void {
    this.following = this.away || !this.following;
    if (this.following) this.reveal(playhead_ms);
  }
}
