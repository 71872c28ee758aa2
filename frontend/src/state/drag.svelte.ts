/** Dragging a hint or a segment: a preview follows the pointer, one change is made when it is let go. */
import { lengthOf, type Interval } from '../core/interval';
import { shifted, withEdge } from '../core/segments';
import { edgesOf, snapMove, snapTime } from '../core/snap';
import type { Selection } from './review.svelte';
import type { Session } from './session.svelte';

export type Part = 'body' | 'start' | 'end';
type Target = NonNullable<Selection>;

const SNAP_PX = 8;

export class DragState {
  target = $state.raw<Target | null>(null);
  bounds = $state.raw<Interval>({ start_ms: 0, end_ms: 0 });
  /** The time that was snapped to, drawn as a line. */
  snapped = $state<number | null>(null);
  moved = $state(false);
  private part: Part = 'body';
  private from: Interval = { start_ms: 0, end_ms: 0 };
  private targets: number[] = [];

  constructor(private readonly session: Session) {}

  is(target: Target): boolean {
    return this.moved && this.target?.kind === target.kind && this.target.id === target.id;
  }

  begin(target: Target, part: Part, bounds: Interval): void {
    this.target = target;
    this.part = part;
    this.from = bounds;
    this.bounds = bounds;
    this.moved = false;
    this.targets = this.snapTargets(target);
    if (part !== 'body') this.session.review.edge = part;
  }

  move(delta_px: number, snapping: boolean): void {
    const { view, review, playback } = this.session;
    if (!this.target || (!this.moved && Math.abs(delta_px) < 3)) return;
    this.moved = true;
    const tolerance = snapping ? SNAP_PX * view.msPerPx : -1;
    this.bounds = this.placed(delta_px * view.msPerPx, tolerance, review.duration_ms);
    // The frame under the moving edge is what the reviewer needs to see.
    playback.pause();
    playback.seekToEdge(this.part === 'end' ? this.bounds.end_ms : this.bounds.start_ms);
  }

  /** Answers whether something was dragged; a mere click was not. */
  finish(): boolean {
    const { target, moved, bounds } = this;
    this.cancel();
    if (!target || !moved) return false;
    this.session.review.setBounds(target, bounds);
    return true;
  }

  cancel(): void {
    this.target = null;
    this.moved = false;
    this.snapped = null;
  }

  private placed(delta_ms: number, tolerance: number, duration_ms: number): Interval {
    if (this.part === 'body') {
      const free = shifted(this.from, Math.round(delta_ms), duration_ms);
      const { target, ...snapped } = snapMove(free, this.targets, tolerance);
      this.snapped = target;
      const back = Math.max(0, -snapped.start_ms) - Math.max(0, snapped.end_ms - duration_ms);
      return shifted(snapped, back, Math.max(duration_ms, lengthOf(snapped)));
    }
    const edge = this.part === 'start' ? this.from.start_ms : this.from.end_ms;
    const { ms, target } = snapTime(edge + delta_ms, this.targets, tolerance);
    this.snapped = target;
    return withEdge(this.from, this.part, ms, duration_ms);
  }

  /** Hints, other segments, the playhead where it stood, and the video's ends; never the dragged thing itself. */
  private snapTargets(target: Target): number[] {
    const { review, playback } = this.session;
    const own = target.kind === 'hint' ? review.ownSegment(target.id)?.id : target.id;
    const others = review.segments.filter((each) => each.id !== own);
    return [
      ...edgesOf(review.shown),
      ...edgesOf(others),
      playback.current_ms,
      0,
      review.duration_ms,
    ];
  }
}
