/** The review being made: segments, rejected hints, verdict, notes, and which hints are shown. Pure state; saving and playing live elsewhere. */
import type { Draft, Workbench } from '../api/types';
import { groupOf, outcomesOf, shownHints } from '../core/hints';
import { History, type Content } from '../core/history';
import { sameBounds, type Interval } from '../core/interval';
import {
  besides,
  duplicate,
  fromHint,
  merge,
  put,
  split,
  without,
  withoutHint,
  type Edit,
  type Hint,
  type Segment,
} from '../core/segments';
import type { EscalationReason } from '../core/reasons';
import type { Verdict } from '../core/verdict';
import { msg, t } from '../core/words';
import type { Past } from './past';

export type Selection = { kind: 'hint'; id: number } | { kind: 'segment'; id: string } | null;

export interface ReviewPorts extends Past {
  newId: () => string;
  /** Something the server should know changed. */
  changed: () => void;
  refused: (sentence: string, merge: (() => void) | null) => void;
}

export class ReviewState {
  segments = $state.raw<readonly Segment[]>([]);
  rejected = $state.raw<readonly number[]>([]);
  verdict = $state<Verdict | null>(null);
  escalationReason = $state<EscalationReason | null>(null);
  notes = $state('');
  threshold = $state<number | null>(null);
  showMore = $state(false);
  selection = $state<Selection>(null);
  edge = $state<'start' | 'end'>('end');
  /** The segment whose times are being written. */
  writing = $state<string | null>(null);
  /** Hints of the peak that was expanded last. */
  highlighted = $state.raw<number[]>([]);
  undoLabel = $state<string | null>(null);
  redoLabel = $state<string | null>(null);
  shownEver = $state.raw<number[]>([]);
  played = $state.raw<number[]>([]);
  readonly hints: Hint[];
  readonly shown = $derived(
    shownHints(this.allHints(), { score_threshold: this.threshold, show_more: this.showMore }),
  );
  /** Asked for each hint on each drawn frame, hence a map; the first piece stands for a hint that was cut. */
  private readonly byHint = $derived(
    new Map(
      this.segments
        .toReversed()
        .flatMap((each) => each.hint_ids.map((id): [number, Segment] => [id, each])),
    ),
  );
  readonly outcomes = $derived(
    outcomesOf(this.allHints(), this.segments, this.rejected, this.shownEver),
  );
  /** Shown now, and not answered yet. */
  readonly open = $derived(this.shown.filter((hint) => this.outcomes.get(hint.id) === 'untouched'));
  private history: History;

  constructor(
    workbench: Workbench,
    readonly duration_ms: number,
    private readonly ports: ReviewPorts,
  ) {
    this.hints = workbench.hints;
    this.history = new History(workbench.draft);
    this.load(workbench.draft);
  }

  /** Replaces everything by a draft: at the start, after a conflict, from a kept copy. */
  load(draft: Draft): void {
    this.history = new History(draft, this.ports.findHistory());
    this.show(this.history.content);
    this.verdict = draft.verdict ?? null;
    this.escalationReason = draft.escalation_reason ?? null;
    this.notes = draft.notes;
    this.threshold = draft.score_threshold ?? null;
    this.showMore = draft.show_more;
    this.played = [...draft.played];
    this.shownEver = [...draft.shown];
    this.recordShown();
  }

  hint(id: number): Hint | null {
    return this.hints.find((each) => each.id === id) ?? null;
  }

  segment(id: string): Segment | null {
    return this.segments.find((each) => each.id === id) ?? null;
  }

  /** What the selection covers now: an adjusted hint is where its segment is. */
  get selected(): (Interval & { violation_type: string }) | null {
    const { selection } = this;
    if (selection?.kind === 'segment') return this.segment(selection.id);
    if (selection?.kind !== 'hint') return null;
    return this.ownSegment(selection.id) ?? this.hint(selection.id);
  }

  get selectedHint(): Hint | null {
    const { selection } = this;
    if (selection?.kind === 'hint') return this.hint(selection.id);
    const from =
      selection?.kind === 'segment' ? this.segment(selection.id)?.hint_ids[0] : undefined;
    return from === undefined ? null : this.hint(from);
  }

  /** The chosen segment, or the one a chosen hint has become. */
  get chosenSegment(): Segment | null {
    const { selection } = this;
    if (selection?.kind === 'segment') return this.segment(selection.id);
    return selection && this.ownSegment(selection.id);
  }

  ownSegment(hint_id: number): Segment | null {
    return this.byHint.get(hint_id) ?? null;
  }

  accept(hint: Hint, key: string | null = null): boolean {
    if (this.ownSegment(hint.id)) return true;
    const edit = put(this.segments, fromHint(hint, this.ports.newId()), this.duration_ms);
    return this.apply(edit, msg('accepting a hint'), key);
  }

  reject(hint: Hint, key: string | null = null): void {
    const segments = withoutHint(this.segments, hint.id);
    const rejected = [...this.rejected.filter((id) => id !== hint.id), hint.id];
    this.commit(msg('rejecting a hint'), { segments, rejected }, key);
  }

  /** One act, hence one step to undo. */
  acceptGroup(hint: Hint): void {
    const key = `accept-${this.ports.newId()}`;
    for (const each of groupOf(this.shown, hint)) this.accept(each, key);
  }

  rejectGroup(hint: Hint): void {
    const key = `reject-${this.ports.newId()}`;
    for (const each of groupOf(this.shown, hint)) this.reject(each, key);
  }

  /** Back to untouched. */
  clear(hint: Hint): void {
    this.commit(msg('clearing a hint'), {
      segments: withoutHint(this.segments, hint.id),
      rejected: this.rejected.filter((id) => id !== hint.id),
    });
  }

