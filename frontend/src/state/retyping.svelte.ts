/** A number key is waited for: the violation type that the chosen one becomes, or is copied to. */
import { t } from '../core/words';
import type { Keys } from './keys.svelte';
import type { Messages } from './messages.svelte';
import type { ReviewState } from './review.svelte';

export type Way = 'relabel' | 'duplicate';

export interface RetypingPorts {
  readonly review: Pick<
    ReviewState,
    'selected' | 'selection' | 'chosenSegment' | 'relabel' | 'duplicate'
  >;
  readonly messages: Pick<Messages, 'say'>;
  readonly keys: Pick<Keys, 'of'>;
}

export class Retyping {
  way = $state<Way | null>(null);

  constructor(private readonly session: RetypingPorts) {}

  /** Asked for twice, it is let go. */
  ask(way: Way): void {
    const { review, messages, keys } = this.session;
    if (this.way === way) this.way = null;
    else if (way === 'relabel' && !review.selected) {
      const key = keys.of('relabel');
      const words = t('Choose a hint or a segment first, then {key} and a number.', { key });
      messages.say(words, 'warn');
    } else if (way === 'duplicate' && !review.chosenSegment) {
      messages.say(t('Choose a segment to duplicate first.'), 'warn');
    } else this.way = way;
  }

  to(violation_type: string): void {
    const { review } = this.session;
    const segment = review.chosenSegment;
    if (this.way === 'relabel') review.relabel(review.selection, violation_type);
    else if (segment) review.duplicate(segment.id, violation_type);
    this.way = null;
  }
}
