/** Local copies of drafts, kept beside the server's own until the server has confirmed them. */
import type { Draft } from '../api/types';

export interface Copy {
  review_id: number;
  task_id: number;
  /** The server's version this copy grew from. */
  version: number;
  saved_at: number;
  draft: Draft;
}

/** localStorage, or anything like it. */
export interface Shelf {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'spotter-draft-';
/** By the version it grew from, too: a tab whose save succeeds must not take away what an older tab still keeps. */
const keyOf = (review_id: number, version: number) => `${PREFIX}${review_id}-${version}`;

/** A full or forbidden shelf must not stop a review: the server is still there. */
export function keepCopy(shelf: Shelf, copy: Copy): boolean {
  try {
    shelf.setItem(keyOf(copy.review_id, copy.version), JSON.stringify(copy));
    return true;
  } catch {
    return false;
  }
}

export function dropCopy(shelf: Shelf, review_id: number, version: number): void {
  try {
    shelf.removeItem(keyOf(review_id, version));
  } catch {
    // Nothing to drop where nothing may be kept.
  }
}

/** The latest copy of this review. */
export const copyOf = (shelf: Shelf, review_id: number): Copy | null =>
  latest(shelf, (copy) => copy.review_id === review_id);

/** Work on the same task that a lost lease left behind under another review. */
export const copyOfTask = (shelf: Shelf, task_id: number, except_review: number): Copy | null =>
  latest(shelf, (copy) => copy.task_id === task_id && copy.review_id !== except_review);

/** Submitted or skipped: whatever a tab kept of it is of no use any more. */
export function dropCopies(shelf: Shelf, review_id: number): void {
  for (const copy of all(shelf)) {
    if (copy.review_id === review_id) dropCopy(shelf, review_id, copy.version);
  }
}

const latest = (shelf: Shelf, wanted: (copy: Copy) => boolean): Copy | null =>
  all(shelf)
    .filter(wanted)
    .sort((a, b) => b.saved_at - a.saved_at)[0] ?? null;

const all = (shelf: Shelf): Copy[] =>
  Array.from({ length: shelf.length }, (_, at) => shelf.key(at) ?? '')
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => read(shelf, key))
    .filter((copy) => copy !== null);

function read(shelf: Shelf, key: string): Copy | null {
  try {
    const text = shelf.getItem(key);
    const copy = text === null ? null : (JSON.parse(text) as Copy);
    return copy && Array.isArray(copy.draft.segments) ? copy : null;
  } catch {
    return null;
  }
}
