/** The theme's colours for canvases, which know no CSS variables; read again when the theme changes. */
export interface Colours {
  text: string;
  muted: string;
  line: string;
  accent: string;
  surface: string;
}

const NAMES = ['text', 'muted', 'line', 'accent', 'surface'] as const;

export class Palette {
  colours = $state.raw<Colours>(read());

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
