/** One reviewer at one review: wires review, playback, timeline view, autosave, lease, coverage and active time together. */
import type { Draft, DraftStored, LeaseRenewed, Workbench } from '../api/types';
import type { Curve } from '../core/curve';
import { hull } from '../core/interval';
import { withHints, type Hint } from '../core/segments';
import { t } from '../core/words';
import { ActiveTime } from './activity.svelte';
import { Autosave } from './autosave.svelte';
import {
  copyOf,
  copyOfTask,
  dropCopy,
  dropStrange,
  strangeCopies,
  type Copy,
  type StrangeCopy,
} from './copies';
import { CoverageRecorder } from './coverage.svelte';
import { Decision } from './decision.svelte';
import { Gentle } from './gentle.svelte';
import { Keys } from './keys.svelte';
import { lanesOf, type LaneCurve } from './laneCurves';
import { Lanes } from './lanes.svelte';
import { ABSENT_AFTER_MS, LeaseKeeper } from './lease.svelte';
import { Marks } from './marks.svelte';
import { Messages } from './messages.svelte';
import { pastOf } from './past';
import { Playback } from './playback.svelte';
import type { Preferences } from './preferences.svelte';
import { Retyping } from './retyping.svelte';
import { Rest } from './rest.svelte';
import { ReviewState } from './review.svelte';
import type { Shelf } from './shelf';
import { Soon } from './soon';
import { TimelineView } from './view.svelte';
import { Why } from './why.svelte';
import { sameWork } from './work';

/** A hint is played from a moment before it, so that the eye is ready. */
export const RUN_UP_MS = 500;

/** This much of a hint is enough to call it played, or half of it where it is shorter. */
const PLAYED_MS = 2000;

/** Long enough to hold a time line, when nobody can tell the video's length. */
const UNKNOWN_MS = 60_000;

export interface SessionPorts {
  save: (token: number, version: number, draft: Draft) => Promise<DraftStored>;
  renew: (token: number) => Promise<LeaseRenewed>;
  shelf: Shelf;
  newId: () => string;
  now: () => number;
  preferences: Preferences;
}

export class Session {
  readonly messages = new Messages();
  /** What is written into this browser; whoever leaves the page flushes it. */
  readonly soon = new Soon();
  readonly preferences: Preferences;
  readonly review: ReviewState;
  readonly playback: Playback;
  readonly view: TimelineView;
  readonly lanes: Lanes;
  readonly marks: Marks;
  readonly decision: Decision;
  readonly gentle: Gentle;
  readonly coverage: CoverageRecorder;
  readonly why = new Why(this);
  readonly active: ActiveTime;
  readonly autosave: Autosave;
  readonly lease: LeaseKeeper;
  readonly rest: Rest;
  curves = $state.raw(new Map<string, LaneCurve>());
  /** When shots begin, rising: a fact of the file, so every arm has them. */
  cuts = $state.raw<number[]>([]);
  readonly retyping: Retyping;
  readonly keys: Keys;
  helpOpen = $state(false);
  skipOpen = $state(false);
  escalateOpen = $state(false);
  /** The violation type whose guideline is open. */
  guideline = $state<string | null>(null);
  /** An earlier draft of this task found in the browser; offered, never taken unasked. */
  leftover = $state.raw<Copy | null>(null);
  /** What another version of Spotter kept of this task; told about, so that it can be copied by hand. */
  strange = $state.raw<StrangeCopy[]>([]);
  /** In the order of their keys, which is how hands find them; types without a key come last. */
  readonly types: Workbench['violation_types'];
  private ending = $state(false);
  readonly duration_ms: number;
  readonly lengthKnown: boolean;

  constructor(
    readonly workbench: Workbench,
    /** null: neither the server nor the browser can tell. */
    known_ms: number | null,
    private readonly ports: SessionPorts,
  ) {
    const { video, draft } = workbench;
    this.preferences = ports.preferences;
    this.keys = new Keys(ports.preferences);
    const duration_ms = known_ms ?? UNKNOWN_MS;
    this.duration_ms = duration_ms;
    this.lengthKnown = known_ms !== null;
    this.types = workbench.violation_types.toSorted(
      (a, b) => Number(a.key || Infinity) - Number(b.key || Infinity),
    );
    this.playback = new Playback(duration_ms, video.average_fps);
    this.view = new TimelineView(duration_ms);
    this.coverage = new CoverageRecorder(draft.watched, duration_ms);
    this.active = new ActiveTime(draft.active_ms, ports.now());
    this.review = new ReviewState(workbench, duration_ms, {
      newId: ports.newId,
      changed: () => this.changed(),
      refused: (sentence, merge) => this.refused(sentence, merge),
      ...pastOf(ports.shelf, this.soon, workbench, ports.now),
    });
    this.lanes = new Lanes(this);
    this.marks = new Marks(this);
    this.retyping = new Retyping(this);
    this.decision = new Decision(this);
    this.gentle = new Gentle(this);
    this.autosave = this.buildAutosave();
    this.lease = this.buildLease();
    this.rest = new Rest(this, ports);
    this.findCopies();
  }

