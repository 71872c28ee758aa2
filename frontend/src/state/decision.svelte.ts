/** What may be said of the video now: what is suggested, what is refused, and what is asked about once. */
import { cleanDoubt, submitRefusal, suggestVerdict, type Verdict } from '../core/verdict';
import type { Session } from './session.svelte';

type Known = Pick<Session, 'review' | 'playback' | 'coverage' | 'lengthKnown'>;

export class Decision {
  /** The doubt that the last submit was asked about; the next one in the same state goes through. */
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
    return this.asked !== null && this.asked === this.doubt ? this.asked : null;
  }

  /** The first submit of a doubtful answer only asks; answers whether it did. */
  asksFirst(): boolean {
    const { doubt, question } = this;
    this.asked = doubt;
    return doubt !== null && question === null;
  }

  /** Going away from a doubtful answer and back to it is a new answer. */
  changed(): void {
    if (this.question === null) this.asked = null;
  }

  private get doubt(): string | null {
    const { review, coverage } = this.session;
    return cleanDoubt({
      verdict: review.verdict,
      nothing_played: coverage.ranges.length === 0,
      open_hints: review.open.length,
    });
  }
}
