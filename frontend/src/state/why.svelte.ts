/** "Why here": the details of the chosen hint, open or not. */
import { reasonsFor, type Reason } from '../core/why';
import type { Hint } from '../core/segments';
import { t } from '../core/words';
import type { Session } from './session.svelte';

type Known = Pick<Session, 'review' | 'curves' | 'workbench' | 'typeOf' | 'messages' | 'keys'>;

export class Why {
  open = $state(false);

  constructor(private readonly session: Known) {}

  /** Once open it stays so from hint to hint, until it is closed. */
  toggle(): void {
    if (this.open) this.open = false;
    else if (this.session.review.selectedHint) this.open = true;
    else this.sayNoneChosen();
  }

  private sayNoneChosen(): void {
    const { messages, keys, review } = this.session;
    if (review.shown.length === 0) return messages.say(t('There are no hints here.'));
    const key = keys.of('next_hint');
    messages.say(t('Choose a hint first: {key} goes to the next one.', { key }), 'warn');
  }

  /** The hint that is explained now; none is while none is chosen. */
  get hint(): Hint | null {
    return this.open ? this.session.review.selectedHint : null;
  }

  get reasons(): Reason[] {
    const { review, workbench } = this.session;
    const { hint } = this;
    const type = hint && this.session.typeOf(hint.violation_type);
    if (!hint || !type) return [];
    return reasonsFor({
      hint,
      hints: review.hints,
      outcomes: review.outcomes,
      curve: this.curveOf(hint.violation_type),
      threshold: workbench.thresholds[hint.violation_type] ?? null,
      type,
      video: workbench.video,
      nameOf: (slug) => this.session.typeOf(slug)?.name ?? slug,
    });
  }

  private curveOf(slug: string) {
    const curve = this.session.curves.get(slug);
    const step_ms = this.session.workbench.curves?.step_ms;
    if (!curve || !step_ms) return null;
    const edges = curve.band?.[0];
    return {
      score: curve.score,
      step_ms,
      band: edges ? { low: edges.min, high: edges.max } : null,
    };
  }
}
