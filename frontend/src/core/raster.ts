/**
 * Curves as pixels. A lane has one colour, so a pixel is only how much of it there is; written straight into memory
 * this is many times faster than paths where no graphics card helps.
 */
import type { Columns } from './curve';

export interface Raster {
  /** As in ImageData: alpha, blue, green, red from the highest byte down. */
  pixels: Uint32Array;
  width: number;
  height: number;
  /** Screen pixels for one of the page's. */
  density: number;
}

/** Where a lane lies, in the page's pixels. */
export interface Strip {
  top: number;
  height: number;
  rgb: number;
}

const PAD = 4;
const FILL = 56;
/** With a band the space below the curve steps back: two fills of one colour could not be told apart. */
const FILL_UNDER_BAND = 26;
const BAND = 76;
const BAND_EDGE = 150;
const LINE_PX = 1.5;

/** Where a score of 0 to 255 lies, in screen pixels from the top. */
export const heightOf = ({ top, height }: Strip, density: number, value: number): number =>
  (top + height - PAD - (value / 255) * (height - 2 * PAD)) * density;

export function rasterCurve(
  raster: Raster,
  strip: Strip,
  line: Columns,
  band: Columns | null,
): void {
  const { density } = raster;
  const floor = Math.round(heightOf(strip, density, 0));
  const y = (value: number) => heightOf(strip, density, value);
  const half = (LINE_PX * density) / 2;
  let before = y(line.max[0] ?? 0);
  for (let x = 0; x < raster.width; x += 1) {
    const here = y(line.max[x] ?? 0);
    plain(raster, x, Math.round(here), floor, strip.rgb, band ? FILL_UNDER_BAND : FILL);
    if (band) {
      const [high, low] = [y(band.max[x] ?? 0), y(band.min[x] ?? 0)];
      run(raster, x, high, low, strip.rgb, BAND);
      run(raster, x, high - density / 2, high + density / 2, strip.rgb, BAND_EDGE);
      run(raster, x, low - density / 2, low + density / 2, strip.rgb, BAND_EDGE);
    }
    run(raster, x, Math.min(here, before) - half, Math.max(here, before) + half, strip.rgb, 255);
    before = here;
  }
}

/** A dotted line right across, at a score from 0 to 255. */
export function rasterThreshold(raster: Raster, strip: Strip, value: number, rgb: number): void {
  const { density, width, pixels } = raster;
  const row = Math.round(heightOf(strip, density, value));
  if (row < 0 || row >= raster.height) return;
  for (let x = 0; x < width; x += 1) {
    if ((x / density) % 6 < 2) pixels[row * width + x] = (rgb | 0xff000000) >>> 0;
  }
}

/** Sound: as far up as down from the middle. */
export function rasterWave(raster: Raster, strip: Strip, { max }: Columns): void {
  const middle = (strip.top + strip.height / 2) * raster.density;
  const reach = (strip.height / 2 - 1) * raster.density;
  for (let x = 0; x < raster.width; x += 1) {
    const away = ((max[x] ?? 0) / 255) * reach + 0.4;
    run(raster, x, middle - away, middle + away, strip.rgb, 255);
  }
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A rectangle in whole pixels, laid over what is there in another colour: many times faster than asking a canvas for each. */
export function rasterRect(raster: Raster, rect: Rect, rgb: number, alpha: number): void {
  const left = Math.max(0, Math.floor(rect.x));
  const right = Math.min(raster.width, Math.round(rect.x + rect.width));
  const bottom = Math.min(raster.height, Math.round(rect.y + rect.height));
  for (let y = Math.max(0, Math.round(rect.y)); y < bottom; y += 1) {
    for (let at = y * raster.width + left; at < y * raster.width + right; at += 1) {
      raster.pixels[at] = mixed(raster.pixels[at] ?? 0, rgb, alpha);
    }
  }
}

function mixed(under: number, rgb: number, alpha: number): number {
  if (alpha === 255 || under === 0) return (rgb | (alpha << 24)) >>> 0;
  const below = (under >>> 24) * (1 - alpha / 255);
  const whole = alpha + below;
  const part = (shift: number) =>
    (((rgb >>> shift) & 255) * alpha + ((under >>> shift) & 255) * below) / whole;
  return ((whole << 24) | (part(16) << 16) | (part(8) << 8) | part(0)) >>> 0;
}

/** Where nothing lies yet. */
function plain(r: Raster, x: number, from: number, to: number, rgb: number, alpha: number): void {
  const colour = (rgb | (alpha << 24)) >>> 0;
  const last = Math.min(r.height, to) * r.width + x;
  for (let at = Math.max(0, from) * r.width + x; at < last; at += r.width) r.pixels[at] = colour;
}

/** Laid over what is there, with soft ends. */
function run(r: Raster, x: number, from: number, to: number, rgb: number, alpha: number): void {
  const first = Math.max(0, Math.floor(from));
  const last = Math.min(r.height, Math.ceil(to));
  for (let row = first, at = first * r.width + x; row < last; row += 1, at += r.width) {
    const own = alpha * (Math.min(row + 1, to) - Math.max(row, from));
    const under = (r.pixels[at] ?? 0) >>> 24;
    r.pixels[at] = (rgb | ((own + under * (1 - own / 255)) << 24)) >>> 0;
  }
}

/** "#rrggbb" in the order of a pixel's bytes. */
export function rgbOf(hex: string): number {
  const value = Number.parseInt(hex.slice(1, 7), 16) || 0;
  return ((value & 0xff) << 16) | (value & 0xff00) | (value >>> 16);
}
