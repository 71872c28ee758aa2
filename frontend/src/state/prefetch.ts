/**
 * The review after this one: reserved and fetched ahead while this one is in work.
 *
 *   idle --room, somebody there--> asking --reserved--> held --take--> idle
 *    ^                               |                   |--asked again before it runs out--> held
 *    '--nothing free: later ---------'                   '--ran out, or another one instead--> idle / held
 *
 * Whatever goes wrong here costs nothing but the head start: submitting never waits for it.
 */
export interface Reserved {
  review_id: number;
  expires_at: string;
}

/** What is fetched of a reserved review, in whatever order suits. */
export interface Fetched {
  /** Called now and then; `room`: the video being watched has enough of its own. */
  tend: (room: boolean) => void;
  drop: () => void;
}

export interface PrefetchPorts<T extends Fetched> {
  reserve: (queue_id: number) => Promise<Reserved | null>;
  release: (queue_id: number) => void;
  fetch: (review_id: number) => T;
  now?: () => number;
}

export interface Situation {
  queue_id: number;
  room: boolean;
  /** Somebody is at work: only for them is a task kept from others. */
  inUse: boolean;
}

/** Well before the server lets a reservation go. */
const KEEP_MS = 45_000;
/** Nothing was free, or no answer came. */
const LATER_MS = 20_000;

export class Prefetch<T extends Fetched> {
  private held: { review_id: number; queue_id: number; expires_at: number; fetched: T } | null =
    null;
  private asking = false;
  private ask_at = 0;
  /** Grows whenever an answer on its way is about nothing any more. */
  private round = 0;

  constructor(private readonly ports: PrefetchPorts<T>) {}

  /** The review that is held, for whoever wants to know. */
  get review_id(): number | null {
    return this.held?.review_id ?? null;
  }

  /** Every second or so while a review is in work. */
  tick({ queue_id, room, inUse }: Situation): void {
    const now = this.now();
    if (this.held && (this.held.queue_id !== queue_id || now >= this.held.expires_at)) this.drop();
    this.held?.fetched.tend(room);
    const wanted = inUse && (room || this.held !== null);
    if (wanted && !this.asking && now >= this.ask_at) void this.ask(queue_id);
  }

  /** The review is submitted or skipped: what was fetched for its queue, if anything; it is no longer held here. */
  take(queue_id: number): { review_id: number; fetched: T } | null {
    const { held } = this;
    this.forget();
    if (held?.queue_id === queue_id) return held;
    held?.fetched.drop();
    return null;
  }

  /** The person leaves: others need not wait for the reservation to run out. */
  release(): void {
    if (this.held) this.ports.release(this.held.queue_id);
    this.drop();
  }

  private drop(): void {
    this.held?.fetched.drop();
    this.forget();
  }

  private forget(): void {
    this.held = null;
    this.asking = false;
    this.ask_at = 0;
    this.round += 1;
  }

  private async ask(queue_id: number): Promise<void> {
    const { round } = this;
    this.asking = true;
    const reserved = await this.ports.reserve(queue_id).catch(() => undefined);
    if (round !== this.round) return;
    this.asking = false;
    this.ask_at = this.now() + (reserved ? KEEP_MS : LATER_MS);
    if (reserved) this.hold(reserved, queue_id);
    else if (reserved === null) {
      const later = this.ask_at;
      this.drop();
      this.ask_at = later;
    }
  }

  private hold({ review_id, expires_at }: Reserved, queue_id: number): void {
    const until = Date.parse(expires_at);
    if (this.held?.review_id === review_id) {
      this.held.expires_at = until;
      return;
    }
    this.held?.fetched.drop();
    this.held = { review_id, queue_id, expires_at: until, fetched: this.ports.fetch(review_id) };
  }

  private now(): number {
    return this.ports.now?.() ?? Date.now();
  }
}
