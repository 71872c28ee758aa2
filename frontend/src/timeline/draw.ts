/** Everything painted on a canvas: curves with their bands, the waveform, the minimap. Cheap enough for every frame. */
import { envelope, type Pyramid } from '../core/curve';
import { lengthOf, type Interval } from '../core/interval';
import { toX } from '../core/scale';
import type { LaneCurve } from '../state/session.svelte';
import type { Colours } from './palette.svelte';

export interface Pane {
  view: Interval;
  width: number;
  height: number;
}

/** Sets a canvas up for the screen's pixels and clears it. */
export function prepared(canvas: HTMLCanvasElement, pane: Pane): CanvasRenderingContext2D | null {
  const density = devicePixelRatio || 1;
  const [width, height] = [Math.round(pane.width * density), Math.round(pane.height * density)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  context?.setTransform(density, 0, 0, density, 0, 0);
  context?.clearRect(0, 0, pane.width, pane.height);
  return context;
}

export interface LaneLook {
  curve: LaneCurve | undefined;
  colour: string;
  threshold: number;
  top: number;
  height: number;
  /** Hints and segments too thin for an element of their own. */
  marks: readonly Interval[];
}

const PAD = 4;

export function drawLane(
  context: CanvasRenderingContext2D,
  pane: Pane,
  step_ms: number,
  lane: LaneLook,
  colours: Colours,
): void {
  const y = (value: number) =>
    lane.top + lane.height - PAD - (value / 255) * (lane.height - 2 * PAD);
  if (lane.curve) {
    const line = columnsOf(lane.curve.line, pane, step_ms);
    const { band } = lane.curve;
    context.fillStyle = context.strokeStyle = lane.colour;
    // With a band the space below the curve steps back: two fills of one colour could not be told apart.
    context.globalAlpha = band ? 0.1 : 0.22;
    fillBetween(context, line.x, line.max, new Uint8Array(line.max.length), y);
    if (band) drawBand(context, columnsOf(band, pane, step_ms), y);
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    stroke(context, line.x, line.max, y);
    threshold(context, pane, y(lane.threshold * 255), colours);
  }
  context.fillStyle = lane.colour;
  for (const mark of lane.marks) {
    const left = toX(pane.view, pane.width, mark.start_ms);
    const right = toX(pane.view, pane.width, mark.end_ms);
    context.fillRect(left, lane.top + lane.height - 9, Math.max(1.5, right - left), 6);
  }
}

function drawBand(
  context: CanvasRenderingContext2D,
  band: Columns,
  y: (value: number) => number,
): void {
  context.globalAlpha = 0.3;
  fillBetween(context, band.x, band.max, band.min, y);
  context.globalAlpha = 0.6;
  context.lineWidth = 0.75;
  stroke(context, band.x, band.min, y);
  stroke(context, band.x, band.max, y);
}

interface Columns {
  x: Float32Array;
  min: Uint8Array;
  max: Uint8Array;
}

/** One value a pixel when many steps share it; the steps themselves, joined by lines, when they are far apart. */
function columnsOf(pyramid: Pyramid, { view, width }: Pane, step_ms: number): Columns {
  const from = view.start_ms / step_ms;
  const to = view.end_ms / step_ms;
  if ((to - from) / width > 0.5) {
    const count = Math.max(1, Math.ceil(width));
    const { min, max } = envelope(pyramid, from, to, count);
    return { x: Float32Array.from({ length: count }, (_, at) => at), min, max };
  }
  const base = pyramid[0];
  const first = Math.max(0, Math.floor(from) - 1);
  const last = Math.min((base?.max.length ?? 0) - 1, Math.ceil(to) + 1);
  const count = Math.max(0, last - first + 1);
  return {
    x: Float32Array.from({ length: count }, (_, at) =>
      toX(view, width, (first + at + 0.5) * step_ms),
    ),
    min: base?.min.slice(first, last + 1) ?? new Uint8Array(),
    max: base?.max.slice(first, last + 1) ?? new Uint8Array(),
  };
}

function fillBetween(
  context: CanvasRenderingContext2D,
  x: Float32Array,
  upper: Uint8Array,
  lower: Uint8Array,
  y: (value: number) => number,
): void {
  if (x.length === 0) return;
  context.beginPath();
  for (let at = 0; at < x.length; at += 1) context.lineTo(x[at] ?? 0, y(upper[at] ?? 0));
  for (let at = x.length - 1; at >= 0; at -= 1) context.lineTo(x[at] ?? 0, y(lower[at] ?? 0));
  context.fill();
}

function stroke(
  context: CanvasRenderingContext2D,
  x: Float32Array,
  values: Uint8Array,
  y: (value: number) => number,
): void {
  context.beginPath();
  for (let at = 0; at < x.length; at += 1) context.lineTo(x[at] ?? 0, y(values[at] ?? 0));
  context.stroke();
}

function threshold(
  context: CanvasRenderingContext2D,
  pane: Pane,
  y: number,
  colours: Colours,
): void {
  context.strokeStyle = colours.muted;
  context.lineWidth = 1;
  context.setLineDash([2, 4]);
  context.beginPath();
  context.moveTo(0, Math.round(y) + 0.5);
  context.lineTo(pane.width, Math.round(y) + 0.5);
  context.stroke();
  context.setLineDash([]);
}

export function drawWaveform(
  context: CanvasRenderingContext2D,
  pane: Pane,
  peaks: Pyramid,
  step_ms: number,
  colours: Colours,
): void {
  const { x, max } = columnsOf(peaks, pane, step_ms);
  const middle = pane.height / 2;
  context.fillStyle = colours.muted;
  context.beginPath();
  for (let at = 0; at < x.length; at += 1) {
    context.lineTo(x[at] ?? 0, middle - ((max[at] ?? 0) / 255) * (middle - 1) - 0.4);
  }
  for (let at = x.length - 1; at >= 0; at -= 1) {
    context.lineTo(x[at] ?? 0, middle + ((max[at] ?? 0) / 255) * (middle - 1) + 0.4);
  }
  context.fill();
}

export interface MinimapLook {
  curves: readonly { curve: LaneCurve; colour: string }[];
  step_ms: number;
  bars: readonly (Interval & { colour: string; dashed: boolean })[];
  watched: readonly Interval[];
}

/** The whole video at a glance: curves, hints above, segments below, and what was watched as a line. */
export function drawMinimap(
  context: CanvasRenderingContext2D,
  pane: Pane,
  look: MinimapLook,
  colours: Colours,
): void {
  const x = (ms: number) => (ms / lengthOf(pane.view)) * pane.width;
  const floor = pane.height - 5;
  for (const { curve, colour } of look.curves) {
    const line = columnsOf(curve.line, pane, look.step_ms);
    context.fillStyle = colour;
    context.globalAlpha = 0.35;
    fillBetween(context, line.x, line.max, new Uint8Array(line.max.length), (value) =>
      Math.round(floor - (value / 255) * (floor - 3)),
    );
    context.globalAlpha = 1;
  }
  for (const bar of look.bars) {
    context.fillStyle = bar.colour;
    context.globalAlpha = bar.dashed ? 0.55 : 1;
    const width = Math.max(2, x(bar.end_ms) - x(bar.start_ms));
    context.fillRect(x(bar.start_ms), bar.dashed ? 1 : floor - 4, width, bar.dashed ? 2 : 4);
  }
  context.globalAlpha = 1;
  context.fillStyle = colours.accent;
  for (const part of look.watched) {
    context.fillRect(x(part.start_ms), pane.height - 2, x(part.end_ms) - x(part.start_ms), 2);
  }
}
