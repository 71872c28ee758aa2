/** Writes to the browser's storage that no frame should wait for: done just after it, and at once when the page is left. */

/** Longer than a frame and a burst of held keys, far shorter than the second within which everything is saved. */
const SOON_MS = 120;

export class Soon {
  private readonly waiting = new Map<string, () => void>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** The newest write of a name takes the place of the one before it. */
  ask(name: string, write: () => void): void {
    this.waiting.set(name, write);
    this.timer ??= setTimeout(() => this.flush(), SOON_MS);
  }

  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const writes = [...this.waiting.values()];
    this.waiting.clear();
    for (const write of writes) write();
  }
}
