/** What lies under the pointer on a lane: a thing's body, or the edge one takes hold of. */
import type { Interval } from './interval';
import type { Spans } from './spans';

export type Part = 'body' | 'start' | 'end';

export interface Hit<T> {
  item: T;
  part: Part;
  /** 0 inside. */
  away_px: number;
}

/** Drawn at least this wide, so that it is hit as it is seen. */
export const LEAST_PX = 3;
/** How far from an edge it still counts as taken. */
const EDGE_PX = 5;

export interface Place {
  x: (ms: number) => number;
  msPerPx: number;
}

/**
 * The nearest one within reach; of several under the pointer the shortest, which would otherwise be out of reach
 * behind a longer one, and before all others the one that `first` names (the chosen one is drawn on top).
 */
export function hitSpan<T extends Interval>(
  spans: Spans<T>,
  x: number,
  place: Place,
  first: (item: T) => boolean = () => false,
): Hit<T> | null {
  const ms = place.msPerPx;
  const at_ms = x * ms - place.x(0) * ms;
  const near = (EDGE_PX + LEAST_PX) * ms;
  let best: Hit<T> | null = null;
  for (let at = spans.from(at_ms - near), end = spans.until(at_ms + near); at < end; at += 1) {
    const item = spans.items[at];
    const hit = item && hitOne(item, x, place);
    if (!hit) continue;
    if (hit.away_px === 0 && first(hit.item)) return hit;
    if (!best || isNearer(hit, best)) best = hit;
  }
  return best;
}

const isNearer = <T extends Interval>(a: Hit<T>, b: Hit<T>): boolean =>
  a.away_px < b.away_px ||
  (a.away_px === b.away_px && a.item.end_ms - a.item.start_ms <= b.item.end_ms - b.item.start_ms);

function hitOne<T extends Interval>(item: T, x: number, { x: toX }: Place): Hit<T> | null {
  const left = toX(item.start_ms);
  const right = Math.max(toX(item.end_ms), left + LEAST_PX);
  const away_px = Math.max(0, left - x, x - right);
  return away_px > EDGE_PX ? null : { item, part: partAt(left, right, x), away_px };
}

/** A narrow thing keeps a body in its middle: its edges are then taken from outside. */
function partAt(left: number, right: number, x: number): Part {
  const inner = Math.max(1, Math.min(EDGE_PX, (right - left) / 4));
  if (x <= left + inner) return 'start';
  return x >= right - inner ? 'end' : 'body';
}
