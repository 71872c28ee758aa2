/** Marking a new segment while watching: in, out, and a type, in whichever order the hands find them. */
import { t } from '../core/words';
import type { Keys } from './keys.svelte';
import type { Messages } from './messages.svelte';
import type { Playback } from './playback.svelte';
import type { ReviewState } from './review.svelte';

export interface MarksPorts {
  readonly playback: Pick<Playback, 'current_ms'>;
  readonly review: Pick<ReviewState, 'create'>;
  readonly messages: Pick<Messages, 'say'>;
  readonly keys: Pick<Keys, 'of'>;
  typeOf: (slug: string) => { name: string } | undefined;
}

export class Marks {
  in_ms = $state<number | null>(null);
  out_ms = $state<number | null>(null);
  /** The type that `i` … `o` uses without asking; a number key chooses it. */
  type = $state<string | null>(null);

  constructor(private readonly session: MarksPorts) {}

  get pending(): boolean {
    return this.in_ms !== null || this.out_ms !== null;
  }

  markIn(): void {
    this.in_ms = this.session.playback.current_ms;
    if (this.out_ms !== null && this.out_ms <= this.in_ms) this.out_ms = null;
  }

  markOut(): void {
    this.out_ms = this.session.playback.current_ms;
    if (this.in_ms !== null && this.in_ms >= this.out_ms) this.in_ms = null;
    if (this.in_ms !== null && this.type !== null) this.create(this.type);
  }

  /** Only one mark set: the playhead is the other end. */
  create(violation_type: string): void {
    const here = this.session.playback.current_ms;
    const ends = [this.in_ms ?? here, this.out_ms ?? here].sort((a, b) => a - b);
    const [start_ms = here, end_ms = here] = ends;
    if (this.session.review.create(violation_type, { start_ms, end_ms })) this.clear();
  }

  choose(violation_type: string): void {
    this.type = this.type === violation_type ? null : violation_type;
    const { keys, messages } = this.session;
    const type = this.session.typeOf(violation_type)?.name ?? violation_type;
    const places = { type, in: keys.of('mark_in'), out: keys.of('mark_out') };
    messages.say(
      this.type
        ? t('{type} is chosen: {in} and {out} mark a segment of it.', places)
        : t('{type} is no longer chosen.', places),
    );
  }

  clear(): void {
    this.in_ms = null;
    this.out_ms = null;
  }
}
