/** Active time: the tab is visible, and within the last 30 s somebody moved, typed or let the video play. */
const IDLE_AFTER_MS = 30_000;
/** A timer that fires this late belongs to a computer that slept, or a tab that was frozen. */
const LONGEST_TICK_MS = 5000;

export class ActiveTime {
  total_ms = $state(0);
  /** In a break nothing counts, whatever moves. */
  resting = false;
  /** Told of every stretch that counts. */
  counted: ((ms: number, now: number) => void) | null = null;
  private lastSign: number;
  private lastTick: number;
  private wasVisible = true;

  constructor(total_ms: number, now: number) {
    this.total_ms = total_ms;
    this.lastSign = now;
    this.lastTick = now;
  }

  sign(now: number): void {
    if (!this.resting) this.lastSign = now;
  }

  /** Adds the time since the last tick when it counts, and it was seen from end to end; answers whether it did. */
  tick(now: number, visible: boolean, playing: boolean): boolean {
    const passed = now - this.lastTick;
    const seen = visible && this.wasVisible;
    this.lastTick = now;
    this.wasVisible = visible;
    if (playing && visible) this.sign(now);
    const active = seen && !this.resting && now - this.lastSign <= IDLE_AFTER_MS;
    if (!active || passed <= 0 || passed > LONGEST_TICK_MS) return false;
    this.total_ms += Math.round(passed);
    this.counted?.(passed, now);
    return true;
  }

  idleFor(now: number): number {
    return now - this.lastSign;
  }
}
