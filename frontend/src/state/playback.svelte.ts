/** The player as state. The <video> element hides behind `Player`, so that everything here is tested without one. */
import type { FrameIndex } from '../core/frameIndex';
import { edgeTarget, stepFrame } from '../core/frames';
import { clamp, type Interval } from '../core/interval';

export interface Player {
  play(): void;
  pause(): void;
  seek(ms: number): void;
  /** Seeks, and answers with the time of the frame that is then shown; null when it cannot tell. */
  show(ms: number, isWanted?: (ms: number) => boolean): Promise<number | null>;
  setSpeed(speed: number): void;
  setMuted(muted: boolean): void;
}

/** A held key must not leave a long queue of steps behind. */
const MOST_STEPS = 3;

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4] as const;

export class Playback {
  current_ms = $state(0);
  playing = $state(false);
  speed = $state(1);
  muted = $state(false);
  blurred = $state(false);
  /** The blur is lifted for a moment, while a key is held. */
  revealed = $state(false);
  greyscale = $state(false);
  ready = $state(false);
  buffered = $state.raw<Interval[]>([]);
  /** The file's own frame times, once they are here; until then frames are searched for. */
  private index = $state.raw<FrameIndex | null>(null);
  /** A sentence when the video cannot be played here. */
  problem = $state<string | null>(null);
  /** Nothing of it plays here, neither picture nor sound. */
  broken = $state(false);
  /** How fast J runs backwards; 0 when it does not. Browsers cannot play backwards, so the player steps. */
  reverse = $state(0);
  private player: Player | null = null;
  private stop_at_ms: number | null = null;
  /** What is played again and again; its edges may move meanwhile. */
  private round = $state.raw<(() => Interval | null) | null>(null);
  /** The player's time of the shown frame, unrounded: steps start from it. */
  private frame_at_ms = 0;
  /** A moment within a still that was sought; the player tells of the still's beginning only. */
  private within_ms: number | null = null;
  private steps = 0;
  private stepping = false;

  constructor(
    readonly duration_ms: number,
    readonly fps: number | null,
  ) {}

  attach(player: Player): void {
    this.player = player;
    player.setSpeed(this.speed);
    player.setMuted(this.muted);
  }

  get frames(): FrameIndex | null {
    return this.index;
  }

  /** They come after the first frame: what it was taken for until then is put right. */
  set frames(index: FrameIndex | null) {
    this.index = index;
    if (index && this.ready)
      this.current_ms = clamp(Math.round(index.original(this.frame_at_ms)), 0, this.duration_ms);
  }

  /** What the eye gets, as against what was chosen. */
  get veiled(): boolean {
    return this.blurred && !this.revealed;
  }

  get frame_ms(): number {
    return 1000 / (this.fps && this.fps > 0 ? this.fps : 25);
  }

  /** The player tells, in its own time, which frame it really shows. */
  moved(ms: number): void {
    const { frames, within_ms } = this;
    const waits = within_ms !== null && !this.playing && frames?.of(within_ms) === frames?.at(ms);
    if (!waits) this.within_ms = null;
    this.arrive(ms, waits ? (within_ms ?? ms) : (frames?.original(ms) ?? ms));
  }

  /** The player tells a time that is no frame's: there is only sound, a still goes on, or all is over. */
  reached(ms: number): void {
    const { frames } = this;
    this.arrive(ms, frames?.isStill(ms) && ms < this.duration_ms ? frames.original(ms) : ms);
  }

  private arrive(played_ms: number, ms: number): void {
    this.frame_at_ms = played_ms;
    this.current_ms = clamp(Math.round(ms), 0, this.duration_ms);
    if (this.stop_at_ms !== null && this.current_ms >= this.stop_at_ms) this.pause();
    if (this.round) this.goRound(this.current_ms, this.round());
  }

  get looping(): boolean {
    return this.round !== null;
  }

  /** A hint or segment runs, and nothing beyond it. */
  get inRange(): boolean {
    return this.looping || this.stop_at_ms !== null;
  }

  /** Again and again until it is stopped, or something else is looked at. */
  loop(range: () => Interval | null): void {
    const first = range();
    if (!first) return;
    this.playRange(first);
    this.stop_at_ms = null;
    this.round = range;
  }

  private goRound(ms: number, range: Interval | null): void {
    if (!range) return this.pause();
    // The last frame of a file is told of only now and then.
    const end_ms = Math.min(range.end_ms, this.duration_ms - 2 * this.frame_ms);
    if (ms < end_ms && ms >= range.start_ms - 2 * this.frame_ms) return;
    this.current_ms = range.start_ms;
    this.player?.seek(this.playedAt(range.start_ms, true));
    this.player?.play();
  }

  play(): void {
    this.reverse = 0;
    this.steps = 0;
    this.stop_at_ms = null;
    this.round = null;
    if (this.current_ms >= this.duration_ms - 50) this.seek(0);
    this.player?.play();
  }

