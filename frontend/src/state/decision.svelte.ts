/** What may be said of the video now: what is suggested, what is refused, and what is asked about once. */
import {
  cleanDoubt,
  submitRefusal,
  suggestVerdict,
  type Doubt,
  type Verdict,
} from '../core/verdict';
import type { Interval } from '../core/interval';
import { t } from '../core/words';
import type { Session } from './session.svelte';

type Known = Pick<
  Session,
  'review' | 'playback' | 'coverage' | 'lengthKnown' | 'types' | 'workbench' | 'keys'
>;

export class Decision {
  /** What the last submit was asked about; the next one with the same doubts goes through. */
  private asked = $state<string | null>(null);

  constructor(private readonly session: Known) {}

  /** A file that broke halfway can still be judged by what was seen of it. */
  get unplayable(): boolean {
    const { playback, coverage, lengthKnown } = this.session;
    return (playback.broken || !lengthKnown) && coverage.ranges.length === 0;
  }

  get suggested(): Verdict | null {
    const { review, coverage, lengthKnown } = this.session;
    return suggestVerdict({
      segments: review.segments,
      open_hints: review.open.length,
      watched: lengthKnown ? coverage.share : 0,
      unplayable: this.unplayable,
    });
  }

  refusal(): string | null {
    const { verdict, segments, escalationReason, notes } = this.session.review;
    const { unplayable } = this;
    if (verdict === null) {
      const key = this.session.keys.of('verdict');
      return t('Choose a verdict first (key {key}).', { key });
    }
    return submitRefusal({
      verdict,
      segments,
      escalation_reason: escalationReason,
      notes,
      unplayable,
    });
  }

  /** An escalation that does not say why yet. */
  get lacksReason(): boolean {
    const { verdict, escalationReason } = this.session.review;
    return verdict === 'escalated' && escalationReason === null;
  }

  /** Hints taken as they stood without having run past the eyes: nobody is kept from it, but it is said. */
  readonly acceptedUnplayed = $derived.by(() => {
    const { shown, outcomes, played } = this.session.review;
    return shown.filter(({ id }) => outcomes.get(id) === 'accepted' && !played.includes(id));
  });

  /** Shown beside the verdict once a submit was held back by it. */
  get question(): string | null {
    const { doubt } = this;
    return doubt !== null && this.asked === doubt.about ? doubt.sentence : null;
  }

  /** The first submit of a doubtful answer only asks; answers whether it did. */
  asksFirst(): boolean {
    const { doubt, question } = this;
    this.asked = doubt?.about ?? null;
    return doubt !== null && question === null;
  }

  /** Going away from a doubtful answer and back to it is a new answer. */
  changed(): void {
    if (this.question === null) this.asked = null;
  }

  /** Whether any type that this review looks for is judged by sound, and there is sound to hear. */
  get soundMatters(): boolean {
    const { types, workbench } = this.session;
    return workbench.video.has_sound && types.some((type) => type.modality !== 'picture');
  }

  /** What is still to be watched; once all was seen, what was not heard where sound is judged. */
  get left(): { parts: Interval[]; unheard: boolean } {
    const { missing, unheard } = this.session.coverage;
    const isSeen = missing.length === 0;
    return isSeen && this.soundMatters
      ? { parts: unheard, unheard: true }
      : { parts: missing, unheard: false };
  }

  private get doubt(): Doubt | null {
    const { review, coverage, lengthKnown } = this.session;
    // Asked for on each frame that is played: what was watched is only looked through for a clean answer.
    if (review.verdict !== 'clean') return null;
    const { watched, heard } = coverage.manners;
    // Of a video whose length nobody knows no share can be told, only whether anything was played.
    const whole = !lengthKnown && coverage.ranges.length > 0;
    return cleanDoubt({
      verdict: review.verdict,
      open_hints: review.open.length,
      seen: {
        watched: whole ? 1 : watched,
        unwatched: coverage.missing,
        heard: this.soundMatters && !whole ? heard : null,
        unheard: coverage.unheard,
      },
    });
  }
}
