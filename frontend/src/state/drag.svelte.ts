/** Dragging a hint or a segment: a preview follows the pointer, one change is made when it is let go. */
import type { Part } from '../core/hit';
import { clamp, lengthOf, sameBounds, type Interval } from '../core/interval';
import { shifted, withEdge, type Segment } from '../core/segments';
import { edgesOf, snapMove, snapTime, targetsOf, type Target as Place } from '../core/snap';
import type { Selection } from './review.svelte';
import type { Session } from './session.svelte';

type Target = NonNullable<Selection>;

const SNAP_PX = 8;
/** A hand that shakes while it clicks does not drag. */
const LEAST_PX = 3;
/** This near to the view's edge it begins to move along. */
const EDGE_PX = 24;
/** At the edge itself, in widths of the view per second. */
const FASTEST = 0.8;
/** A video cannot be asked for another frame more often than it can show one. */
const SEEK_MS = 80;

export class DragState {
  target = $state.raw<Target | null>(null);
  bounds = $state.raw<Interval>({ start_ms: 0, end_ms: 0 });
  /** What was snapped to, drawn as a line with its name. */
  snapped = $state.raw<Place | null>(null);
  moved = $state(false);
  /** Where it would overlap one of its own type: letting go there is refused. */
  blocked = $state.raw<Segment[]>([]);
  private part: Part = 'body';
  private from: Interval = { start_ms: 0, end_ms: 0 };
  private slug = '';
  private places: Place[] = [];
  private grabbed = { x: 0, ms: 0, playhead_ms: 0 };
  private pointer = { x: 0, snapping: true };
  private sought = { at: -Infinity, ms: -1 };

  constructor(private readonly session: Session) {}

  is(kind: Target['kind'], id: Target['id']): boolean {
    return this.moved && this.target?.kind === kind && this.target.id === id;
  }

  begin(target: Target, part: Part, thing: Interval & { violation_type: string }, x: number): void {
    const { view, playback, review } = this.session;
    this.target = target;
    this.part = part;
    this.slug = thing.violation_type;
    this.from = this.bounds = { start_ms: thing.start_ms, end_ms: thing.end_ms };
    this.grabbed = { x, ms: view.time(x), playhead_ms: playback.current_ms };
    this.moved = false;
    this.places = [];
    if (part !== 'body') review.edge = part;
  }

  /** `x` is where the pointer is on the lanes, which may be beyond their edges. */
  move(x: number, snapping: boolean): void {
    const { target, grabbed } = this;
    if (!target || (!this.moved && Math.abs(x - grabbed.x) < LEAST_PX)) return;
    if (!this.moved) {
      this.places = this.snapPlaces(target);
      this.session.playback.pause();
      this.session.view.held = true;
    }
    this.moved = true;
    this.pointer = { x, snapping };
    this.place();
  }

  /** Beyond the view's edge the view goes along; to be called for each frame of a drag. */
  scroll(elapsed_ms: number): void {
    const { view } = this.session;
    const beyond =
      Math.min(0, this.pointer.x - EDGE_PX) + Math.max(0, this.pointer.x - (view.width - EDGE_PX));
    if (!this.moved) return;
    // A hand that rests wants the frame where it rests, not the one that there was time for on the way.
    if (beyond === 0) return this.seek();
    const before = view.range;
    const share = clamp(beyond / (2 * EDGE_PX), -1, 1) * FASTEST;
    view.pan((share * lengthOf(view.range) * elapsed_ms) / 1000);
    if (!sameBounds(before, view.range)) this.place();
  }

  /** Answers whether something was dragged; a mere click was not. */
  finish(): boolean {
    const { target, moved, bounds } = this;
    // Submitted, or the lease lost, with something in the hand.
    if (this.session.readOnly) this.cancel();
    else if (target && moved) this.seek(true);
    this.end();
    if (!target || !moved) return false;
    if (!this.session.readOnly) this.session.review.setBounds(target, bounds);
    return true;
  }

  /** Everything is again as it was before. */
  cancel(): void {
    const { target, moved, grabbed } = this;
    this.end();
    if (target && moved) this.session.playback.seek(grabbed.playhead_ms);
  }

  private end(): void {
    this.target = null;
    this.moved = false;
    this.snapped = null;
    this.blocked = [];
    this.session.view.held = false;
  }

  private place(): void {
    const { view, review, lanes } = this.session;
    const tolerance = this.pointer.snapping ? SNAP_PX * view.msPerPx : -1;
    const delta_ms = view.time(this.pointer.x) - this.grabbed.ms;
    this.bounds = this.placed(delta_ms, tolerance, review.duration_ms);
    const own = this.ownId(this.target);
    this.blocked = lanes
      .things(this.slug)
      .segments.touching(this.bounds)
      .filter((each) => each.id !== own);
    this.seek();
  }

  /** The frame under the moving edge is what the reviewer needs to see. */
  private seek(now: boolean = false): void {
    const at = performance.now();
    const ms = this.part === 'end' ? this.bounds.end_ms : this.bounds.start_ms;
    if (ms === this.sought.ms || (!now && at - this.sought.at < SEEK_MS)) return;
    this.sought = { at, ms };
    this.session.playback.seekToEdge(ms);
  }

  private placed(delta_ms: number, tolerance: number, duration_ms: number): Interval {
    if (this.part === 'body') {
      const free = shifted(this.from, Math.round(delta_ms), duration_ms);
      const { target, ...snapped } = snapMove(free, this.places, tolerance);
      this.snapped = target;
      const back = Math.max(0, -snapped.start_ms) - Math.max(0, snapped.end_ms - duration_ms);
      return shifted(snapped, back, Math.max(duration_ms, lengthOf(snapped)));
    }
    const edge = this.part === 'start' ? this.from.start_ms : this.from.end_ms;
    const { ms, target } = snapTime(edge + delta_ms, this.places, tolerance);
    this.snapped = target;
    return withEdge(this.from, this.part, ms, duration_ms);
  }

  private ownId(target: Target | null): string | undefined {
    if (target?.kind === 'hint') return this.session.review.ownSegment(target.id)?.id;
    return target?.id;
  }

  /** Hints, other segments, cuts, the playhead where it stood, and the video's ends; never the dragged thing itself. */
  private snapPlaces(target: Target): Place[] {
    const { review, cuts } = this.session;
    const own = this.ownId(target);
    const others = review.segments.filter((each) => each.id !== own);
    const hints = review.shown.filter(
      (each) => target.kind !== 'hint' || each.id !== target.id || own,
    );
    return targetsOf([
      ...edgesOf(hints, 'hint'),
      ...edgesOf(others, 'segment'),
      ...cuts.map((ms): Place => ({ ms, what: 'cut' })),
      { ms: this.grabbed.playhead_ms, what: 'playhead' },
      { ms: 0, what: 'start' },
      { ms: review.duration_ms, what: 'end' },
    ]);
  }
}
