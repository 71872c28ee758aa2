/** The ruler: round times with words, finer ticks between them, and where the file cuts. */
import { formatTime } from '../core/format';
import { toX, type Ticks } from '../core/scale';
import type { Pane } from './canvas';
import type { Colours } from './palette.svelte';

export const RULER_PX = 22;
/** Cuts nearer to each other than this would be a bar and not ticks. */
const LEAST_CUT_PX = 4;

export function drawRuler(
  context: CanvasRenderingContext2D,
  pane: Pane,
  { step_ms, minor_ms, times }: Ticks,
  cuts: readonly number[],
  colours: Colours,
): void {
  const { view, width } = pane;
  const x = (ms: number) => Math.round(toX(view, width, ms));
  context.fillStyle = colours['line-strong'];
  for (let ms = Math.ceil(view.start_ms / minor_ms) * minor_ms; ms <= view.end_ms; ms += minor_ms) {
    if (ms % step_ms !== 0) context.fillRect(x(ms), RULER_PX - 4, 1, 4);
  }
  for (const ms of times) context.fillRect(x(ms), 0, 1, RULER_PX);
  drawCuts(context, pane, cuts, colours);
  context.font = '11px ui-monospace, "SF Mono", "Liberation Mono", "DejaVu Sans Mono", monospace';
  context.textBaseline = 'top';
  context.fillStyle = colours.muted;
  for (const ms of times) {
    const text = formatTime(ms, step_ms < 1000);
    if (x(ms) + 4 + text.length * 7 < width) context.fillText(text, x(ms) + 4, 3);
  }
}

function drawCuts(
  context: CanvasRenderingContext2D,
  { view, width }: Pane,
  cuts: readonly number[],
  colours: Colours,
): void {
  const seen = cuts.filter((ms) => ms >= view.start_ms && ms <= view.end_ms);
  if (seen.length * LEAST_CUT_PX > width) return;
  context.fillStyle = colours.accent;
  for (const ms of seen) context.fillRect(toX(view, width, ms) - 0.75, RULER_PX - 7, 1.5, 7);
}
