/**
 * Breaks. One key stops everything: nothing is seen or heard, no active time runs, the draft is saved, and the video
 * is kept as long as anybody's who is away. After a long stretch of work one is offered, never forced.
 */
import { t } from '../core/words';
import type { ActiveTime } from './activity.svelte';
import type { Autosave } from './autosave.svelte';
import type { Shelf } from './shelf';
import type { Gentle } from './gentle.svelte';
import type { LeaseKeeper } from './lease.svelte';
import type { Messages } from './messages.svelte';
import type { Playback } from './playback.svelte';
import type { Preferences } from './preferences.svelte';

export const OFFER_AFTER_MS = 50 * 60_000;
const LATER_MS = 15 * 60_000;
/** Who was away this long has rested, with or without having said so; less is no rest. */
const RESTED_MS = 3 * 60_000;
const KEEP_EVERY_MS = 10_000;
const STRETCH = 'spotter-stretch';

interface Parts {
  readonly playback: Playback;
  readonly gentle: Gentle;
  readonly active: ActiveTime;
  readonly autosave: Autosave;
  readonly lease: LeaseKeeper;
  readonly preferences: Preferences;
  readonly messages: Messages;
  readonly readOnly: boolean;
}

interface Ports {
  shelf: Pick<Shelf, 'getItem' | 'setItem'>;
  now: () => number;
}

/** Active time since the last rest, over all videos and windows. */
interface Stretch {
  worked_ms: number;
  at: number;
}

export class Rest {
  /** When the break began; null while there is none. */
  since = $state<number | null>(null);
  private worked_ms = $state(0);
  private last: number;
  private keptAt = 0;

  constructor(
    private readonly parts: Parts,
    private readonly ports: Ports,
  ) {
    this.last = ports.now();
    this.worked_ms = this.readStretch();
    parts.active.counted = (ms, now) => this.worked(ms, now);
  }

  get offered(): boolean {
    const { preferences } = this.parts;
    return preferences.offer_breaks && this.since === null && this.worked_ms >= OFFER_AFTER_MS;
  }

  get workedFor(): number {
    return this.worked_ms;
  }

  begin(): void {
    if (this.since !== null) return;
    const { playback, gentle, active, autosave, lease, readOnly } = this.parts;
    const now = this.ports.now();
    playback.pause();
    gentle.hold(false);
    active.sign(now);
    active.resting = true;
    this.since = now;
    if (readOnly) return;
    void autosave.flush();
    void lease.tick();
  }

  /** Until when the video waits for its reviewer. */
  get keptUntil(): number {
    return this.parts.lease.keptUntil(this.since ?? this.ports.now());
  }

  async end(): Promise<void> {
    const { active, lease, messages, readOnly } = this.parts;
    const now = this.ports.now();
    if (this.since === null) return;
    if (now - this.since >= RESTED_MS) this.keepStretch(0, now);
    this.since = null;
    active.resting = false;
    active.sign(now);
    const ranOut = lease.expires_at < now;
    if (readOnly) return;
    await lease.tick();
    if (ranOut && !lease.lost) messages.say(t('Nobody else took this video meanwhile: go on.'));
  }

  /** Not now: the offer comes again after a while. */
  later(): void {
    this.keepStretch(OFFER_AFTER_MS - LATER_MS, this.ports.now());
  }

  private worked(ms: number, now: number): void {
    const rested = now - this.last >= RESTED_MS;
    this.worked_ms = (rested ? 0 : this.worked_ms) + ms;
    this.last = now;
    if (now - this.keptAt >= KEEP_EVERY_MS) this.keepStretch(this.worked_ms, now);
  }

  private keepStretch(worked_ms: number, at: number): void {
    this.worked_ms = worked_ms;
    this.keptAt = at;
    this.last = at;
    try {
      this.ports.shelf.setItem(STRETCH, JSON.stringify({ worked_ms, at } satisfies Stretch));
    } catch {
      // A browser that keeps nothing counts from one video to the next only.
    }
  }

  private readStretch(): number {
    try {
      const kept = JSON.parse(this.ports.shelf.getItem(STRETCH) ?? 'null') as Stretch | null;
      return kept && this.ports.now() - kept.at < RESTED_MS ? kept.worked_ms : 0;
    } catch {
      return 0;
    }
  }
}
