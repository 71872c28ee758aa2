import { describe, expect, it } from 'vitest';

import { columnsFor } from './curve';
import { rasterCurve, rasterRect, rasterThreshold, rasterWave, rgbOf, type Raster } from './raster';

const raster = (width = 3, height = 20): Raster => ({
  pixels: new Uint32Array(width * height),
  width,
  height,
  density: 1,
});
const strip = { top: 0, height: 20, rgb: rgbOf('#112233') };
const alpha = ({ pixels, width }: Raster, x: number, y: number) =>
  (pixels[y * width + x] ?? 0) >>> 24;

function level(value: number, count = 3) {
  const columns = columnsFor(count);
  columns.max.fill(value);
  columns.min.fill(value);
  return columns;
}

describe('curves as pixels', () => {
  it('have a full line with a paler space below and nothing above', () => {
    const drawn = raster();
    rasterCurve(drawn, strip, level(127.5), null);
    expect(alpha(drawn, 1, 5)).toBe(0);
    expect(alpha(drawn, 1, 10)).toBeGreaterThan(150);
    expect(alpha(drawn, 1, 13)).toBe(56);
    expect(alpha(drawn, 1, 18)).toBe(0);
  });

  it('join columns that are far apart', () => {
    const drawn = raster();
    const line = level(0);
    line.max[1] = 255;
    rasterCurve(drawn, strip, line, null);
    for (let y = 5; y < 15; y += 1) expect(alpha(drawn, 1, y)).toBe(255);
  });

  it('have their band around the line', () => {
    const drawn = raster();
    const band = { min: level(50).min, max: level(200).max };
    rasterCurve(drawn, strip, level(127.5), band);
    expect(alpha(drawn, 1, 8)).toBe(76);
    expect(alpha(drawn, 1, 14)).toBeGreaterThan(26);
  });

  it('stay on the screen and in their colour', () => {
    const drawn = raster(3, 10);
    rasterCurve(drawn, { ...strip, top: -15 }, level(255), null);
    rasterThreshold(drawn, { ...strip, top: 40 }, 128, 0);
    rasterWave(drawn, { ...strip, height: 10 }, level(255));
    expect((drawn.pixels[4] ?? 0) & 0xffffff).toBe(0x332211);
  });

  it('have a dotted line at the threshold', () => {
    const drawn = raster(12);
    rasterThreshold(drawn, strip, 127.5, 0);
    expect(Array.from({ length: 8 }, (_, x) => alpha(drawn, x, 10) > 0)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});

describe('rectangles as pixels', () => {
  const red = rgbOf('#ff0000');
  const blue = rgbOf('#0000ff');

  it('cover whole pixels, and are cut off at the edges', () => {
    const drawn = raster(4, 4);
    rasterRect(drawn, { x: 2.4, y: 1, width: 9, height: 2 }, red, 255);
    const rows = [0, 1, 2, 3].map((y) => [0, 1, 2, 3].map((x) => alpha(drawn, x, y) / 255));
    expect(rows).toEqual([
      [0, 0, 0, 0],
      [0, 0, 1, 1],
      [0, 0, 1, 1],
      [0, 0, 0, 0],
    ]);
  });

  it('mix with what lies below', () => {
    const drawn = raster(1, 1);
    const all = { x: 0, y: 0, width: 1, height: 1 };
    rasterRect(drawn, all, red, 255);
    rasterRect(drawn, all, blue, 128);
    expect((drawn.pixels[0] ?? 0).toString(16)).toBe('ff80007f');
  });
});
