/** The verdict is the person's; Spotter only suggests one and says when an answer contradicts itself. */
import type { Segment } from './segments';

export const VERDICTS = ['violating', 'clean', 'escalated', 'unreviewable'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const VERDICT_WORDS: Record<Verdict, string> = {
  violating: 'Violating',
  clean: 'Clean',
  escalated: 'Escalate',
  unreviewable: 'Unreviewable',
};

export const suggestVerdict = (segments: readonly Segment[]): Verdict =>
  segments.length > 0 ? 'violating' : 'clean';

export const nextVerdict = (current: Verdict): Verdict =>
  VERDICTS[(VERDICTS.indexOf(current) + 1) % VERDICTS.length] ?? 'violating';

/** Why this review cannot be submitted yet, as one sentence that says what to do; null when it can. */
export function submitRefusal(answer: {
  verdict: Verdict | null;
  segments: readonly Segment[];
  notes: string;
}): string | null {
  const { verdict, segments, notes } = answer;
  if (verdict === null) return 'Choose a verdict first (key V).';
  if (verdict === 'violating' && segments.length === 0) {
    return 'A violating video needs at least one segment: mark where it happens, or choose another verdict.';
  }
  if (verdict === 'clean' && segments.length > 0) {
    return 'A clean video has no segments: remove them, or choose “Violating”.';
  }
  if (verdict === 'escalated' && notes.trim() === '') {
    return 'Say in the notes why a senior should look at this.';
  }
  if (verdict === 'unreviewable' && notes.trim() === '') {
    return 'Say in the notes what keeps this video from being judged.';
  }
  return null;
}
