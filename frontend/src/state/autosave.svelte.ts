/**
 * Saves the draft within a second of each change and never loses it.
 *
 *   saved --touch--> pending --timer--> saving --ok--> saved
 *                       ^                 |--no answer--> offline --backoff--> saving
 *                       |                 |--refused--> offline, stuck (until a person does something)
 *                       |                 |--409 draft_conflict--> conflict --useMine/useTheirs--> saving/saved
 *                       '--changed while saving           '--409 lease_lost--> regained --> saving
 *                                                                         '--> lease_lost (terminal; the copy stays)
 *
 * What merely ran on while saving leaves it at "saved" and waits its turn. A draft that another window of the same
 * person stored is no conflict where only one of the two windows did any work.
 */
import { Problem, unreachable } from '../api/problem';
import type { Draft, DraftStored } from '../api/types';
import { backoffMs } from '../core/backoff';
import { dropCopies, dropCopy, keepCopy } from './copies';
import type { Shelf } from './shelf';
import type { Soon } from './soon';
import { sameWork } from './work';

export type SaveStatus = 'saved' | 'pending' | 'saving' | 'offline' | 'conflict' | 'lease_lost';

export interface AutosavePorts {
  review_id: number;
  task_id: number;
  snapshot: () => Draft;
  save: (version: number, draft: Draft) => Promise<DraftStored>;
  shelf: Shelf;
  /** Copies are written just after the frame; without it at once. */
  soon?: Soon;
  /** Another window stored what it watched: it counts here too. */
  ranOn?: (theirs: Draft) => void;
  /** Another window stored work, and here is none: it goes on from that. */
  follow?: (theirs: Draft) => void;
  /** The lease ran out: whether it could be taken back, so that the same save is worth another try. */
  regain?: () => Promise<boolean>;
  now?: () => number;
  onSaved?: (saved: DraftStored) => void;
}

/** What a person did is sent within a second; what merely runs on (watched ranges) may wait. */
const DELAY_MS = { now: 400, later: 5000 } as const;

/** Logged out, or logged in as somebody else: that can change without this page. */
const AWAY = [401, 403, 404];

export class Autosave {
  status = $state<SaveStatus>('saved');
  /** Why saving fails, in a sentence for the reviewer. */
  sentence = $state('');
  /** Trying again alone will not help: a person has to log in again, for example. */
  stuck = $state(false);
  /** What is unsaved lies in this browser too; a full or forbidden storage leaves it in this page alone. */
  kept = $state(true);
  theirs = $state.raw<{ version: number; draft: Draft } | null>(null);
  private dirty = false;
  /** A person did something since the server took a draft, as against what merely runs on. */
  private worked = false;
  private toKeep = false;
  /** The newest draft that the server is known to have. */
  private stored: Draft;
  private stopped = false;
  /** Sent, but the answer never came: the server may have it or not. */
  private unanswered: Draft | null = null;
  /** The version under which this tab's own copy lies in the browser. */
  private keptAt: number | null = null;
  private failures = 0;
  /** The draft itself was refused. */
  private refused = false;
  /** The lease was taken back for this save already; a second time would go round in circles. */
  private regaining = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private due = Infinity;
  private running: Promise<void> | null = null;

  constructor(
    private readonly ports: AutosavePorts,
    public version: number,
  ) {
    this.stored = ports.snapshot();
  }

  /** Something is not with the server yet. */
  get unsaved(): boolean {
    return this.dirty || this.running !== null;
  }

  get blocked(): boolean {
    return this.status === 'conflict' || this.status === 'lease_lost';
  }

  touch(when: keyof typeof DELAY_MS = 'now'): void {
    this.dirty = true;
    this.stopped = false;
    // What merely runs on is no work to be restored: a second tab would take it for that, and save it.
    if (when === 'now') {
      this.worked = true;
      this.keepSoon();
    }
    if (this.blocked) return;
    if (when === 'now' && this.status === 'saved') this.status = 'pending';
    if (this.status !== 'offline') this.schedule(DELAY_MS[when]);
    // What the server refused may be right now, and nothing but a change can make it so.
    else if (this.refused && when === 'now') this.schedule(DELAY_MS[when]);
  }

  /**
   * Saves what is unsaved right now; answers whether the server took it. Seconds run on while it does, so a
   * draft may be "pending" again by then: that is no refusal, and the next save or the submit carries it.
   */
  async flush(): Promise<boolean> {
    this.unschedule();
    while (this.running) await this.running;
    if (this.dirty && !this.blocked) await this.save();
    return this.status === 'saved' || this.status === 'pending';
  }

  /** Before a submit, which carries everything: only a save that is under way must be over. */
  async settled(): Promise<boolean> {
    this.unschedule();
    while (this.running) await this.running;
    return !this.blocked;
  }

  /** A submit was refused for the draft's or the lease's sake; the person is told as after a save. */
  notTaken(problem: Problem, draft: Draft): void {
    this.stopped = false;
    this.dirty = true;
    this.failed(problem, draft);
  }

  /** The connection seems to be back, or somebody looks at the page again. */
  retryNow(): void {
    if (this.status === 'offline') this.schedule(0);
  }

  /** After a conflict: this page's draft replaces the other one. */
  async useMine(): Promise<void> {
    if (!this.theirs) return;
    this.version = this.theirs.version;
    this.theirs = null;
    this.status = 'pending';
    this.dirty = true;
    await this.flush();
  }

  /** After a conflict: the other draft is taken; the caller loads it into the page. */
  useTheirs(): Draft | null {
    const { theirs } = this;
    if (!theirs) return null;
    this.follows(theirs.version, theirs.draft);
    return theirs.draft;
  }

