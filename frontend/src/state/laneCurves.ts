/** A lane's curve, ready to be drawn at any zoom. */
import { buildPyramid, isVisibleBand, type Curve, type Pyramid } from '../core/curve';

export interface LaneCurve {
  score: Uint8Array;
  line: Pyramid;
  band: Pyramid | null;
}

export const lanesOf = (decoded: ReadonlyMap<string, Curve>): Map<string, LaneCurve> =>
  new Map([...decoded].map(([slug, curve]) => [slug, laneOf(curve)]));

function laneOf({ score, band }: Curve): LaneCurve {
  const drawn = band && isVisibleBand(band.low, band.high) ? band : null;
  const pyramid = drawn && buildPyramid(drawn.low, drawn.high);
  return { score, line: buildPyramid(score), band: pyramid };
}
