/** What each lane holds at the moment: which things get an element of their own, and which are only painted. */
import { overlaps, type Interval } from '../core/interval';
import type { Hint, Segment } from '../core/segments';
import type { Session } from '../state/session.svelte';

export interface LaneContent {
  slug: string;
  peaks: Interval[];
  hints: Hint[];
  segments: Segment[];
  /** Too many and too thin to point at: painted, until zooming in makes room. */
  painted: Interval[];
}

const MANY = 120;
const THIN_PX = 6;

export function laneContent(session: Session, slug: string): LaneContent {
  const { review, view } = session;
  const visible = <T extends Interval & { violation_type: string }>(items: readonly T[]) =>
    items.filter((each) => each.violation_type === slug && overlaps(each, view.range));
  // An accepted or adjusted hint is drawn as its segment.
  const open = visible(review.shown).filter((hint) => review.ownSegment(hint.id) === null);
  const segments = visible(review.segments);
  const peaks = session.peaks(slug).filter((each) => overlaps(each, view.range));
  const crowded = open.length + segments.length > MANY;
  const roomy = (each: Interval) =>
    !crowded || (each.end_ms - each.start_ms) / view.msPerPx >= THIN_PX;
  const keep = (each: Hint | Segment) => roomy(each) || review.selection?.id === each.id;
  return {
    slug,
    peaks: peaks.length > MANY ? peaks.filter(roomy) : peaks,
    hints: open.filter(keep),
    segments: segments.filter(keep),
    painted: crowded ? [...open, ...segments].filter((each) => !roomy(each)) : [],
  };
}

/** Lanes with nothing in the whole video fold away when the reviewer wants that. */
export function shownLanes(session: Session): string[] {
  const { review, view } = session;
  const slugs = session.types.map((type) => type.slug);
  if (view.showEmpty) return slugs;
  const busy = new Set([...review.segments, ...review.shown].map((each) => each.violation_type));
  return slugs.filter((slug) => busy.has(slug) || session.peaks(slug).length > 0);
}
