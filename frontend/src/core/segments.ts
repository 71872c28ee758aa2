/** Segment algebra: every edit a reviewer can make, as a pure function that either answers or refuses with a sentence. */
import { formatTime, parseTime } from './format';
import { clamp, hull, overlaps, type Interval } from './interval';
import { t, tn } from './words';

export type Origin = 'hint' | 'human';

export interface Segment extends Interval {
  id: string;
  violation_type: string;
  origin: Origin;
  /** The hints it came from, the primary one first; several after a merge, none if made by hand. */
  hint_ids: number[];
}

export interface Hint extends Interval {
  id: number;
  violation_type: string;
  score: number;
  rank: number;
  group: number;
  capped: boolean;
}

/** `merge` names the segments that a person may join instead. */
export interface Refusal {
  ok: false;
  sentence: string;
  merge: Segment[];
}

export type Edit = { ok: true; segments: Segment[]; id: string } | Refusal;

/** Shorter than this nobody can see, and no export format keeps it apart. */
export const LEAST_SEGMENT_MS = 40;

export const byStart = (a: Interval, b: Interval): number =>
  a.start_ms - b.start_ms || a.end_ms - b.end_ms;

/** One order only for one set of segments, however it came about: what is undone is then the same again. */
export const inOrder = (segments: readonly Segment[]): Segment[] =>
  segments.toSorted((a, b) => byStart(a, b) || (a.id < b.id ? -1 : Number(a.id > b.id)));

export const fromHint = (hint: Hint, id: string, bounds: Interval = hint): Segment => ({
  id,
  violation_type: hint.violation_type,
  start_ms: bounds.start_ms,
  end_ms: bounds.end_ms,
  origin: 'hint',
  hint_ids: [hint.id],
});

/** Other hints for a segment; one that is left without any counts as made by hand. */
export const withHints = (segment: Segment, hint_ids: number[]): Segment => ({
  ...segment,
  hint_ids,
  origin: hint_ids.length > 0 ? 'hint' : 'human',
});

/** Where a segment comes from, as said of it. */
export function originWords({ hint_ids }: Pick<Segment, 'hint_ids'>): string {
  if (hint_ids.length === 0) return t('marked by hand');
  return tn(hint_ids.length, 'from a hint', 'from {n} hints');
}

/** What remains once a hint is taken back: segments that came from it alone go, merged ones let go of it. */
export const withoutHint = (segments: readonly Segment[], hint_id: number): Segment[] =>
  segments
    .map((each) => {
      if (!each.hint_ids.includes(hint_id)) return each;
      const left = each.hint_ids.filter((id) => id !== hint_id);
      return left.length > 0 ? withHints(each, left) : null;
    })
    .filter((each) => each !== null);

export function inTheWay(segments: readonly Segment[], candidate: Segment): Segment[] {
  return segments.filter(
    (each) =>
      each.id !== candidate.id &&
      each.violation_type === candidate.violation_type &&
      overlaps(each, candidate),
  );
}

/** Adds a segment, or replaces the one with its id; segments of one type may touch but not overlap. */
export function put(segments: readonly Segment[], candidate: Segment, duration_ms: number): Edit {
  const placed = insideVideo(candidate, duration_ms);
  if (placed.end_ms - placed.start_ms < LEAST_SEGMENT_MS) {
    return refuse(
      t('A segment needs at least {ms} ms: move its end further away.', { ms: LEAST_SEGMENT_MS }),
    );
  }
  const others = inTheWay(segments, placed);
  if (others.length > 0) return refuse(overlapSentence(others), [...others, placed]);
  const rest = segments.filter((each) => each.id !== placed.id);
  return { ok: true, segments: inOrder([...rest, placed]), id: placed.id };
}

const refuse = (sentence: string, merge: Segment[] = []): Refusal => ({
  ok: false,
  sentence,
  merge,
});

function overlapSentence(others: readonly Segment[]): string {
  const { start_ms, end_ms } = hull(others.slice(0, 1));
  return t(
    'This overlaps a segment of the same type at {start} – {end}. Merge them, or leave a gap.',
    { start: formatTime(start_ms), end: formatTime(end_ms) },
  );
}

function insideVideo(segment: Segment, duration_ms: number): Segment {
  const start_ms = Math.round(clamp(segment.start_ms, 0, duration_ms));
  const end_ms = Math.round(clamp(segment.end_ms, 0, duration_ms));
  return { ...segment, start_ms: Math.min(start_ms, end_ms), end_ms: Math.max(start_ms, end_ms) };
}

/** Moves the whole segment and stops at the video's ends instead of shrinking. */
export function shifted(interval: Interval, delta_ms: number, duration_ms: number): Interval {
  const delta = clamp(delta_ms, -interval.start_ms, duration_ms - interval.end_ms);
  return { start_ms: interval.start_ms + delta, end_ms: interval.end_ms + delta };
}

