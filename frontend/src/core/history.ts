/**
 * Undo and redo over what a reviewer decided: segments and rejected hints. Each step holds only what it changed, so
 * that two hundred of them fit beside a draft in the browser and go on after a reload.
 */
import { inOrder, type Segment } from './segments';

export interface Content {
  readonly segments: readonly Segment[];
  readonly rejected: readonly number[];
}

/** What went and what came; a changed segment does both. */
interface Delta {
  gone: Segment[];
  came: Segment[];
  unrejected: number[];
  rejected: number[];
}

export interface Step extends Delta {
  label: string;
  /** Steps with the same key in a row are one: ten nudges of one edge undo at once. */
  key: string | null;
}

/** A history as it is kept: valid for the content it ends in, and for no other. */
export interface Kept {
  ends_in: string;
  past: Step[];
  future: Step[];
}

const MOST_STEPS = 200;
/** In characters: a browser keeps five million for everything of this site. */
const MOST_KEPT = 200_000;

/** The one way to write a content down. */
export const canonical = ({ segments, rejected }: Content): Content => ({
  segments: inOrder(segments),
  rejected: rejected.toSorted((a, b) => a - b),
});

export class History {
  private past: Step[] = [];
  private future: Step[] = [];
  private now: Content;

  constructor(content: Content, kept: Kept | null = null) {
    this.now = canonical(content);
    if (kept?.ends_in !== fingerprint(this.now)) return;
    this.past = kept.past.map((step) => ({ ...step, key: null }));
    this.future = kept.future;
  }

  get content(): Content {
    return this.now;
  }

  /** What undo would take back, in words; null when nothing. */
  get undoLabel(): string | null {
    return this.past.at(-1)?.label ?? null;
  }

  get redoLabel(): string | null {
    return this.future.at(-1)?.label ?? null;
  }

  push(label: string, content: Content, key: string | null = null): void {
    const last = this.past.at(-1);
    const joined = last && key !== null && key === last.key ? last : null;
    if (joined) this.past.pop();
    const before = joined ? apply(this.now, inverse(joined)) : this.now;
    this.now = canonical(content);
    this.future = [];
    const delta = between(before, this.now);
    if (!isEmpty(delta)) this.past.push({ label, key, ...delta });
    if (this.past.length > MOST_STEPS) this.past.shift();
  }

  undo(): Content {
    const step = this.past.pop();
    if (step) {
      this.future.push({ ...step, key: null });
      this.now = apply(this.now, inverse(step));
    }
    return this.now;
  }

  redo(): Content {
    const step = this.future.pop();
    if (step) {
      this.past.push({ ...step, key: null });
      this.now = apply(this.now, step);
    }
    return this.now;
  }

  /** As much as fits, the nearest steps first. */
  kept(most: number = MOST_KEPT): Kept {
    const past = nearest(this.past, most);
    const future = nearest(this.future, most - sizeOfAll(past));
    return { ends_in: fingerprint(this.now), past, future };
  }
}

/** Steps are taken from the end of a list, so its end is what must stay. */
function nearest(steps: readonly Step[], most: number): Step[] {
  let left = most;
  const first = steps.findLastIndex((step) => (left -= sizeOf(step)) < 0);
  return steps.slice(first + 1);
}

const sizes = new WeakMap<Step, number>();

function sizeOf(step: Step): number {
  const size = sizes.get(step) ?? JSON.stringify(step).length;
  sizes.set(step, size);
  return size;
}

const sizeOfAll = (steps: readonly Step[]): number =>
  steps.reduce((sum, step) => sum + sizeOf(step), 0);

const sameSegment = (a: Segment, b: Segment): boolean =>
  a === b || JSON.stringify(inFields(a)) === JSON.stringify(inFields(b));

const inFields = (each: Segment): unknown[] => [
  each.id,
  each.violation_type,
  each.start_ms,
  each.end_ms,
  each.hint_ids,
];

function between(before: Content, after: Content): Delta {
  const old = new Map(before.segments.map((each) => [each.id, each]));
  const fresh = new Map(after.segments.map((each) => [each.id, each]));
  const changed = (each: Segment, others: Map<string, Segment>): boolean => {
    const other = others.get(each.id);
    return !other || !sameSegment(each, other);
  };
  return {
    gone: before.segments.filter((each) => changed(each, fresh)),
    came: after.segments.filter((each) => changed(each, old)),
    unrejected: without(before.rejected, after.rejected),
    rejected: without(after.rejected, before.rejected),
  };
}

const without = <T>(all: readonly T[], some: readonly T[]): T[] => {
  const gone = new Set(some);
  return all.filter((each) => !gone.has(each));
};

const isEmpty = (delta: Delta): boolean =>
  [delta.gone, delta.came, delta.unrejected, delta.rejected].every((list) => list.length === 0);

const inverse = (delta: Delta): Delta => ({
  gone: delta.came,
  came: delta.gone,
  unrejected: delta.rejected,
  rejected: delta.unrejected,
});

function apply(content: Content, delta: Delta): Content {
  const gone = new Set(delta.gone.map((each) => each.id));
  return canonical({
    segments: [...content.segments.filter((each) => !gone.has(each.id)), ...delta.came],
    rejected: [...without(content.rejected, delta.unrejected), ...delta.rejected],
  });
}

/** Two contents share it only when they are the same: how much they hold, and two sums over all they hold. */
export function fingerprint({ segments, rejected }: Content): string {
  let low = 0;
  let high = 0;
  const add = ([a, b]: Hash) => {
    low = (low + a) >>> 0;
    high = (high + b) >>> 0;
  };
  segments.forEach((each) => add(hashOfSegment(each)));
  rejected.forEach((id) => add(hashOf(`rejected ${id}`)));
  return [segments.length, rejected.length, low.toString(36), high.toString(36)].join('-');
}

type Hash = readonly [number, number];

/** Of thousands of segments an edit changes one or two; the others are the same objects as before. */
const known = new WeakMap<Segment, Hash>();

function hashOfSegment(segment: Segment): Hash {
  const hash = known.get(segment) ?? hashOf(JSON.stringify(inFields(segment)));
  known.set(segment, hash);
  return hash;
}

/** cyrb53, left in its two halves. */
function hashOf(text: string): Hash {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let at = 0; at < text.length; at += 1) {
    low = Math.imul(low ^ text.charCodeAt(at), 0x9e3779b1);
    high = Math.imul(high ^ text.charCodeAt(at), 0x5f356495);
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  return [low >>> 0, high >>> 0];
}
