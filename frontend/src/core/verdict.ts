/** The verdict is the person's; Spotter only suggests one and says when an answer contradicts itself. */
import { partsInWords, percent } from './coverage';
import type { Interval } from './interval';
import type { EscalationReason } from './reasons';
import type { Segment } from './segments';
import { msg, t, tn } from './words';

export const VERDICTS = ['violating', 'clean', 'escalated', 'unreviewable'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const VERDICT_WORDS: Record<Verdict, string> = {
  violating: msg('Violating'),
  clean: msg('Clean'),
  escalated: msg('Escalate'),
  unreviewable: msg('Unreviewable'),
};

/** What is known about the answer besides what it says. */
export interface Circumstances {
  segments: readonly Segment[];
  /** Shown and not answered yet. */
  open_hints: number;
  /** 0..1 of the video. */
  watched: number;
  /** It cannot be played here, and nothing of it ever was. */
  unplayable: boolean;
}

/** From here on a video without a finding may be called clean without having been asked. */
const ENOUGH_WATCHED = 0.8;

export function suggestVerdict(known: Circumstances): Verdict | null {
  if (known.unplayable) return 'unreviewable';
  if (known.segments.length > 0) return 'violating';
  return known.open_hints === 0 && known.watched >= ENOUGH_WATCHED ? 'clean' : null;
}

export const nextVerdict = (current: Verdict | null): Verdict =>
  VERDICTS[(current === null ? 0 : VERDICTS.indexOf(current) + 1) % VERDICTS.length] ?? 'violating';

export interface Doubt {
  /** What the doubt is about; the sentence may change with every second that is watched meanwhile. */
  about: string;
  sentence: string;
}

export interface Seen {
  watched: number;
  unwatched: readonly Interval[];
  /** null: nothing here is judged by sound, or there is none. */
  heard: number | null;
  unheard: readonly Interval[];
}

/** What makes a clean answer doubtful, to be said once before it is sent; null when nothing does. */
export function cleanDoubt(answer: {
  verdict: Verdict | null;
  open_hints: number;
  seen: Seen;
}): Doubt | null {
  if (answer.verdict !== 'clean') return null;
  const { open_hints } = answer;
  const doubts = [...coverageDoubts(answer.seen)];
  if (open_hints > 0) {
    const words = tn(open_hints, '{n} hint is unanswered.', '{n} hints are unanswered.');
    doubts.push({ about: `hints ${open_hints}`, sentence: words });
  }
  if (doubts.length === 0) return null;
  const again = t('Press Submit again to say clean all the same.');
  return {
    about: doubts.map((each) => each.about).join(),
    sentence: [...doubts.map((each) => each.sentence), again].join(' '),
  };
}

/** Exactly what was not seen or not heard: nothing of it is a guess, so every arm may say it. */
function coverageDoubts({ watched, unwatched, heard, unheard }: Seen): Doubt[] {
  if (watched <= 0) {
    return [{ about: 'watched', sentence: t('You have watched 0 % of this video.') }];
  }
  const doubts: Doubt[] = [];
  if (watched < ENOUGH_WATCHED) {
    const places = { share: percent(watched), parts: partsInWords(unwatched) };
    const sentence = t('You have watched {share} % of this video, not {parts}.', places);
    doubts.push({ about: 'watched', sentence });
  }
  // What was not even seen was said already.
  if (heard !== null && heard < ENOUGH_WATCHED && heard < watched - 0.01) {
    const places = { share: percent(heard), parts: partsInWords(unheard) };
    const sentence = t(
      'You have heard {share} % of it, not {parts}, and some types here are judged by sound.',
      places,
    );
    doubts.push({ about: 'heard', sentence });
  }
  return doubts;
}

interface Answer {
  verdict: Verdict;
  segments: readonly Segment[];
  escalation_reason: EscalationReason | null;
  notes: string;
  unplayable: boolean;
}

/** Why this review cannot be submitted yet, as one sentence that says what to do; null when it can. */
export function submitRefusal(answer: Answer): string | null {
  const { verdict, segments, unplayable } = answer;
  if (unplayable && (verdict === 'violating' || verdict === 'clean')) {
    return t(
      'This video cannot be played here, so it cannot be judged: choose “Unreviewable” and say why in the notes, or skip it.',
    );
  }
  if (verdict === 'violating' && segments.length === 0) {
    return t(
      'A violating video needs at least one segment: mark where it happens, or choose another verdict.',
    );
  }
  if (verdict === 'clean' && segments.length > 0) {
    return t('A clean video has no segments: remove them, or choose “Violating”.');
  }
  return lacksWords(answer);
}

/** Who comes next has nothing but these words to go by. */
function lacksWords({ verdict, escalation_reason, notes }: Answer): string | null {
  const noNotes = notes.trim() === '';
  if (verdict === 'unreviewable' && noNotes) {
    return t('Say in the notes what keeps this video from being judged.');
  }
  if (verdict === 'escalated' && escalation_reason === null) {
    return t('Choose from the list why a senior should look at this.');
  }
  if (verdict === 'escalated' && escalation_reason === 'other' && noNotes) {
    return t('Say in the notes why a senior should look at this.');
  }
  return null;
}
