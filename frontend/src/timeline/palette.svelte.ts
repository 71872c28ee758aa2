/** The theme's colours for canvases, which know no CSS variables; read again when the theme changes. */
import { rgbOf } from '../core/raster';

const NAMES = ['text', 'muted', 'line', 'line-strong', 'accent', 'surface', 'danger'] as const;

export type Colours = Readonly<Record<(typeof NAMES)[number], string>>;

export class Palette {
  colours = $state.raw<Colours>(read());
  private readonly rgbs = new Map<string, number>();
  private readonly context = document.createElement('canvas').getContext('2d');

  /** A colour as the bytes of a pixel. */
  rgb(colour: string): number {
    const known = this.rgbs.get(colour);
    if (known !== undefined) return known;
    // The canvas reads every way of writing a colour, and answers in one.
    if (this.context) this.context.fillStyle = colour;
    const read = rgbOf(String(this.context?.fillStyle ?? colour));
    this.rgbs.set(colour, read);
    return read;
  }

  /** Answers with what stops the watching. */
  watch(): () => void {
    const refresh = () => (this.colours = read());
    const system = matchMedia('(prefers-color-scheme: dark)');
    const attribute = new MutationObserver(refresh);
    system.addEventListener('change', refresh);
    attribute.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      system.removeEventListener('change', refresh);
      attribute.disconnect();
    };
  }
}

function read(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim() || '#888888';
  return Object.fromEntries(NAMES.map((name) => [name, of(name)])) as unknown as Colours;
}
