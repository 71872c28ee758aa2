/** Local copies of drafts, kept beside the server's own until the server has confirmed them. */
import { formatTime } from '../core/format';
import type { Draft } from '../api/types';
import { dropHistories, dropHistory } from './past';
import { drop, keysUnder, type Shelf } from './shelf';

export interface Copy {
  review_id: number;
  task_id: number;
  /** The server's version this copy grew from. */
  version: number;
  saved_at: number;
  draft: Draft;
}

const PREFIX = 'spotter-draft-';
/** Raised whenever a draft's shape changes: a copy of another shape is told about, never loaded. */
const FORMAT = 2;
/** By the version it grew from, too: a tab whose save succeeds must not take away what an older tab still keeps. */
const keyOf = (review_id: number, version: number) => `${PREFIX}${review_id}-${version}`;

/** A full or forbidden shelf must not stop a review: the server is still there. */
export function keepCopy(shelf: Shelf, copy: Copy): boolean {
  const words = JSON.stringify({ format: FORMAT, ...copy });
  const put = () => shelf.setItem(keyOf(copy.review_id, copy.version), words);
  if (succeeds(put)) return true;
  dropHistories(shelf);
  return succeeds(put);
}

function succeeds(deed: () => void): boolean {
  try {
    deed();
    return true;
  } catch {
    return false;
  }
}

export const dropCopy = (shelf: Shelf, review_id: number, version: number): void =>
  drop(shelf, keyOf(review_id, version));

/** The latest copy of this review. */
export const copyOf = (shelf: Shelf, review_id: number): Copy | null =>
  latest(shelf, (copy) => copy.review_id === review_id);

/** Work on the same task that a lost lease left behind under another review. */
export const copyOfTask = (shelf: Shelf, task_id: number, except_review: number): Copy | null =>
  latest(shelf, (copy) => copy.task_id === task_id && copy.review_id !== except_review);

/** Submitted or skipped: whatever a tab kept of it is of no use any more. */
export function dropCopies(shelf: Shelf, review_id: number): void {
  const mine = keysUnder(shelf, `${PREFIX}${review_id}-`);
  for (const key of mine) drop(shelf, key);
  dropHistory(shelf, review_id);
}

const latest = (shelf: Shelf, wanted: (copy: Copy) => boolean): Copy | null =>
  all(shelf)
    .filter(wanted)
    .sort((a, b) => b.saved_at - a.saved_at)[0] ?? null;

/** Work on this review in a shape that this version of Spotter does not know: its words, to be copied by hand. */
export interface StrangeCopy {
  key: string;
  words: string;
}

export function strangeCopies(shelf: Shelf, review_id: number, task_id: number): StrangeCopy[] {
  return keysUnder(shelf, PREFIX).flatMap((key) => {
    const kept = parsed(shelf, key);
    if (kept === null || isCopy(kept)) return [];
    const ours = key.startsWith(`${PREFIX}${review_id}`) || kept['task_id'] === task_id;
    return ours ? [{ key, words: wordsOf(kept['draft']) }] : [];
  });
}

export const dropStrange = (shelf: Shelf, copy: StrangeCopy): void => drop(shelf, copy.key);

/** Notes and segments as far as they can be made out. */
function wordsOf(draft: unknown): string {
  const { notes, segments } = asRecord(draft);
  const lines = Array.isArray(segments) ? segments.map((each) => segmentWords(asRecord(each))) : [];
  return [typeof notes === 'string' ? notes : '', ...lines].filter(Boolean).join('\n');
}

const segmentWords = ({ violation_type, start_ms, end_ms }: Unknown): string =>
  typeof start_ms === 'number' && typeof end_ms === 'number'
    ? `${String(violation_type)}: ${formatTime(start_ms)} – ${formatTime(end_ms)}`
    : '';

const all = (shelf: Shelf): Copy[] =>
  keysUnder(shelf, PREFIX)
    .map((key) => parsed(shelf, key))
    .filter(isCopy);

type Unknown = Record<string, unknown>;

const asRecord = (value: unknown): Unknown =>
  typeof value === 'object' && value !== null ? (value as Unknown) : {};

const isCopy = (kept: unknown): kept is Copy & Unknown => asRecord(kept)['format'] === FORMAT;

function parsed(shelf: Shelf, key: string): Unknown | null {
  const text = shelf.getItem(key);
  if (text === null) return null;
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return { draft: { notes: text } };
  }
}
