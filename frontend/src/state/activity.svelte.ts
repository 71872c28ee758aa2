/** Active time: the tab is visible, and within the last 30 s somebody moved, typed or let the video play. */
const IDLE_AFTER_MS = 30_000;
/** A timer that fires late (a sleeping laptop) must not count the sleep. */
const LONGEST_TICK_MS = 5000;

export class ActiveTime {
  total_ms = $state(0);
  private lastSign: number;
  private lastTick: number;

  constructor(total_ms: number, now: number) {
    this.total_ms = total_ms;
    this.lastSign = now;
    this.lastTick = now;
  }

  sign(now: number): void {
    this.lastSign = now;
  }

  /** Adds the time since the last tick when it counts; answers whether it did. */
  tick(now: number, visible: boolean, playing: boolean): boolean {
    const passed = Math.min(now - this.lastTick, LONGEST_TICK_MS);
    this.lastTick = now;
    if (playing && visible) this.lastSign = now;
    const active = visible && now - this.lastSign <= IDLE_AFTER_MS;
    if (active && passed > 0) this.total_ms += Math.round(passed);
    return active;
  }

  idleFor(now: number): number {
    return now - this.lastSign;
  }
}
