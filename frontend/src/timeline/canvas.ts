/** Canvases in the screen's own pixels, and one painting per frame however often something changes. */
import type { Interval } from '../core/interval';
import type { Raster } from '../core/raster';

/** What a canvas shows, in the page's pixels. */
export interface Pane {
  view: Interval;
  width: number;
  height: number;
}

/** Sets a canvas up for the screen's pixels and clears it. */
export function prepared(canvas: HTMLCanvasElement, pane: Pane): CanvasRenderingContext2D | null {
  const density = devicePixelRatio || 1;
  fit(canvas, pane, density);
  const context = canvas.getContext('2d');
  context?.setTransform(density, 0, 0, density, 0, 0);
  context?.clearRect(0, 0, pane.width, pane.height);
  return context;
}

function fit(canvas: HTMLCanvasElement, pane: Pane, density: number): void {
  const width = Math.max(1, Math.round(pane.width * density));
  const height = Math.max(1, Math.round(pane.height * density));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** Pixels kept from frame to frame, put on their canvas in one go. */
export class Plate {
  private image: ImageData | null = null;

  paint(canvas: HTMLCanvasElement, pane: Pane, draw: (raster: Raster) => void): void {
    const density = devicePixelRatio || 1;
    fit(canvas, pane, density);
    const { width, height } = canvas;
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = new ImageData(width, height);
    }
    const pixels = new Uint32Array(this.image.data.buffer);
    pixels.fill(0);
    draw({ pixels, width, height, density });
    canvas.getContext('2d')?.putImageData(this.image, 0, 0);
  }
}

/** Asked for any number of times, `paint` runs once before the next picture. */
export class Frame {
  private asked = 0;

  constructor(private readonly paint: () => void) {}

  ask(): void {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      this.paint();
    });
  }

  stop(): void {
    cancelAnimationFrame(this.asked);
    this.asked = 0;
  }
}
