/**
 * Message catalogues, as gettext has them: the code says English, a catalogue says the same in another language.
 * `t` and `tn` translate; `msg` marks what is translated only where it is shown. Places are written {like} this.
 */
export type Catalogue = Readonly<Record<string, string>>;
type Places = Readonly<Record<string, string | number>>;

let catalogue: Catalogue = {};

/** Once, before anything is shown: a person who changes the language loads the page anew. */
export function setCatalogue(words: Catalogue): void {
  catalogue = words;
}

export const msg = <const T extends string>(sentence: T): T => sentence;

export const t = (sentence: string, places: Places = {}): string =>
  filled(catalogue[sentence] ?? sentence, places);

/** One and many; a catalogue whose language knows no plural has only the second. */
export function tn(count: number, one: string, many: string, places: Places = {}): string {
  const sentence =
    count === 1 ? (catalogue[one] ?? catalogue[many] ?? one) : (catalogue[many] ?? many);
  return filled(sentence, { n: count, ...places });
}

const filled = (sentence: string, places: Places): string =>
  sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
