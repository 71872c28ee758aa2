/** The curves of the lanes in sight, the waveform, and the minimap's picture of everything. */
import { columnsFor, fillColumns, type Columns, type Pyramid } from '../core/curve';
import { lengthOf, type Interval } from '../core/interval';
import {
  rasterCurve,
  rasterRect,
  rasterThreshold,
  rasterWave,
  type Raster,
  type Strip,
} from '../core/raster';
import type { LaneCurve } from '../state/laneCurves';
import { Plate, type Pane } from './canvas';

export interface CurveRow extends Strip {
  curve: LaneCurve | undefined;
  threshold: number;
}

/** Keeps its columns and its pixels, so that a frame makes no rubbish. */
export class CurvePainter {
  private readonly plate = new Plate();
  private line: Columns = columnsFor(0);
  private band: Columns = columnsFor(0);

  lanes(
    canvas: HTMLCanvasElement,
    pane: Pane,
    step_ms: number,
    rows: readonly CurveRow[],
    muted: number,
  ): void {
    this.plate.paint(canvas, pane, (raster) => {
      for (const row of rows) {
        if (!row.curve) continue;
        this.line = filled(this.line, row.curve.line, pane.view, step_ms, raster.width);
        const { band } = row.curve;
        if (band) this.band = filled(this.band, band, pane.view, step_ms, raster.width);
        rasterCurve(raster, row, this.line, band && this.band);
        rasterThreshold(raster, row, row.threshold * 255, muted);
      }
    });
  }

  wave(canvas: HTMLCanvasElement, pane: Pane, peaks: Pyramid, step_ms: number, rgb: number): void {
    this.plate.paint(canvas, pane, (raster) => {
      this.line = filled(this.line, peaks, pane.view, step_ms, raster.width);
      rasterWave(raster, { top: 0, height: pane.height, rgb }, this.line);
    });
  }
}

function filled(
  kept: Columns,
  pyramid: Pyramid,
  view: Interval,
  step_ms: number,
  count: number,
): Columns {
  const columns = kept.max.length === count ? kept : columnsFor(count);
  fillColumns(columns, pyramid, view.start_ms / step_ms, view.end_ms / step_ms);
  return columns;
}

export interface MinimapLook {
  curves: readonly { curve: LaneCurve; rgb: number }[];
  step_ms: number;
  bars: readonly (Interval & { rgb: number; dashed: boolean })[];
}

/**
 * The whole video at a glance: curves, hints above, segments below. Painted when one of them changes, not when one
 * moves about; the curves, which hardly ever do, are kept as pixels.
 */
export class MinimapPainter {
  private readonly plate = new Plate();
  private drawn: { of: MinimapLook['curves']; width: number; pixels: Uint32Array } | null = null;

  paint(canvas: HTMLCanvasElement, pane: Pane, look: MinimapLook): void {
    this.plate.paint(canvas, pane, (raster) => {
      raster.pixels.set(this.curves(raster, pane, look));
      for (const bar of look.bars) paintBar(raster, pane, bar);
    });
  }

  private curves(raster: Raster, pane: Pane, { curves, step_ms }: MinimapLook): Uint32Array {
    const { drawn } = this;
    if (drawn?.of === curves && drawn.width === raster.width) return drawn.pixels;
    const pixels = new Uint32Array(raster.pixels.length);
    let columns = columnsFor(raster.width);
    for (const { curve, rgb } of curves) {
      columns = filled(columns, curve.line, pane.view, step_ms, raster.width);
      paintHills({ ...raster, pixels }, columns, floorOf(pane) * raster.density, rgb);
    }
    this.drawn = { of: curves, width: raster.width, pixels };
    return pixels;
  }
}

const HILL = 90;
const HINT = 140;
const LEAST_BAR_PX = 2;
const floorOf = (pane: Pane): number => pane.height - 5;

function paintHills(raster: Raster, { max }: Columns, floor: number, rgb: number): void {
  for (let x = 0; x < raster.width; x += 1) {
    const height = ((max[x] ?? 0) / 255) * (floor - 3 * raster.density);
    rasterRect(raster, { x, y: floor - height, width: 1, height }, rgb, HILL);
  }
}

function paintBar(raster: Raster, pane: Pane, bar: MinimapLook['bars'][number]): void {
  const { density } = raster;
  const px = (pane.width / lengthOf(pane.view)) * density;
  const width = Math.max(LEAST_BAR_PX * density, lengthOf(bar) * px);
  const [top, height] = bar.dashed ? [1, 2] : [floorOf(pane) - 4, 4];
  const rect = { x: bar.start_ms * px, y: top * density, width, height: height * density };
  rasterRect(raster, rect, bar.rgb, bar.dashed ? HINT : 255);
}
