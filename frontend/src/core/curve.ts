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

/** Per screen column the lowest and highest value; kept from frame to frame, so that drawing makes no rubbish. */
export interface Columns {
  min: Float32Array;
  max: Float32Array;
}

export const columnsFor = (count: number): Columns => ({
  min: new Float32Array(count),
  max: new Float32Array(count),
});

/** Fills the columns with what lies between two (fractional) step indices: all that many steps reach, or lines between few. */
export function fillColumns(out: Columns, pyramid: Pyramid, from: number, to: number): void {
  const perColumn = (to - from) / out.max.length;
  if (perColumn < 1) joinSteps(out, pyramid, from, perColumn);
  else gatherSteps(out, pyramid, from, perColumn);
}

function gatherSteps(out: Columns, pyramid: Pyramid, from: number, perColumn: number): void {
  const depth = Math.min(pyramid.length - 1, Math.floor(Math.log2(perColumn)));
  const level = pyramid[depth];
  if (!level) return;
  const scale = 2 ** depth;
  const size = level.max.length;
  for (let column = 0; column < out.max.length; column += 1) {
    const first = Math.max(0, Math.floor((from + column * perColumn) / scale));
    const until = Math.floor((from + (column + 1) * perColumn) / scale);
    const last = Math.min(size - 1, Math.max(first, until - 1));
    let low = last < first ? 0 : 255;
    let high = 0;
    for (let at = first; at <= last; at += 1) {
      low = Math.min(low, level.min[at] ?? 255);
      high = Math.max(high, level.max[at] ?? 0);
    }
    out.min[column] = low;
    out.max[column] = high;
  }
}

/** A step's value stands in its middle. */
function joinSteps(out: Columns, pyramid: Pyramid, from: number, perColumn: number): void {
  const base = pyramid[0];
  if (!base) return;
  const size = base.max.length;
  for (let column = 0; column < out.max.length; column += 1) {
    const at = from + (column + 0.5) * perColumn - 0.5;
    const left = Math.min(Math.max(0, Math.floor(at)), Math.max(0, size - 1));
    const right = Math.min(left + 1, size - 1);
    const share = Math.min(1, Math.max(0, at - left));
    const inside = at < size;
    out.min[column] = inside ? between(base.min[left], base.min[right], share) : 0;
    out.max[column] = inside ? between(base.max[left], base.max[right], share) : 0;
  }
}

const between = (left: number = 0, right: number = 0, share: number): number =>
  left + (right - left) * share;

/** Blocks of this many halvings are passed over whole where all of them lie on one side of the threshold. */
const BLOCK_DEPTH = 6;

/** Where the score reaches the threshold: the peaks a reviewer can click. Fast enough to follow a slider. */
export function regionsAbove(line: Pyramid, threshold: number, step_ms: number): Interval[] {
  const least = Math.max(1, Math.round(threshold * 255));
  const depth = Math.min(BLOCK_DEPTH, line.length - 1);
  const [base, blocks] = [line[0], line[depth]];
  const regions: Interval[] = [];
  if (!base || !blocks) return regions;
  const size = 2 ** depth;
  let from = -1;
  const turn = (at: number, inside: boolean): void => {
    if (inside === from >= 0) return;
    if (!inside) regions.push({ start_ms: from * step_ms, end_ms: at * step_ms });
    from = inside ? at : -1;
  };
  for (let block = 0; block < blocks.max.length; block += 1) {
    const first = block * size;
    const last = Math.min(base.max.length, first + size);
    if ((blocks.max[block] ?? 0) < least) turn(first, false);
    else if ((blocks.min[block] ?? 0) >= least) turn(first, true);
    else for (let at = first; at < last; at += 1) turn(at, (base.max[at] ?? 0) >= least);
  }
  turn(base.max.length, false);
  return regions;
}
