/**
 * Keeps the lease while somebody works, and lets it run out when nobody does, so that the task does not stay locked.
 * One that ran out (a computer that slept, an hour without a connection) is taken back if nobody else has the task.
 */
import { Problem } from '../api/problem';
import type { Lease, LeaseRenewed } from '../api/types';
import { msg, t } from '../core/words';

/** After this long without a sign of life the lease is no longer renewed. */
export const ABSENT_AFTER_MS = 10 * 60_000;

export interface LeasePorts {
  renew: (token: number) => Promise<LeaseRenewed>;
  /** Somebody was here lately, or the video is playing. */
  inUse: () => boolean;
  onLost: (sentence: string) => void;
}

const LOST = msg('Your time on this video ran out and it may have gone to somebody else.');

export class LeaseKeeper {
  expires_at = $state(0);
  lost = $state(false);
  /** Named by every write; a greater one once the lease was taken back. */
  token: number;
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly lease: Lease,
    private readonly ports: LeasePorts,
  ) {
    this.expires_at = Date.parse(lease.expires_at);
    this.token = lease.token;
  }

  start(): void {
    // A third of the lease: two renewals may fail before it is in danger.
    const every = Math.max(5000, (this.lease.seconds * 1000) / 3);
    this.timer = setInterval(() => void this.tick(), every);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Saving a draft renews as well. */
  renewed(expires_at: string): void {
    this.expires_at = Date.parse(expires_at);
  }

  /** Until when nobody else gets the video if nobody shows a sign of life since then. */
  keptUntil(last_sign: number): number {
    const renewed_until = last_sign + ABSENT_AFTER_MS + (this.lease.seconds * 2000) / 3;
    return Math.max(this.expires_at, renewed_until);
  }

  async tick(): Promise<void> {
    if (this.lost || !this.ports.inUse()) return;
    try {
      await this.renew();
    } catch (error) {
      if (error instanceof Problem && error.code === 'lease_lost') this.lose(error.message);
      // Anything else is the network's: the next tick tries again, saving shows that we are offline.
    }
  }

  /** A write was refused for want of the lease: whether it is ours after all, so that the write can be repeated. */
  async regain(): Promise<boolean> {
    if (this.lost) return false;
    await this.renew();
    return true;
  }

  private async renew(): Promise<void> {
    const answer = await this.ports.renew(this.token);
    this.token = answer.lease_token;
    this.renewed(answer.lease_expires_at);
  }

  private lose(sentence: string): void {
    this.lost = true;
    this.stop();
    this.ports.onLost(sentence || t(LOST));
  }
}
