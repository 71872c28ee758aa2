/** What a browser keeps for a person: localStorage, or anything like it, which may be full or forbidden. */
export interface Shelf {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A browser that forbids its storage altogether has nothing kept in it. */
export function keysUnder(shelf: Shelf, prefix: string): string[] {
  try {
    const all = Array.from({ length: shelf.length }, (_, at) => shelf.key(at) ?? '');
    return all.filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

export function drop(shelf: Shelf, key: string): void {
  try {
    shelf.removeItem(key);
  } catch {
    // Nothing to drop where nothing may be kept.
  }
}
