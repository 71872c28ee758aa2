/** Hints as a reviewer meets them: which are shown, what became of each, which comes next. The server derives outcomes again at submit. */
import { sameBounds, type Interval } from './interval';
import type { Hint, Segment } from './segments';

export type Outcome = 'accepted' | 'adjusted' | 'relabelled' | 'rejected' | 'untouched' | 'unseen';

export interface ShownRule {
  /** null: the queue's own threshold decided already. */
  score_threshold: number | null;
  show_more: boolean;
}

export function shownHints(hints: readonly Hint[], rule: ShownRule): Hint[] {
  const least = rule.score_threshold ?? 0;
  return hints.filter((each) => each.score >= least && (rule.show_more || !each.capped));
}

/** What became of each hint. In one pass over the segments: it is asked after every change, and there may be thousands. */
export function outcomesOf(
  hints: readonly Hint[],
  segments: readonly Segment[],
  rejected: readonly number[],
  shown: readonly number[],
): Map<number, Outcome> {
  const own = new Map<number, Segment[]>();
  for (const segment of segments) {
    for (const id of segment.hint_ids) own.set(id, [...(own.get(id) ?? []), segment]);
  }
  const [no, seen] = [new Set(rejected), new Set(shown)];
  return new Map(
    hints.map((hint) => {
      const kept = own.get(hint.id);
      if (kept) return [hint.id, keptOutcome(hint, kept)];
      return [hint.id, no.has(hint.id) ? 'rejected' : seen.has(hint.id) ? 'untouched' : 'unseen'];
    }),
  );
}

function keptOutcome(hint: Hint, own: readonly Segment[]): Outcome {
  if (own.every((each) => each.violation_type !== hint.violation_type)) return 'relabelled';
  const only = own.length === 1 ? own[0] : undefined;
  // Merged with another hint it is not what the model proposed, even where the bounds happen to fit.
  return only?.hint_ids.length === 1 && sameBounds(only, hint) ? 'accepted' : 'adjusted';
}

export const byRank = (a: Hint, b: Hint): number => a.rank - b.rank || a.id - b.id;

/** Below what a hint has to reach: published all the same, behind "show more". */
export const isWeak = (hint: Hint, threshold: number | undefined): boolean =>
  hint.capped && threshold !== undefined && hint.score < threshold;

/** Coinciding hints together, groups by the rank of their best; what stayed below its threshold comes last. */
export function inGroups(hints: readonly Hint[]): Hint[][] {
  const groups = new Map<number, Hint[]>();
  for (const hint of hints.toSorted(byRank)) {
    const group = groups.get(hint.group);
    if (group) group.push(hint);
    else groups.set(hint.group, [hint]);
  }
  return [...groups.values()];
}

/** Coinciding hints of several types are drawn and acted on together. */
export const groupOf = (hints: readonly Hint[], hint: Hint): Hint[] =>
  hints.filter((each) => each.group === hint.group);

const byTime = (a: Hint, b: Hint): number => a.start_ms - b.start_ms || byRank(a, b);

/**
 * The next in the video's own order, which is how one watches; past the last one it starts again.
 * `current` is the hint at the playhead, so that its run-up or a twin at the same time is not met twice.
 */
export function neighbour(
  hints: readonly Hint[],
  current: Hint | null,
  playhead_ms: number,
  direction: 1 | -1,
): Hint | null {
  const sorted = [...hints].sort(byTime);
  const side = (each: Hint): number =>
    current ? byTime(each, current) : each.start_ms < playhead_ms ? -1 : 1;
  return direction === 1
    ? (sorted.find((each) => side(each) > 0) ?? sorted[0] ?? null)
    : (sorted.findLast((each) => side(each) < 0) ?? sorted.at(-1) ?? null);
}

export const hintsWithin = (
  hints: readonly Hint[],
  violation_type: string,
  region: Interval,
): Hint[] =>
  hints.filter(
    (each) =>
      each.violation_type === violation_type &&
      each.start_ms < region.end_ms &&
      region.start_ms < each.end_ms,
  );
