/** The hand on the lanes: one way in for every pointer, over whatever is painted there. */
import { hitSpan, type Hit, type Part } from '../core/hit';
import type { Interval } from '../core/interval';
import type { Hint, Segment } from '../core/segments';
import type { DragState } from '../state/drag.svelte';
import type { Session } from '../state/session.svelte';
import { CAP_PX, type Under } from './things';

export type Found = Under & { part: Part };

/** A peak can be clicked as far down as this, where nothing else lies. */
const PEAK_PX = 32;
const CLICK_PX = 4;

interface Press {
  x: number;
  from: number;
  moved: boolean;
  found: Found | null;
}

export class Hand {
  /** What lies under the pointer while no button is held. */
  under = $state.raw<Found | null>(null);
  /** Where the pointer rests, for the picture of that moment; null elsewhere and while something moves. */
  hover_ms = $state<number | null>(null);
  panning = $state(false);
  private press: Press | null = null;
  private scrolling = 0;

  constructor(
    private readonly session: Session,
    private readonly drag: DragState,
    private readonly track: () => HTMLElement,
    private readonly lanePx: () => number,
  ) {}

  get cursor(): string {
    if (this.drag.moved || this.panning) return 'grabbing';
    const { under } = this;
    if (!under) return 'default';
    if (under.kind === 'peak') return 'zoom-in';
    if (this.session.readOnly) return 'pointer';
    return under.part === 'body' ? 'grab' : 'ew-resize';
  }

  down(event: PointerEvent): void {
    // A second finger is not a second hand.
    if (event.button !== 0 || !event.isPrimary) return;
    const { x, y } = this.at(event);
    const found = this.find(x, y);
    this.hover_ms = null;
    this.press = { x, from: x, moved: false, found };
    if (!found || found.kind === 'peak') return;
    const target = targetOf(found);
    this.session.review.selection = target;
    if (this.session.readOnly) return;
    this.track().setPointerCapture(event.pointerId);
    this.drag.begin(target, found.part, found.item, x);
  }

  move(event: PointerEvent): void {
    if (!event.isPrimary) return;
    const { x, y } = this.at(event);
    const { press, drag } = this;
    if (!press) return this.look(x, y);
    // Let go outside the window: nothing told us.
    if (event.buttons === 0) return this.cancel();
    if (drag.target) {
      drag.move(x, !event.altKey);
      if (drag.moved) this.keepScrolling();
    } else this.pan(event, press, x);
  }

  up(event: PointerEvent): void {
    if (!event.isPrimary) return;
    const { press, drag } = this;
    this.press = null;
    this.rest();
    if (!press) return;
    if (drag.target) return void drag.finish();
    const { found } = press;
    if (press.moved) return;
    if (found?.kind === 'peak') this.session.lanes.expand(found.slug, found.item);
    else if (!found) this.session.playback.seek(this.session.view.time(this.at(event).x));
  }

  cancel(): void {
    this.press = null;
    this.rest();
    this.drag.cancel();
  }

  /** Escape, while something hangs on the pointer. */
  escape(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.drag.target) return;
    event.preventDefault();
    this.cancel();
  }

  leave(): void {
    this.under = null;
    this.hover_ms = null;
  }

  double(event: MouseEvent): void {
    const { x, y } = this.at(event);
    const found = this.find(x, y);
    if (found && found.kind !== 'peak') this.session.playback.playRange(found.item);
  }

  wheel(event: WheelEvent): void {
    event.preventDefault();
    const { view, playback } = this.session;
    this.hover_ms = null;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      view.pan(sideways * view.msPerPx);
    } else view.zoom(Math.exp(event.deltaY * 0.0022), view.time(this.at(event).x));
    view.movedByHand(playback.current_ms);
  }

  private pan(event: PointerEvent, press: Press, x: number): void {
    const { view, playback } = this.session;
    if (!press.moved && Math.abs(x - press.from) < CLICK_PX) return;
    if (!press.moved) this.track().setPointerCapture(event.pointerId);
    press.moved = this.panning = view.held = true;
    view.pan((press.x - x) * view.msPerPx);
    view.movedByHand(playback.current_ms);
    press.x = x;
  }

  private look(x: number, y: number): void {
    const found = this.find(x, y);
    const { under } = this;
    if (found?.item !== under?.item || found?.part !== under?.part) this.under = found;
    this.hover_ms = this.session.view.time(x);
  }

  private rest(): void {
    this.panning = this.session.view.held = false;
    cancelAnimationFrame(this.scrolling);
    this.scrolling = 0;
  }

  /** A hand that rests beyond the edge sends no more events, and still the view goes on. */
  private keepScrolling(): void {
    if (this.scrolling) return;
    let last = performance.now();
    const step = (now: number) => {
      this.drag.scroll(Math.min(50, now - last));
      last = now;
      this.scrolling = requestAnimationFrame(step);
    };
    this.scrolling = requestAnimationFrame(step);
  }

  private at(event: MouseEvent): { x: number; y: number } {
    const box = this.track().getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** The cap of a lane is for its peaks; below it what a person made comes before what the model said. */
  private find(x: number, y: number): Found | null {
    const { lanes } = this.session;
    const row = Math.floor(y / this.lanePx());
    const slug = lanes.shown[row];
    if (slug === undefined) return null;
    const within = y - row * this.lanePx();
    const peak = within < PEAK_PX ? this.peakAt(slug, x) : null;
    return (within < CAP_PX && peak) || this.thingAt(slug, x) || peak;
  }

  private thingAt(slug: string, x: number): Found | null {
    const { lanes, review } = this.session;
    const { hints, segments } = lanes.things(slug);
    const { selection } = review;
    const place = this.place();
    const isChosen = (item: Hint | Segment) => selection?.id === item.id;
    const hint = hitSpan(hints, x, place, isChosen);
    const segment = hitSpan(segments, x, place, isChosen);
    if (hint && (!segment || before(hint, segment, isChosen(hint.item)))) {
      // A rejected hint is not taken by its edges: it has none any more.
      const isOver = review.outcomes.get(hint.item.id) === 'rejected';
      return { kind: 'hint', slug, item: hint.item, part: isOver ? 'body' : hint.part };
    }
    return segment && { kind: 'segment', slug, item: segment.item, part: segment.part };
  }

  private peakAt(slug: string, x: number): Found | null {
    const hit = hitSpan<Interval>(this.session.lanes.things(slug).peaks, x, this.place());
    return hit?.away_px === 0 ? { kind: 'peak', slug, item: hit.item, part: 'body' } : null;
  }

  private place() {
    const { view } = this.session;
    return { x: (ms: number) => view.x(ms), msPerPx: view.msPerPx };
  }
}

const before = (hint: Hit<Hint>, segment: Hit<Segment>, chosen: boolean): boolean =>
  hint.away_px < segment.away_px || (chosen && hint.away_px === 0);

const targetOf = (found: Exclude<Found, { kind: 'peak' }>) =>
  found.kind === 'hint'
    ? { kind: 'hint' as const, id: found.item.id }
    : { kind: 'segment' as const, id: found.item.id };
