/** 1, 2, 4 … 30 s: quick at first, never a storm. */
export const backoffMs = (failures: number): number =>
  Math.min(30_000, 1000 * 2 ** Math.max(0, failures - 1));