  /** Nothing more is sent from here, also not after an answer that is still on its way. */
  stop(): void {
    this.stopped = true;
    this.unschedule();
  }

  /** Submitted or skipped: nothing is left to keep. */
  forget(): void {
    this.stop();
    this.dirty = this.worked = this.toKeep = false;
    this.keptAt = null;
    dropCopies(this.ports.shelf, this.ports.review_id);
  }

  leaseLost(sentence: string): void {
    this.unschedule();
    this.status = 'lease_lost';
    this.sentence = sentence;
    this.keep();
  }

  private schedule(delay: number): void {
    if (this.stopped) return;
    const now = this.ports.now?.() ?? Date.now();
    if (this.timer !== null && this.due <= now + delay) return;
    this.unschedule();
    this.due = now + delay;
    this.timer = setTimeout(() => {
      this.unschedule();
      void this.save();
    }, delay);
  }

  private unschedule(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.due = Infinity;
  }

  private save(): Promise<void> {
    this.running ??= this.attempt().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async attempt(): Promise<void> {
    if (!this.dirty || this.blocked) return;
    const { worked } = this;
    if (this.toKeep) this.keep();
    this.dirty = this.worked = false;
    this.status = 'saving';
    const draft = this.ports.snapshot();
    try {
      const saved = await this.ports.save(this.version, draft);
      this.version = saved.version;
      this.stored = draft;
      this.failures = 0;
      this.stuck = false;
      this.refused = false;
      this.regaining = false;
      this.unanswered = null;
      this.ports.onSaved?.(saved);
      if (this.dirty) this.again();
      else this.settle();
    } catch (error) {
      this.dirty = true;
      this.worked ||= worked;
      const problem = error instanceof Problem ? error : unreachable();
      if (problem.code === 'lease_lost' && (await this.regained())) this.again();
      else this.failed(problem, draft);
    }
  }

  private async regained(): Promise<boolean> {
    if (this.stopped || this.regaining || !this.ports.regain) return false;
    this.regaining = true;
    return this.ports.regain().catch(() => false);
  }

  private again(): void {
    if (this.stopped) return;
    if (!this.worked) {
      this.settle();
      return this.schedule(DELAY_MS.later);
    }
    this.status = 'pending';
    this.keep();
    this.schedule(DELAY_MS.now);
  }

  private settle(): void {
    this.theirs = null;
    this.status = 'saved';
    this.sentence = '';
    this.dropKept();
  }

  private failed(problem: Problem, sent: Draft): void {
    // Submitted or skipped meanwhile: this answer is about nothing any more.
    if (this.stopped) return;
    if (problem.code === 'lease_lost') return this.leaseLost(problem.message);
    if (problem.code === 'draft_conflict') return this.conflicted(problem, sent);
    this.sentence = problem.message;
    this.keep();
    this.failures += 1;
    this.status = 'offline';
    this.stuck = !problem.temporary;
    this.refused = this.stuck && !AWAY.includes(problem.status);
    this.unanswered = sent;
    // The same draft would be refused again and again; logging in elsewhere, though, heals the other ones.
    if (!this.refused) this.schedule(problem.temporary ? backoffMs(this.failures) : 30_000);
  }

  private conflicted(problem: Problem, sent: Draft): void {
    if (this.joined(problem, sent) || this.followed(problem)) return this.again();
    const { version, draft } = storedIn(problem);
    this.sentence = problem.message;
    this.keep();
    this.theirs = { version, draft };
    this.status = 'conflict';
  }

  /**
   * The stored draft holds no work that this page does not know: it is our own, whose answer got lost, or a second
   * window only watched. What was refused may be sent once more.
   */
  joined(problem: Problem, sent: Draft): boolean {
    if (problem.code !== 'draft_conflict') return false;
    const { version, draft } = storedIn(problem);
    const known = [sent, this.unanswered, this.stored];
    this.unanswered = null;
    if (!known.some((each) => each !== null && sameWork(each, draft))) return false;
    this.version = version;
    this.stored = draft;
    this.ports.ranOn?.(draft);
    return true;
  }

  /** All the work was done in another window: nothing of this one is lost by going on from there. */
  private followed(problem: Problem): boolean {
    const { follow, snapshot } = this.ports;
    if (!follow || !sameWork(this.stored, snapshot())) return false;
    const { version, draft } = storedIn(problem);
    this.follows(version, draft);
    follow(draft);
    this.dirty = true;
    return true;
  }

  private follows(version: number, draft: Draft): void {
    this.version = version;
    this.stored = draft;
    this.dirty = this.worked = false;
    this.settle();
  }

  private keepSoon(): void {
    const { soon } = this.ports;
    if (!soon) return this.keep();
    this.toKeep = true;
    soon.ask('draft', () => this.toKeep && this.keep());
  }

  private keep(): void {
    this.toKeep = false;
    const { review_id, task_id, shelf, snapshot } = this.ports;
    const saved_at = this.ports.now?.() ?? Date.now();
    if (this.keptAt !== this.version) this.dropKept();
    this.keptAt = this.version;
    this.kept = keepCopy(shelf, {
      review_id,
      task_id,
      version: this.version,
      saved_at,
      draft: snapshot(),
    });
  }

  private dropKept(): void {
    this.kept = true;
    this.toKeep = false;
    if (this.keptAt !== null) dropCopy(this.ports.shelf, this.ports.review_id, this.keptAt);
    this.keptAt = null;
  }
}

const storedIn = ({ extra }: Problem): { version: number; draft: Draft } => ({
  version: Number(extra['current_version']),
  draft: extra['current_draft'] as Draft,
});
