/** What a person did, as against what merely ran on (watched ranges, active time). */
import type { Draft } from '../api/types';

const workIn = ({ segments, rejected, verdict, notes, ...rest }: Draft) =>
  JSON.stringify([
    segments.map((each) => [
      each.id,
      each.violation_type,
      each.start_ms,
      each.end_ms,
      each.hint_ids,
    ]),
    rejected,
    verdict ?? null,
    rest.escalation_reason ?? null,
    notes,
    rest.score_threshold ?? null,
    rest.show_more,
  ]);

export const sameWork = (a: Draft, b: Draft): boolean => workIn(a) === workIn(b);
