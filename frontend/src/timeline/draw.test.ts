import { describe, expect, it } from 'vitest';

import { buildPyramid } from '../core/curve';
import { drawLane } from './draw';
import type { Colours } from './palette.svelte';

/** Counts what is painted; a canvas needs a browser. */
function counting(): { context: CanvasRenderingContext2D; fills: number[] } {
  const fills: number[] = [];
  const context = {
    globalAlpha: 1,
    beginPath: () => undefined,
    lineTo: () => undefined,
    moveTo: () => undefined,
    stroke: () => undefined,
    setLineDash: () => undefined,
    fillRect: () => undefined,
    fill() {
      fills.push(this.globalAlpha);
    },
  };
  return { context: context as unknown as CanvasRenderingContext2D, fills };
}

const pane = { view: { start_ms: 0, end_ms: 1000 }, width: 100, height: 40 };
const score = Uint8Array.from([10, 200, 200, 10]);
const line = buildPyramid(score);

function drawn(band: ReturnType<typeof buildPyramid> | null): number {
  const { context, fills } = counting();
  const look = { colour: '#123456', threshold: 0.5, top: 0, height: 40, marks: [] };
  const colours = { muted: '#888888' } as Colours;
  drawLane(context, pane, 250, { ...look, curve: { score, line, band } }, colours);
  return fills.length;
}

describe('a lane', () => {
  it('has its band painted behind the curve', () => {
    const band = buildPyramid(
      Uint8Array.from([5, 150, 150, 5]),
      Uint8Array.from([20, 250, 250, 20]),
    );
    expect(drawn(band)).toBe(2);
  });

  it('has no band where none was shown to follow real disagreement', () => {
    expect(drawn(null)).toBe(1);
  });
});