  pause(): void {
    this.reverse = 0;
    this.stop_at_ms = null;
    this.round = null;
    this.player?.pause();
  }

  toggle(): void {
    if (this.playing || this.reverse > 0) this.pause();
    else this.play();
  }

  seek(ms: number): void {
    this.go(ms, false);
  }

  /** To where a hint or segment begins or ends: shows the frame there, never the one before it. */
  seekToEdge(ms: number): void {
    this.go(ms, true);
  }

  private go(ms: number, is_edge: boolean): void {
    const { frames, duration_ms } = this;
    const aim_ms = clamp(Math.round(ms), 0, duration_ms);
    // The very end is no frame: what ends there includes the last one.
    const at_ms = frames && aim_ms < duration_ms ? frames.snapped(aim_ms) : aim_ms;
    this.within_ms = frames && frames.times[frames.of(aim_ms)] !== at_ms ? aim_ms : null;
    this.current_ms = clamp(Math.round(at_ms), 0, duration_ms);
    this.stop_at_ms = null;
    this.round = null;
    this.steps = 0;
    const played_ms = this.playedAt(aim_ms, is_edge);
    this.frame_at_ms = frames ? played_ms : aim_ms;
    this.player?.seek(played_ms);
  }

  /** Where the player has to go for a time of the original. */
  private playedAt(ms: number, is_edge: boolean): number {
    const { frames, duration_ms, frame_ms } = this;
    if (frames && ms < duration_ms) return frames.played(ms);
    return is_edge ? Math.min(edgeTarget(ms, frame_ms), duration_ms) : ms;
  }

  /** Where an edge is that moves by one frame. */
  beside(ms: number, direction: 1 | -1): number {
    return this.frames?.beside(ms, direction) ?? ms + direction * this.frame_ms;
  }

  seekBy(delta_ms: number): void {
    this.seek(this.current_ms + delta_ms);
  }

  /** One frame on or back; any other seek takes back the steps that still wait. */
  step(direction: 1 | -1): void {
    this.pause();
    this.steps = clamp(this.steps + direction, -MOST_STEPS, MOST_STEPS);
    if (!this.stepping) void this.runSteps();
  }

  private async runSteps(): Promise<void> {
    this.stepping = true;
    while (this.steps !== 0) {
      const direction = Math.sign(this.steps);
      const landed = await this.stepOnce(direction);
      // A seek in the meantime cleared the steps, and knows better where we are.
      if (this.steps === 0) break;
      this.steps -= direction;
      this.within_ms = null;
      this.moved(landed);
    }
    this.stepping = false;
  }

  /** The time of the frame then shown: one seek where frame times are known, else as many as it takes. */
  private async stepOnce(direction: number): Promise<number> {
    const { frames, frame_ms, duration_ms, frame_at_ms } = this;
    const show: Player['show'] = (ms, isWanted) =>
      this.player?.show(ms, isWanted) ?? Promise.resolve(null);
    const to = frames ? this.frameBeside(frames, direction) : null;
    if (frames && to !== null) {
      if (to < 0 || to >= frames.count) return frame_at_ms;
      const isIt = (ms: number) => frames.at(ms) === to;
      const landed = await show(frames.inside(to), isIt);
      if (landed === null || isIt(landed)) return frames.shown[to] ?? frame_at_ms;
      // Another one came: what lies there cannot be decoded here. The search finds the next that can.
    }
    return stepFrame(direction, frame_at_ms, { frame_ms, duration_ms, show });
  }

  /** From within a still the step back is to its beginning, as it is from the very end. */
  private frameBeside(frames: FrameIndex, direction: number): number {
    const here = frames.at(this.frame_at_ms);
    const isPast = this.current_ms > Math.round(frames.times[here] ?? Infinity);
    return direction > 0 ? here + 1 : here - (isPast ? 0 : 1);
  }

  /** Plays a hint or segment and stops at its end, with a moment of run-up so that the eye is ready. */
  playRange(range: Interval, run_up_ms: number = 0): void {
    this.seek(range.start_ms - run_up_ms);
    this.play();
    this.stop_at_ms = range.end_ms;
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.player?.setSpeed(speed);
  }

  changeSpeed(direction: 1 | -1): void {
    const at = SPEEDS.findIndex((speed) => speed >= this.speed);
    this.setSpeed(SPEEDS[clamp(at + direction, 0, SPEEDS.length - 1)] ?? 1);
  }

  /** L: forwards, and faster with each further press. */
  shuttleForward(): void {
    if (this.playing) this.setSpeed(Math.min(4, Math.max(1, this.speed) * 2));
    else this.play();
  }

  shuttleBack(): void {
    const next = this.reverse === 0 ? 1 : Math.min(8, this.reverse * 2);
    this.pause();
    this.reverse = next;
  }

  shuttleStop(): void {
    this.pause();
    this.setSpeed(1);
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    this.player?.setMuted(muted);
  }
}