  get readOnly(): boolean {
    return this.workbench.read_only || this.autosave.status === 'lease_lost' || this.ending;
  }

  typeOf(slug: string): Workbench['violation_types'][number] | undefined {
    return this.types.find((each) => each.slug === slug);
  }

  /** Asked for and perhaps still on its way: what is typed meanwhile is meant for it. */
  get dialogAwaited(): boolean {
    return this.helpOpen || this.gentle.settingsOpen;
  }

  snapshot(): Draft {
    const { review } = this;
    return {
      segments: review.segments.map((each) => ({ ...each })),
      rejected: [...review.rejected],
      shown: [...review.shownEver],
      played: [...review.played],
      watched: this.coverage.ranges.map((each) => ({ ...each })),
      active_ms: this.active.total_ms,
      verdict: review.verdict,
      escalation_reason: review.escalationReason,
      notes: review.notes,
      score_threshold: review.threshold,
      show_more: review.showMore,
    };
  }

  setCurves(decoded: Map<string, Curve>): void {
    this.curves = lanesOf(decoded);
  }

  thresholdOf(slug: string): number {
    return this.review.threshold ?? this.workbench.thresholds[slug] ?? 0.5;
  }

  selectHint(hint: Hint): void {
    this.review.selection = { kind: 'hint', id: hint.id };
    this.reveal(hint.start_ms);
  }

  playHint(hint: Hint): void {
    this.selectHint(hint);
    this.playback.playRange(this.review.ownSegment(hint.id) ?? hint, RUN_UP_MS);
  }

  /** The chosen hint while the playhead is still at it; who went elsewhere goes on from there. */
  get hintHere(): Hint | null {
    const { review, playback } = this;
    const hint = review.selectedHint;
    if (!hint) return null;
    const around = hull([hint, review.ownSegment(hint.id) ?? hint]);
    const near =
      playback.current_ms >= around.start_ms - 2 * RUN_UP_MS &&
      playback.current_ms <= around.end_ms + RUN_UP_MS;
    return near ? hint : null;
  }

  /** A rejected hint takes its segments along, which is said, and can be taken back while nothing else was done. */
  reject(hint: Hint, group: boolean = false): void {
    const { review, messages } = this;
    const before = review.segments;
    const moved = review.outcomes.get(hint.id) !== 'accepted';
    if (group) review.rejectGroup(hint);
    else review.reject(hint);
    const after = review.segments;
    if (before.every((each) => after.some(({ id }) => id === each.id))) return;
    const run = () => {
      if (this.readOnly) return;
      if (review.segments === after) review.undo();
      else messages.say(t('More was changed since: undo it step by step.'), 'warn');
    };
    const words = moved
      ? t('Rejected; the segment you adjusted is gone.')
      : t('Rejected; its segment is gone.');
    messages.say(words, 'info', { label: t('Undo'), run });
  }

  reveal(ms: number): void {
    this.view.reveal(ms);
  }

  /** Every quarter second while the page is open. */
  tick(visible: boolean): void {
    if (this.readOnly) return;
    const { playback } = this;
    const before = this.active.total_ms;
    this.active.tick(this.ports.now(), visible, playback.playing);
    if (this.active.total_ms !== before) this.autosave.touch('later');
    if (!visible) this.coverage.pause();
  }

  /** The player shows another frame. */
  watched(visible: boolean): void {
    const { playback, coverage } = this;
    if (!playback.playing || !visible || this.readOnly) return coverage.pause();
    const { speed, muted, veiled: blurred } = playback;
    if (coverage.sample(playback.current_ms, { speed, muted, blurred })) this.notePlayed();
  }

  /** Played is what really ran past the eyes, not what was merely started. */
  private notePlayed(): void {
    const { review, playback, coverage } = this;
    const now = playback.current_ms;
    for (const hint of review.shown) {
      if (hint.start_ms > now || hint.end_ms < now - 1000 || review.played.includes(hint.id))
        continue;
      const enough = Math.min(PLAYED_MS, (hint.end_ms - hint.start_ms) / 2);
      if (coverage.within(hint) >= enough) review.markPlayed(hint.id);
    }
  }

