/** The curves of the lanes in sight, the waveform, and the minimap's picture of everything. */
import { columnsFor, fillColumns, type Columns, type Pyramid } from '../core/curve';
import { lengthOf, type Interval } from '../core/interval';
import { rasterCurve, rasterThreshold, rasterWave, type Strip } from '../core/raster';
import type { LaneCurve } from '../state/session.svelte';
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
  curves: readonly { curve: LaneCurve; colour: string }[];
  step_ms: number;
  bars: readonly (Interval & { colour: string; dashed: boolean })[];
}

/** The whole video at a glance: curves, hints above, segments below. Painted when one of them changes, not when one moves about. */
export function drawMinimap(
  context: CanvasRenderingContext2D,
  pane: Pane,
  look: MinimapLook,
): void {
  const columns = columnsFor(Math.ceil(pane.width));
  const floor = pane.height - 5;
  context.globalAlpha = 0.35;
  for (const { curve, colour } of look.curves) {
    filled(columns, curve.line, pane.view, look.step_ms, columns.max.length);
    context.fillStyle = colour;
    columns.max.forEach((value, at) => {
      const height = Math.round((value / 255) * (floor - 3));
      if (height > 0) context.fillRect(at, floor - height, 1, height);
    });
  }
  const x = (ms: number) => (ms / lengthOf(pane.view)) * pane.width;
  for (const bar of look.bars) {
    context.fillStyle = bar.colour;
    context.globalAlpha = bar.dashed ? 0.55 : 1;
    const width = Math.max(2, x(bar.end_ms) - x(bar.start_ms));
    context.fillRect(x(bar.start_ms), bar.dashed ? 1 : floor - 4, width, bar.dashed ? 2 : 4);
  }
  context.globalAlpha = 1;
}
