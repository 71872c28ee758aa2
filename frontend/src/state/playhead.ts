/** Where the playhead was in each of the last few reviews, so that a reload goes on from there. */
const KEY = 'spotter-playhead';
const MOST = 20;

export function playheadOf(shelf: Pick<Storage, 'getItem'>, review_id: number): number {
  return read(shelf).find(([id]) => id === review_id)?.[1] ?? 0;
}

export function keepPlayhead(
  shelf: Pick<Storage, 'getItem' | 'setItem'>,
  review_id: number,
  ms: number,
): void {
  const others = read(shelf).filter(([id]) => id !== review_id);
  try {
    shelf.setItem(KEY, JSON.stringify([...others, [review_id, ms]].slice(-MOST)));
  } catch {
    // A browser that keeps nothing starts at the beginning.
  }
}

function read(shelf: Pick<Storage, 'getItem'>): [number, number][] {
  try {
    const kept: unknown = JSON.parse(shelf.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? (kept as [number, number][]).filter(isPlace) : [];
  } catch {
    return [];
  }
}

const isPlace = (each: unknown): each is [number, number] =>
  Array.isArray(each) && each.length === 2 && each.every((part) => Number.isFinite(part));
