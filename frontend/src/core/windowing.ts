/** Which rows of a long list are in sight, whatever their heights: only those are worth having elements for. */

/** Where each row begins, and behind the last one where the list ends. */
export function offsetsOf(count: number, heightOf: (index: number) => number): Float64Array {
  const offsets = new Float64Array(count + 1);
  for (let at = 0; at < count; at += 1) offsets[at + 1] = (offsets[at] ?? 0) + heightOf(at);
  return offsets;
}

/** The row that covers this height; the first or last one beyond the list's ends, -1 in an empty list. */
export function rowAt(offsets: Float64Array, y: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle + 1] ?? Infinity) <= y) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, offsets.length - 2);
}

/** Rows between two heights, and those a person must reach wherever the list is scrolled to; in order, each once. */
export function rowsToRender(
  offsets: Float64Array,
  sight: { top: number; bottom: number },
  always: readonly number[],
): number[] {
  const count = offsets.length - 1;
  const rows = new Set(always.filter((at) => at >= 0 && at < count));
  const hasSome = count > 0 && sight.bottom > 0 && sight.top < (offsets[count] ?? 0);
  const last = hasSome ? rowAt(offsets, sight.bottom) : -1;
  for (let at = hasSome ? rowAt(offsets, sight.top) : 0; at <= last; at += 1) rows.add(at);
  return [...rows].sort((a, b) => a - b);
}

/** How far to scroll so that a row is in sight; 0 when it is. A row taller than the window shows its beginning. */
export function scrollToShow(
  offsets: Float64Array,
  index: number,
  sight: { top: number; bottom: number },
): number {
  const top = offsets[index] ?? 0;
  const bottom = offsets[index + 1] ?? top;
  if (top < sight.top) return top - sight.top;
  return bottom > sight.bottom ? Math.min(bottom - sight.bottom, top - sight.top) : 0;
}
