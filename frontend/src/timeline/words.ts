/** What the timeline says of the things on it. */
import { formatTime, scoreWord } from '../core/format';
import type { Outcome } from '../core/hints';
import { originWords } from '../core/segments';
import { msg, t } from '../core/words';
import type { Session } from '../state/session.svelte';
import type { Under } from './things';

const OUTCOMES: Record<Outcome, string> = {
  accepted: msg('accepted'),
  adjusted: msg('adjusted'),
  relabelled: msg('relabelled'),
  rejected: msg('rejected'),
  untouched: msg('untouched'),
  unseen: msg('unseen'),
};

export const outcomeWord = (outcome: Outcome): string => t(OUTCOMES[outcome]);

/** A line about what the pointer rests on. */
export function underWords(session: Session, under: Under): string {
  const { item } = under;
  const type = session.typeOf(under.slug)?.name ?? under.slug;
  const places = { type, start: formatTime(item.start_ms), end: formatTime(item.end_ms) };
  if (under.kind === 'peak') return t('Peak of {type}, {start} – {end}', places);
  if (under.kind === 'segment') {
    return t('{type}, {origin}, {start} – {end}', { ...places, origin: originWords(under.item) });
  }
  return t('Hint {rank}, {type}, {score}, {outcome}', {
    type,
    rank: under.item.rank,
    score: scoreWord(under.item.score),
    outcome: outcomeWord(session.review.outcomes.get(under.item.id) ?? 'untouched'),
  });
}
