/** A lane's curve, ready to be drawn at any zoom. */
import { buildPyramid, isVisibleBand, type Curve, type Pyramid } from '../core/curve';

export class LaneCurve {
  readonly score: Uint8Array;
  readonly line: Pyramid;
  private drawn: Pyramid | null | undefined;

  constructor(private readonly curve: Curve) {
    this.score = curve.score;
    this.line = buildPyramid(curve.score);
  }

  /** Only once the lane is in sight, for most are not when a review opens; null where nothing of it would be seen. */
  get band(): Pyramid | null {
    if (this.drawn === undefined) this.drawn = bandOf(this.curve);
    return this.drawn;
  }
}

const bandOf = ({ band }: Curve): Pyramid | null =>
  band && isVisibleBand(band.low, band.high) ? buildPyramid(band.low, band.high) : null;

export const lanesOf = (decoded: ReadonlyMap<string, Curve>): Map<string, LaneCurve> =>
  new Map([...decoded].map(([slug, curve]) => [slug, new LaneCurve(curve)]));
