/** A set that only grows: the very same one while nothing new comes, so that whoever watches it has nothing to do. */
export function grown<T>(known: ReadonlySet<T>, found: readonly T[]): ReadonlySet<T> {
  return found.every((each) => known.has(each)) ? known : new Set([...known, ...found]);
}
