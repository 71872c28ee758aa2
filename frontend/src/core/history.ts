/** Undo and redo over immutable states. */
export interface Step<T> {
  label: string;
  state: T;
  /** Steps with the same key in a row are one: ten nudges of one edge undo at once. */
  key: string | null;
}

const MOST_STEPS = 200;

export class History<T> {
  private past: Step<T>[] = [];
  private future: Step<T>[] = [];

  constructor(private current: Step<T>) {}

  get state(): T {
    return this.current.state;
  }

  /** What undo would take back, in words; null when nothing. */
  get undoLabel(): string | null {
    return this.past.length > 0 ? this.current.label : null;
  }

  get redoLabel(): string | null {
    return this.future.at(-1)?.label ?? null;
  }

  push(label: string, state: T, key: string | null = null): void {
    const joins = key !== null && key === this.current.key && this.past.length > 0;
    if (!joins) this.past.push(this.current);
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.current = { label, state, key };
    this.future = [];
  }

  undo(): T {
    const previous = this.past.pop();
    if (previous) {
      this.future.push(this.current);
      this.current = { ...previous, key: null };
    }
    return this.state;
  }

  redo(): T {
    const next = this.future.pop();
    if (next) {
      this.past.push(this.current);
      this.current = { ...next, key: null };
    }
    return this.state;
  }
}
