/** The steps that undo and redo walk along, kept in the browser beside the draft they end in, so that a reload loses none. */
import type { Kept } from '../core/history';
import { drop, keysUnder, type Shelf } from './shelf';
import type { Soon } from './soon';

const PREFIX = 'spotter-history-';
/** Raised whenever a step's shape changes: steps of another shape are passed over. */
const FORMAT = 1;
/** Of reviews that were never ended here only the latest few are worth their room. */
const MOST = 3;

const keyOf = (review_id: number) => `${PREFIX}${review_id}`;

export interface Past {
  /** Taken up only where it ends in the very draft that is opened. */
  findHistory: () => Kept | null;
  keepHistory: (kept: () => Kept) => void;
}

interface Reviewed {
  id: number;
  read_only: boolean;
}

/** Where a review's history is found and kept. What is only looked at has none. */
export function pastOf(
  shelf: Shelf,
  soon: Soon,
  { id, read_only }: Reviewed,
  now: () => number,
): Past {
  if (!read_only) dropOldHistories(shelf, id);
  return {
    findHistory: () => {
      soon.flush();
      return read_only ? null : historyOf(shelf, id);
    },
    keepHistory: (kept) => soon.ask('history', () => keepHistory(shelf, id, kept(), now())),
  };
}

/** A full or forbidden shelf costs the steps before a reload, never the review. */
function keepHistory(shelf: Shelf, review_id: number, kept: Kept, now: number): void {
  try {
    shelf.setItem(keyOf(review_id), JSON.stringify({ format: FORMAT, saved_at: now, ...kept }));
  } catch {
    dropHistory(shelf, review_id);
  }
}

function historyOf(shelf: Shelf, review_id: number): Kept | null {
  const found = parsed(shelf, keyOf(review_id));
  return found?.['format'] === FORMAT ? (found as unknown as Kept) : null;
}

export const dropHistory = (shelf: Shelf, review_id: number): void => drop(shelf, keyOf(review_id));

/** A draft that is not saved yet is worth more than any steps. */
export function dropHistories(shelf: Shelf): void {
  for (const key of keysUnder(shelf, PREFIX)) drop(shelf, key);
}

function dropOldHistories(shelf: Shelf, except_review: number): void {
  const savedAt = (key: string) => Number(parsed(shelf, key)?.['saved_at'] ?? 0);
  const others = keysUnder(shelf, PREFIX)
    .filter((key) => key !== keyOf(except_review))
    .toSorted((a, b) => savedAt(b) - savedAt(a));
  for (const key of others.slice(MOST - 1)) drop(shelf, key);
}

function parsed(shelf: Shelf, key: string): Record<string, unknown> | null {
  try {
    return JSON.parse(shelf.getItem(key) ?? 'null') as Record<string, unknown> | null;
  } catch {
    return null;
  }
}