  create(violation_type: string, bounds: Interval): boolean {
    const id = this.ports.newId();
    const made: Segment = { id, violation_type, ...bounds, origin: 'human', hint_ids: [] };
    const done = this.apply(put(this.segments, made, this.duration_ms), msg('a new segment'));
    if (done) this.selection = { kind: 'segment', id };
    return done;
  }

  /** New bounds for a segment, or for a hint, which thereby becomes a segment of origin hint. */
  setBounds(target: Selection, bounds: Interval, key: string | null = null): boolean {
    const segment = this.editable(target);
    if (!segment || sameBounds(segment, bounds)) return false;
    const placed = { ...segment, start_ms: bounds.start_ms, end_ms: bounds.end_ms };
    return this.apply(put(this.segments, placed, this.duration_ms), msg('moving'), key);
  }

  relabel(target: Selection, violation_type: string): boolean {
    const segment = this.editable(target);
    if (!segment || segment.violation_type === violation_type) return false;
    const edit = put(this.segments, { ...segment, violation_type }, this.duration_ms);
    return this.apply(edit, msg('relabelling'));
  }

  remove(id: string): void {
    const gone = this.segment(id);
    if (!gone) return;
    this.commit(msg('removing a segment'), {
      segments: without(this.segments, id),
      rejected: this.rejected,
    });
    const primary = gone.hint_ids[0];
    this.selection = primary === undefined ? null : { kind: 'hint', id: primary };
  }

  splitAt(id: string, ms: number): boolean {
    return this.apply(split(this.segments, id, ms, this.ports.newId()), msg('cutting'));
  }

  /** With the next one of its type (1), or with the one before it (-1). */
  mergeWith(id: string, direction: 1 | -1): boolean {
    const segment = this.segment(id);
    const other = segment && besides(this.segments, segment, direction);
    const parts = segment && other ? [segment, other] : [];
    return this.apply(merge(this.segments, parts), msg('merging'));
  }

  duplicate(id: string, violation_type: string): boolean {
    const new_id = this.ports.newId();
    const edit = duplicate(this.segments, id, violation_type, new_id);
    const done = this.apply(edit, msg('duplicating'));
    if (done) this.selection = { kind: 'segment', id: new_id };
    return done;
  }

  undo(): void {
    this.show(this.history.undo());
    this.done();
  }

  redo(): void {
    this.show(this.history.redo());
    this.done();
  }

  setVerdict(verdict: Verdict | null): void {
    this.verdict = verdict;
    this.ports.changed();
  }

  /** Passes the video on to a senior, and says why. */
  escalate(reason: EscalationReason): void {
    this.escalationReason = reason;
    this.setVerdict('escalated');
  }

  setNotes(notes: string): void {
    this.notes = notes;
    this.ports.changed();
  }

  /** While the slider is still moving nothing is recorded; where it comes to rest counts as shown. */
  setThreshold(threshold: number | null, settled: boolean): void {
    this.threshold = threshold;
    if (!settled) return;
    this.recordShown();
    this.ports.changed();
  }

  setShowMore(show: boolean): void {
    this.showMore = show;
    this.recordShown();
    this.ports.changed();
  }

  markPlayed(hint_id: number): void {
    if (this.played.includes(hint_id)) return;
    this.played = [...this.played, hint_id];
    this.ports.changed();
  }

  /** Once drawn on this screen, a hint stays in the shown set: hiding it again does not unsee it. */
  private recordShown(): void {
    this.shownEver = [...new Set([...this.shownEver, ...this.shown.map((hint) => hint.id)])];
  }

  private editable(target: Selection): Segment | null {
    if (target?.kind === 'segment') return this.segment(target.id);
    const hint = target?.kind === 'hint' ? this.hint(target.id) : null;
    return hint && (this.ownSegment(hint.id) ?? fromHint(hint, this.ports.newId()));
  }

  private apply(edit: Edit, label: string, key: string | null = null): boolean {
    if (!edit.ok) {
      this.ports.refused(edit.sentence, edit.merge.length > 1 ? this.offer(edit.merge) : null);
      return false;
    }
    // What a segment came from is not rejected any more.
    const kept = new Set(edit.segments.flatMap((each) => each.hint_ids));
    const rejected = this.rejected.filter((id) => !kept.has(id));
    const { selection } = this;
    this.commit(label, { segments: edit.segments, rejected }, key);
    // Swallowed by a merge: the choice goes on with what came of it.
    if (selection?.kind === 'segment' && !this.selection) {
      this.selection = { kind: 'segment', id: edit.id };
    }
    return true;
  }

  /** Holds for the segments that it was made of: once they changed, it would bring back what is gone. */
  private offer(parts: readonly Segment[]): () => void {
    const at = this.segments;
    return () => {
      if (this.segments === at) this.apply(merge(this.segments, parts), msg('merging'));
      else this.ports.refused(t('The segments were changed since: try it again.'), null);
    };
  }

  private commit(label: string, content: Content, key: string | null = null): void {
    this.history.push(label, content, key);
    this.show(this.history.content);
    this.done();
  }

  private done(): void {
    this.ports.keepHistory(() => this.history.kept());
    this.ports.changed();
  }

  private show(content: Content): void {
    this.segments = content.segments;
    this.rejected = content.rejected;
    this.undoLabel = this.history.undoLabel;
    this.redoLabel = this.history.redoLabel;
    const { selection } = this;
    if (selection?.kind === 'segment' && !this.segment(selection.id)) this.selection = null;
  }

  /** $derived fields are set up before the constructor's body runs, so they read hints lazily. */
  private allHints(): Hint[] {
    return this.hints;
  }
}
