/** Why a hint stands where it stands, in plain sentences made of what the page has. Nothing here guesses. */
import type { Curve } from './curve';
import { formatDuration, formatTime, scoreWord } from './format';
import { byRank, isWeak, type Outcome } from './hints';
import { gaps, lengthOf, overlaps, type Interval } from './interval';
import type { Hint } from './segments';
import { msg, t, tn } from './words';

export interface Asked {
  hint: Hint;
  /** All of the review, shown or not. */
  hints: readonly Hint[];
  outcomes: ReadonlyMap<number, Outcome>;
  curve: (Pick<Curve, 'score' | 'band'> & { step_ms: number }) | null;
  /** What a hint of this type has to reach; null when it is not known. */
  threshold: number | null;
  type: { name: string; severity: number; modality: 'picture' | 'sound' | 'both' };
  video: { has_picture: boolean; has_sound: boolean };
  nameOf: (violation_type: string) => string;
}

export interface Reason {
  about: string;
  sentence: string;
}

/** Two digits, as the score slider has them, and never 1.00. */
export const scoreFigure = (score: number): string =>
  Math.min(0.99, Math.floor(score * 100 + 1e-6) / 100).toFixed(2);

export function reasonsFor(asked: Asked): Reason[] {
  return [
    { about: t('Score'), sentence: peakSentence(asked) },
    { about: t('Threshold'), sentence: thresholdSentence(asked) },
    { about: t('Rank'), sentence: rankSentence(asked) },
    { about: t('Judged by'), sentence: judgedBySentence(asked) },
    { about: t('Coincides'), sentence: coincidingSentence(asked) },
    { about: t('Annotators'), sentence: bandSentence(asked) },
    { about: t('Same type'), sentence: othersSentence(asked) },
  ].filter(({ sentence }) => sentence !== '');
}

const MODALITY = {
  picture: msg('The picture alone.'),
  sound: msg('The sound alone: listen before you answer.'),
  both: msg('Picture and sound together.'),
} as const;

/** A type may be judged by both, but a file that has only one of them can show only that. */
function judgedBySentence({ type, video }: Asked): string {
  if (type.modality === 'both' && !video.has_sound)
    return t('The picture alone: this file has no sound.');
  if (type.modality === 'both' && !video.has_picture)
    return t('The sound alone: this file has no picture.');
  return t(MODALITY[type.modality]);
}

function peakSentence({ hint, curve }: Asked): string {
  const words = { likely: scoreWord(hint.score), score: scoreFigure(hint.score) };
  const peak = curve && peakStep(curve, hint);
  if (!curve || peak === null) return t('At most {score}: {likely}.', words);
  const at = formatTime((peak + 0.5) * curve.step_ms, false);
  return t('Highest at {at}, with {score}: {likely}.', { ...words, at });
}

/** The step at which the curve is highest inside the hint. */
function peakStep({ score, step_ms }: NonNullable<Asked['curve']>, hint: Interval): number | null {
  let best: number | null = null;
  const last = Math.min(score.length - 1, Math.ceil(hint.end_ms / step_ms) - 1);
  for (let at = Math.max(0, Math.floor(hint.start_ms / step_ms)); at <= last; at += 1) {
    if (best === null || (score[at] ?? 0) > (score[best] ?? 0)) best = at;
  }
  return best;
}

function thresholdSentence(asked: Asked): string {
  const { hint, threshold } = asked;
  const until = sliderSentence(hint);
  if (threshold === null) return until;
  const figure = { threshold: scoreFigure(threshold) };
  if (isWeak(hint, threshold)) {
    return `${t('It stays below the {threshold} that a hint has to reach, so it waits behind “Show more”.', figure)} ${until}`;
  }
  const over_ms = timeOver(asked, threshold);
  const reached = over_ms
    ? t('Over the {threshold} that it had to reach for {time}.', {
        ...figure,
        time: formatDuration(over_ms),
      })
    : t('It reaches the {threshold} that it had to reach.', figure);
  const past = hint.capped
    ? ` ${t('It waits behind “Show more” only because of the limit of hints.')}`
    : '';
  return `${reached}${past} ${until}`;
}