  /** Somebody was here lately, or the video is playing. */
  inUse(within_ms: number): boolean {
    return this.playback.playing || this.active.idleFor(this.ports.now()) < within_ms;
  }

  activity(): void {
    this.active.sign(this.ports.now());
  }

  /** Loads a whole draft into the page: after a conflict, or from a copy. */
  take(draft: Draft): void {
    this.review.load(draft);
    this.coverage.ranges = [...draft.watched];
    this.active.total_ms = draft.active_ms;
  }

  /** What another window of this person watched counts here too. */
  private join({ watched, active_ms, played, shown }: Draft): void {
    const { coverage, active, review } = this;
    coverage.add(watched);
    active.total_ms = Math.max(active.total_ms, active_ms);
    review.played = [...new Set([...review.played, ...played])];
    review.shownEver = [...new Set([...review.shownEver, ...shown])];
  }

  /** Everything was done in another window: this one goes on from there, with what it watched itself. */
  private follow(theirs: Draft): void {
    const mine = this.snapshot();
    this.take(theirs);
    this.join(mine);
    this.messages.say(t('What you did in another window is here now too.'));
  }

  takeLeftover(): void {
    const copy = this.leftover;
    if (!copy) return;
    const known = new Set(this.review.hints.map((hint) => hint.id));
    const keep = (id: number) => known.has(id);
    const segments = copy.draft.segments.map((each) => withHints(each, each.hint_ids.filter(keep)));
    const { rejected, shown, played } = copy.draft;
    this.take({
      ...copy.draft,
      segments,
      rejected: rejected.filter(keep),
      shown: shown.filter(keep),
      played: played.filter(keep),
    });
    this.dropLeftover();
    this.changed();
  }

  dropLeftover(): void {
    const { leftover } = this;
    if (leftover) dropCopy(this.ports.shelf, leftover.review_id, leftover.version);
    this.leftover = null;
  }

  dropStrange(): void {
    for (const copy of this.strange) dropStrange(this.ports.shelf, copy);
    this.strange = [];
  }

  start(): void {
    if (!this.readOnly) this.lease.start();
  }

  /** From here on nothing is changed any more: the answer is on its way. */
  end(ending: boolean = true): void {
    this.ending = ending;
    if (!ending) {
      if (!this.workbench.read_only) this.autosave.touch('later');
      return;
    }
    this.playback.pause();
    // A save now would overtake the answer, which carries everything.
    this.autosave.stop();
  }

  stop(): void {
    this.soon.flush();
    this.lease.stop();
    this.autosave.stop();
  }

  private changed(): void {
    this.decision.changed();
    if (!this.readOnly) this.autosave.touch('now');
  }

  private refused(sentence: string, merge: (() => void) | null): void {
    const run = () => {
      if (this.readOnly) return;
      merge?.();
      this.marks.clear();
    };
    const action = merge ? { label: t('Merge'), run } : null;
    this.messages.say(sentence, 'warn', action);
  }

  private buildAutosave(): Autosave {
    const { id, task_id, draft_version } = this.workbench;
    const { save, shelf, now } = this.ports;
    return new Autosave(
      {
        review_id: id,
        task_id,
        shelf,
        soon: this.soon,
        now,
        ranOn: (theirs) => this.join(theirs),
        follow: (theirs) => this.follow(theirs),
        snapshot: () => this.snapshot(),
        save: (version, draft) => save(this.lease.token, version, draft),
        regain: () => this.lease.regain(),
        onSaved: (saved) => this.lease.renewed(saved.lease_expires_at),
      },
      draft_version,
    );
  }

  private buildLease(): LeaseKeeper {
    const { lease } = this.workbench;
    return new LeaseKeeper(lease, {
      renew: this.ports.renew,
      inUse: () => this.inUse(ABSENT_AFTER_MS),
      onLost: (sentence) => this.autosave.leaseLost(sentence),
    });
  }

  /** Changes the server never got (a crash, a lost connection) come back by themselves; anything doubtful is offered. */
  private findCopies(): void {
    const { id, task_id, draft_version, draft, read_only } = this.workbench;
    if (read_only) return;
    this.strange = strangeCopies(this.ports.shelf, id, task_id);
    const own = copyOf(this.ports.shelf, id);
    if (own && sameWork(own.draft, draft)) {
      // The server got it after all: only its answer never arrived, as when a page is left at once.
      dropCopy(this.ports.shelf, id, own.version);
      return;
    }
    if (own && own.version === draft_version) {
      this.take(own.draft);
      this.messages.say(t('Changes that had not been saved yet were restored.'));
      this.autosave.touch('now');
      return;
    }
    this.leftover = own ?? copyOfTask(this.ports.shelf, task_id, id);
  }
}
