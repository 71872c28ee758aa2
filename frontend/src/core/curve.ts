/** Curves: decoding the binary answer, a min/max pyramid so that ten hours draw as fast as ten seconds, and regions above a threshold. */
import type { Interval } from './interval';

export interface Curve {
  /** 0..255 stands for 0..1 */
  score: Uint8Array;
  /** null: not shown to follow how far reviewers really differ. */
  band: { low: Uint8Array; high: Uint8Array } | null;
}

/** Per type, in the order given: `count` bytes of score and, if it is one of `bands`, of its low and its high edge. */
export function decodeCurves(
  bytes: ArrayBuffer,
  count: number,
  types: readonly string[],
  bands: readonly string[],
): Map<string, Curve> {
  const parts = types.length + 2 * types.filter((type) => bands.includes(type)).length;
  if (bytes.byteLength !== count * parts) {
    throw new Error(`The curves have ${bytes.byteLength} bytes, not ${count * parts}.`);
  }
  let next = 0;
  const part = () => new Uint8Array(bytes, count * next++, count);
  return new Map(
    types.map((type) => {
      const score = part();
      return [type, { score, band: bands.includes(type) ? { low: part(), high: part() } : null }];
    }),
  );
}

interface Level {
  min: Uint8Array;
  max: Uint8Array;
}

/** Each level halves the one before; level 0 is the data itself. */
export type Pyramid = Level[];

export function buildPyramid(lows: Uint8Array, highs: Uint8Array = lows): Pyramid {
  const levels: Pyramid = [{ min: lows, max: highs }];
  for (let top = levels[0]; top && top.max.length > 1; top = levels.at(-1)) {
    levels.push(halved(top));
  }
  return levels;
}

function halved({ min, max }: Level): Level {
  const size = Math.ceil(max.length / 2);
  const half = { min: new Uint8Array(size), max: new Uint8Array(size) };
  for (let at = 0; at < size; at += 1) {
    const left = at * 2;
    const right = Math.min(left + 1, max.length - 1);
    half.min[at] = Math.min(min[left] ?? 0, min[right] ?? 0);
    half.max[at] = Math.max(max[left] ?? 0, max[right] ?? 0);
  }
  return half;
}

/** Thinner than this everywhere (of 255), a band lies under its curve's own line. */
const LEAST_BAND = 10;

export const isVisibleBand = (low: Uint8Array, high: Uint8Array): boolean =>
  high.some((value, at) => value - (low[at] ?? 0) >= LEAST_BAND);

/** Lowest and highest value per screen column; `from` and `to` are (fractional) step indices. */
export function envelope(pyramid: Pyramid, from: number, to: number, columns: number): Level {
  const out = { min: new Uint8Array(columns), max: new Uint8Array(columns) };
  const perColumn = (to - from) / columns;
  const depth = Math.max(0, Math.min(pyramid.length - 1, Math.floor(Math.log2(perColumn))));
  const level = pyramid[perColumn > 1 ? depth : 0];
  if (!level) return out;
  const scale = 2 ** (perColumn > 1 ? depth : 0);
  const size = level.max.length;
  for (let column = 0; column < columns; column += 1) {
    const first = Math.floor((from + column * perColumn) / scale);
    const last = Math.floor((from + (column + 1) * perColumn) / scale);
    fill(out, column, level, Math.max(0, first), Math.min(size - 1, Math.max(first, last - 1)));
  }
  return out;
}

function fill(out: Level, column: number, level: Level, first: number, last: number): void {
  if (last < first) return;
  let low = 255;
  let high = 0;
  for (let at = first; at <= last; at += 1) {
    low = Math.min(low, level.min[at] ?? 255);
    high = Math.max(high, level.max[at] ?? 0);
  }
  out.min[column] = low;
  out.max[column] = high;
}

/** Where the score reaches the threshold: the peaks a reviewer can click. */
export function regionsAbove(score: Uint8Array, threshold: number, step_ms: number): Interval[] {
  const least = Math.max(1, Math.round(threshold * 255));
  const regions: Interval[] = [];
  let from = -1;
  for (let at = 0; at <= score.length; at += 1) {
    const inside = at < score.length && (score[at] ?? 0) >= least;
    if (inside && from < 0) from = at;
    if (!inside && from >= 0) {
      regions.push({ start_ms: from * step_ms, end_ms: at * step_ms });
      from = -1;
    }
  }
  return regions;
}