/** Where the slider has to stand so that this hint goes away. */
function sliderSentence({ score }: Hint): string {
  return score >= MOST_SLIDER
    ? t('No place of the score slider hides it.')
    : t('Move the score slider past {score} and it disappears.', { score: scoreFigure(score) });
}

export const MOST_SLIDER = 0.95;

function timeOver({ curve, hint }: Asked, threshold: number): number {
  if (!curve) return 0;
  const least = Math.max(1, Math.round(threshold * 255));
  const first = Math.max(0, Math.floor(hint.start_ms / curve.step_ms));
  const inside = curve.score.subarray(first, Math.ceil(hint.end_ms / curve.step_ms));
  return inside.reduce((steps, value) => steps + (value >= least ? 1 : 0), 0) * curve.step_ms;
}

function rankSentence({ hint, hints, type }: Asked): string {
  const better = hints.filter((each) => each.rank < hint.rank && overlaps(each, hint));
  const left_ms = gaps(better, hint).reduce((sum, each) => sum + lengthOf(each), 0);
  const places = {
    rank: hint.rank,
    all: hints.length,
    likely: scoreWord(hint.score),
    severity: type.severity.toFixed(1),
    time: formatDuration(left_ms),
  };
  return left_ms < 100
    ? t(
        '{rank} of {all}: {likely}, severity {severity}, but better hints cover its time already.',
        places,
      )
    : t(
        '{rank} of {all}: {likely}, times severity {severity}, times {time} that no better hint covers.',
        places,
      );
}

function coincidingSentence({ hint, hints, nameOf }: Asked): string {
  const others = hints.filter((each) => each.group === hint.group && each.id !== hint.id);
  if (others.length === 0) return '';
  const named = others.toSorted(byRank).map((each) =>
    t('{name} ({likely})', {
      name: nameOf(each.violation_type),
      likely: scoreWord(each.score),
    }),
  );
  return `${t('At the same time:')} ${named.join(', ')}.`;
}

/** Between which scores annotators would put the peak; empty where no band was shown to follow how they differ. */
function bandSentence({ hint, curve }: Asked): string {
  const peak = curve?.band ? peakStep(curve, hint) : null;
  if (!curve?.band || peak === null) return '';
  const [low, high] = [curve.band.low[peak] ?? 0, curve.band.high[peak] ?? 0].map(
    (v) => v / 255,
  ) as [number, number];
  const spread = high - low;
  const words = spread >= 0.3 ? APART.far : spread >= 0.12 ? APART.some : APART.near;
  return t(words, { low: scoreFigure(low), high: scoreFigure(high) });
}

const APART = {
  far: msg('They differ widely about moments like this: between {low} and {high}.'),
  some: msg('They differ a little about moments like this: between {low} and {high}.'),
  near: msg('They agree about moments like this: between {low} and {high}.'),
} as const;

function othersSentence({ hint, hints, outcomes, type }: Asked): string {
  const others = hints.filter(
    (each) => each.violation_type === hint.violation_type && each.id !== hint.id,
  );
  if (others.length === 0) return t('The only hint of {name} in this video.', { name: type.name });
  const best = others.reduce((a, b) => (b.score > a.score ? b : a));
  const more = tn(others.length, '{n} more hint of {name}', '{n} more hints of {name}', {
    name: type.name,
  });
  const strongest =
    best.score > hint.score
      ? t('the strongest of them {likely}, at {at}', {
          likely: scoreWord(best.score),
          at: formatTime(best.start_ms, false),
        })
      : t('none of them stronger');
  return `${more}, ${strongest}. ${answeredSentence(others, outcomes)}`.trim();
}

function answeredSentence(others: readonly Hint[], outcomes: Asked['outcomes']): string {
  const kept = others.filter((each) =>
    ['accepted', 'adjusted', 'relabelled'].includes(outcomes.get(each.id) ?? ''),
  ).length;
  const rejected = others.filter((each) => outcomes.get(each.id) === 'rejected').length;
  return kept + rejected === 0
    ? ''
    : t('You kept {kept} and rejected {rejected}.', { kept, rejected });
}
