/**
 * The file's own frame times, so that a step knows the next real frame before it goes there.
 *
 * Two clocks: `times` are the original's, which is what is shown and stored; `shown` is when the played file shows each
 * frame. They differ only where a proxy of constant rate plays.
 */

const MAGIC = 0x31465053;
const HEAD = 4;
/** Times in whole milliseconds may lie before the frame that they name by half of one. */
const ROUNDED_MS = 0.5;
/** So far into a frame, or to its middle: there it is shown, however the player rounds (ml/media checks by this). */
const WELL_INSIDE_MS = 20;
/** A file of one frame. */
const USUAL_MS = 40;
/** A frame held longer is a still: its picture stays while its sound goes on, so moments within it count. */
const HELD_MS = 500;

export class FrameIndex {
  constructor(
    readonly times: Float64Array,
    readonly shown: Float64Array = times,
  ) {}

  get count(): number {
    return this.times.length;
  }

  /** The frame that the player shows at its own time; -1 before the first. */
  at(played_ms: number): number {
    return lastUntil(this.shown, played_ms + ROUNDED_MS);
  }

  /** The frame at a time of the original. */
  of(ms: number): number {
    return lastUntil(this.times, ms + ROUNDED_MS);
  }

  /** When the original shows what the player shows at its own time. */
  original(played_ms: number): number {
    return moment(this.shown, this.times, this.at(played_ms), played_ms);
  }

  /** The time that counts: the frame's own, or a moment within a still. */
  snapped(ms: number): number {
    return moment(this.times, this.times, this.of(ms), ms);
  }

  isStill(played_ms: number): boolean {
    const at = this.at(played_ms);
    return at >= 0 && played_ms - (this.shown[at] ?? 0) > HELD_MS;
  }

  /** Where to seek so that this frame is the one shown. */
  inside(at: number): number {
    const from = this.shown[at] ?? 0;
    const to = this.shown[at + 1] ?? from + this.usual;
    return from + Math.min((to - from) / 2, WELL_INSIDE_MS);
  }

  /** Where to seek for a time of the original. */
  played(ms: number): number {
    const at = this.of(ms);
    if (at < 0) return ms;
    const late = ms - (this.times[at] ?? 0);
    return late > HELD_MS ? (this.shown[at] ?? 0) + late : this.inside(at);
  }

  /** An edge one frame later (1) or earlier (-1); within a still it moves by as much as frames usually take. */
  beside(ms: number, direction: 1 | -1): number {
    const at = this.of(ms);
    const own = this.times[at] ?? 0;
    const earlier = ms - own > ROUNDED_MS ? own : this.times[at - 1];
    const to = direction > 0 ? this.times[at + 1] : earlier;
    const isFar = to === undefined || Math.abs(to - ms) > HELD_MS;
    return isFar ? ms + direction * this.usual : to;
  }

  private get usual(): number {
    const { shown, count } = this;
    return count > 1 ? ((shown[count - 1] ?? 0) - (shown[0] ?? 0)) / (count - 1) : USUAL_MS;
  }
}

function moment(from: Float64Array, to: Float64Array, at: number, ms: number): number {
  if (at < 0) return ms;
  const late = ms - (from[at] ?? 0);
  return (to[at] ?? 0) + (late > HELD_MS ? late : 0);
}

/** The last of the rising times that is not after `ms`; -1 when all are. */
function lastUntil(times: Float64Array, ms: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Unpacks what ml/media/frame_index.py wrote; null for anything else. */
export function decodeFrames(bytes: ArrayBuffer): FrameIndex | null {
  if (bytes.byteLength < 4 * HEAD || bytes.byteLength % 4) return null;
  const [magic, count = 0, keys = 0, other = 0] = new Uint32Array(bytes, 0, HEAD);
  const numbers = HEAD + count * (other ? 2 : 1) + keys;
  if (magic !== MAGIC || count === 0 || bytes.byteLength !== 4 * numbers) return null;
  const times = summed(new Uint32Array(bytes, 4 * HEAD, count));
  return new FrameIndex(
    times,
    other ? summed(new Uint32Array(bytes, 4 * (HEAD + count), count)) : times,
  );
}

/** Microseconds from one to the next, as milliseconds from the beginning. */
function summed(steps: Uint32Array): Float64Array {
  const times = new Float64Array(steps.length);
  let sum = 0;
  for (let at = 0; at < steps.length; at += 1) {
    sum += steps[at] ?? 0;
    times[at] = sum / 1000;
  }
  return times;
}

/** Rising milliseconds, 4 bytes each; none for a file that is cut off. */
export const decodeCuts = (bytes: ArrayBuffer): number[] =>
  bytes.byteLength % 4 ? [] : [...new Uint32Array(bytes)];