/** Moves one edge; it may not pass the other one. */
export function withEdge(
  interval: Interval,
  edge: 'start' | 'end',
  ms: number,
  duration_ms: number,
): Interval {
  const at = clamp(Math.round(ms), 0, duration_ms);
  return edge === 'start'
    ? { start_ms: Math.min(at, interval.end_ms - LEAST_SEGMENT_MS), end_ms: interval.end_ms }
    : { start_ms: interval.start_ms, end_ms: Math.max(at, interval.start_ms + LEAST_SEGMENT_MS) };
}

/** Joins segments of one type; the result comes from every hint that any of them came from. */
export function merge(segments: readonly Segment[], parts: readonly Segment[]): Edit {
  const first = parts[0];
  if (!first || parts.length < 2)
    return refuse(t('There is no other segment of this type to merge with.'));
  if (parts.some((each) => each.violation_type !== first.violation_type)) {
    return refuse(t('Only segments of one violation type can be merged.'));
  }
  const sorted = [...parts].sort(byStart);
  const hinted = sorted.find((each) => each.origin === 'hint');
  const hulled: Segment = { ...(hinted ?? first), ...hull(parts) };
  // What the hull newly covers is swallowed as well, or the result would overlap it.
  const swallowed = [...sorted, ...inTheWay(segments, hulled)];
  const gone = new Set(swallowed.map((each) => each.id));
  const rest = segments.filter((each) => !gone.has(each.id));
  const joined = withHints(hulled, [...new Set(swallowed.flatMap((each) => each.hint_ids))]);
  return { ok: true, segments: inOrder([...rest, joined]), id: joined.id };
}

/** Cuts a segment in two; both halves keep the hints they came from. */
export function split(
  segments: readonly Segment[],
  id: string,
  at_ms: number,
  new_id: string,
): Edit {
  const whole = segments.find((each) => each.id === id);
  const at = Math.round(at_ms);
  if (!whole) return refuse(t('Choose a segment to cut first.'));
  if (at - whole.start_ms < LEAST_SEGMENT_MS || whole.end_ms - at < LEAST_SEGMENT_MS) {
    return refuse(t('Move the playhead inside the segment, then cut.'));
  }
  const halves = [
    { ...whole, end_ms: at },
    { ...whole, id: new_id, start_ms: at },
  ];
  const rest = segments.filter((each) => each.id !== id);
  return { ok: true, segments: inOrder([...rest, ...halves]), id: new_id };
}

export const without = (segments: readonly Segment[], id: string): Segment[] =>
  segments.filter((each) => each.id !== id);

/**
 * The same stretch under another type. The model proposed nothing of the kind, so the copy counts as made by hand:
 * with the hint's id it would turn an accepted hint into an adjusted one.
 */
export function duplicate(
  segments: readonly Segment[],
  id: string,
  violation_type: string,
  new_id: string,
): Edit {
  const whole = segments.find((each) => each.id === id);
  if (!whole) return refuse(t('Choose a segment to duplicate first.'));
  if (whole.violation_type === violation_type) {
    return refuse(t('It is of this type already: duplicate it to another one.'));
  }
  const copy = withHints({ ...whole, id: new_id, violation_type }, []);
  return put(segments, copy, whole.end_ms);
}

/** The one after it (1) or before it (-1) of the same type. */
export function besides(
  segments: readonly Segment[],
  segment: Segment,
  direction: 1 | -1,
): Segment | null {
  const same = inOrder(segments.filter((each) => each.violation_type === segment.violation_type));
  const at = same.findIndex((each) => each.id === segment.id);
  return (at >= 0 && same[at + direction]) || null;
}

export type Written = { ok: true; bounds: Interval } | { ok: false; sentence: string };

/** A time that a person wrote for one edge; what cannot be is refused with what is expected instead. */
export function withWrittenEdge(
  { start_ms, end_ms }: Interval,
  edge: 'start' | 'end',
  text: string,
  duration_ms: number,
): Written {
  const ms = parseTime(text);
  if (ms === null) {
    const sentence = t('“{text}” is no time. Write it like 1:23.456.', { text: text.trim() });
    return { ok: false, sentence };
  }
  if (ms > duration_ms) {
    const end = formatTime(duration_ms);
    return { ok: false, sentence: t('The video ends at {end}: write an earlier time.', { end }) };
  }
  const bounds = edge === 'start' ? { start_ms: ms, end_ms } : { start_ms, end_ms: ms };
  if (bounds.end_ms - bounds.start_ms >= LEAST_SEGMENT_MS) return { ok: true, bounds };
  return {
    ok: false,
    sentence:
      edge === 'start'
        ? t('The start must lie before the end, {time}.', { time: formatTime(end_ms) })
        : t('The end must lie after the start, {time}.', { time: formatTime(start_ms) }),
  };
}
