/** What each named action does. Actions that only look are allowed on a read-only review; the others are not. */
import { neighbour } from '../core/hints';
import type { Action } from '../core/keymap';
import { byStart, withEdge, type Hint } from '../core/segments';
import { nextVerdict } from '../core/verdict';
import type { Session } from './session.svelte';

/** What leaves the page, done by whoever owns the page. */
export interface Exits {
  submit: () => void;
  /** Puts the cursor into the notes. */
  writeNotes: () => void;
}

type Deed = (session: Session, exits: Exits) => unknown;
type Numbered = `type_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;

const looking = {
  play_pause: ({ playback }) => playback.toggle(),
  shuttle_back: ({ playback }) => playback.shuttleBack(),
  shuttle_stop: ({ playback }) => playback.shuttleStop(),
  shuttle_forward: ({ playback }) => playback.shuttleForward(),
  play_selected: playSelected,
  frame_back: ({ playback }) => playback.step(-1),
  frame_forward: ({ playback }) => playback.step(1),
  back_1s: seekBy(-1000),
  forward_1s: seekBy(1000),
  back_5s: seekBy(-5000),
  forward_5s: seekBy(5000),
  slower: ({ playback }) => playback.changeSpeed(-1),
  faster: ({ playback }) => playback.changeSpeed(1),
  next_unwatched: nextUnwatched,
  next_hint: jumpHint(1),
  previous_hint: jumpHint(-1),
  next_segment: jumpSegment(1),
  previous_segment: jumpSegment(-1),
  zoom_in: ({ view, playback }) => view.zoom(0.6, playback.current_ms),
  zoom_out: ({ view, playback }) => view.zoom(1 / 0.6, playback.current_ms),
  zoom_fit: ({ view }) => view.fit(),
  blur: ({ playback }) => (playback.blurred = !playback.blurred),
  greyscale: ({ playback }) => (playback.greyscale = !playback.greyscale),
  mute: ({ playback }) => playback.setMuted(!playback.muted),
  help: (session) => (session.helpOpen = !session.helpOpen),
  cancel,
} satisfies Partial<Record<Action, Deed>>;

const changing = {
  accept: onHint((session, hint) => session.review.accept(hint)),
  reject: onHint((session, hint) => session.reject(hint)),
  accept_group: onHint((session, hint) => session.review.acceptGroup(hint)),
  reject_group: onHint((session, hint) => session.reject(hint, true)),
  show_more: ({ review }) => review.setShowMore(!review.showMore),
  relabel: startRelabel,
  mark_in: ({ marks }) => marks.markIn(),
  mark_out: ({ marks }) => marks.markOut(),
  set_start: setEdge('start'),
  set_end: setEdge('end'),
  switch_edge: ({ review }) => (review.edge = review.edge === 'start' ? 'end' : 'start'),
  nudge_earlier: nudge((session) => -session.playback.frame_ms),
  nudge_later: nudge((session) => session.playback.frame_ms),
  nudge_earlier_1s: nudge(() => -1000),
  nudge_later_1s: nudge(() => 1000),
  split: onSegment((session, id) => session.review.splitAt(id, session.playback.current_ms)),
  merge: onSegment((session, id) => session.review.mergeWithNext(id)),
  remove: onSegment((session, id) => session.review.remove(id)),
  undo: ({ review }) => review.undo(),
  redo: ({ review }) => review.redo(),
  verdict: ({ review, decision: { suggested } }) =>
    review.setVerdict((review.verdict === null && suggested) || nextVerdict(review.verdict)),
  submit: (_, exits) => exits.submit(),
  skip: (session) => {
    session.playback.pause();
    session.skipOpen = true;
  },
  escalate: ({ playback, review }, exits) => {
    playback.pause();
    review.setVerdict('escalated');
    exits.writeNotes();
  },
} satisfies Partial<Record<Action, Deed>>;

export function perform(action: Action, session: Session, exits: Exits): void {
  if (action in looking) return void looking[action as keyof typeof looking](session, exits);
  if (session.readOnly) {
    session.messages.say('This review is read-only: nothing can be changed here.', 'warn');
    return;
  }
  if (action in changing) changing[action as keyof typeof changing](session, exits);
  else pressType(session, Number((action as Numbered).slice('type_'.length)));
}

/** A number key relabels, finishes a marked segment, or chooses the type for the next one. */
function pressType(session: Session, key: number): void {
  const type = session.types.find((each) => each.key === String(key));
  if (!type) return session.messages.say(`No violation type has the key ${key}.`, 'warn');
  if (session.relabelling) relabelTo(session, type.slug);
  else if (session.marks.pending) session.marks.create(type.slug);
  else session.marks.choose(type.slug);
}

export function relabelTo(session: Session, slug: string): void {
  session.review.relabel(session.review.selection, slug);
  session.relabelling = false;
}

function seekBy(delta_ms: number): Deed {
  return ({ playback, view }) => {
    playback.seekBy(delta_ms);
    view.reveal(playback.current_ms);
  };
}

function jumpHint(direction: 1 | -1): Deed {
  return (session) => {
    const { review, playback } = session;
    const among = review.open.length > 0 ? review.open : review.shown;
    const hint = neighbour(among, session.hintHere, playback.current_ms, direction);
    if (hint) session.playHint(hint);
    else session.messages.say('There are no hints here.');
  };
}

function jumpSegment(direction: 1 | -1): Deed {
  return (session) => {
    const { review, playback } = session;
    const sorted = [...review.segments].sort(byStart);
    const { selection } = review;
    const at = sorted.findIndex(
      (each) => selection?.kind === 'segment' && each.id === selection.id,
    );
    const from = at < 0 && direction < 0 ? 0 : at;
    const next = sorted[(from + direction + sorted.length) % sorted.length];
    if (!next) return;
    review.selection = { kind: 'segment', id: next.id };
    playback.seekToEdge(next.start_ms);
    session.reveal(next.start_ms);
  };
}

function playSelected(session: Session): void {
  const { review, playback } = session;
  const hint = review.selectedHint;
  if (hint && review.selection?.kind === 'hint') session.playHint(hint);
  else if (review.selected) playback.playRange(review.selected);
  else playback.toggle();
}

function nextUnwatched(session: Session): void {
  const { coverage, playback } = session;
  const missing = coverage.missing;
  const next = missing.find((each) => each.end_ms > playback.current_ms + 300) ?? missing[0];
  if (!next) return session.messages.say('Everything has been watched.');
  playback.seek(Math.max(next.start_ms, 0));
  session.reveal(next.start_ms);
  playback.play();
}

function startRelabel(session: Session): void {
  if (!session.review.selected) {
    return session.messages.say('Choose a hint or a segment first, then R and a number.', 'warn');
  }
  session.relabelling = !session.relabelling;
}

function onHint(deed: (session: Session, hint: Hint) => unknown): Deed {
  return (session) => {
    const hint = session.review.selectedHint;
    if (hint) deed(session, hint);
    else session.messages.say('Choose a hint first: N goes to the next one.', 'warn');
  };
}

/** The chosen segment, or the one a chosen hint has become. */
function onSegment(deed: (session: Session, id: string) => unknown): Deed {
  return (session) => {
    const { selection } = session.review;
    const id =
      selection?.kind === 'segment'
        ? selection.id
        : selection && session.review.ownSegment(selection.id)?.id;
    if (id) deed(session, id);
    else session.messages.say('Choose a segment first.', 'warn');
  };
}

function setEdge(edge: 'start' | 'end'): Deed {
  return (session) => {
    const { review, playback } = session;
    if (!review.selected) return session.messages.say('Choose a hint or a segment first.', 'warn');
    const bounds = withEdge(review.selected, edge, playback.current_ms, review.duration_ms);
    review.edge = edge;
    review.setBounds(review.selection, bounds);
  };
}

function nudge(delta_ms: (session: Session) => number): Deed {
  return (session) => {
    const { review, playback } = session;
    const { selected, edge } = review;
    if (!selected) return session.messages.say('Choose a hint or a segment first.', 'warn');
    const from = edge === 'start' ? selected.start_ms : selected.end_ms;
    const bounds = withEdge(selected, edge, from + delta_ms(session), review.duration_ms);
    const key = `nudge-${edge}-${JSON.stringify(review.selection)}`;
    if (!review.setBounds(review.selection, bounds, key)) return;
    playback.pause();
    playback.seekToEdge(edge === 'start' ? bounds.start_ms : bounds.end_ms);
  };
}

function cancel(session: Session): void {
  const { marks, review } = session;
  if (session.guideline !== null) session.guideline = null;
  else if (session.helpOpen || session.skipOpen) {
    session.helpOpen = false;
    session.skipOpen = false;
  } else if (session.relabelling) session.relabelling = false;
  else if (marks.pending) marks.clear();
  else {
    review.selection = null;
    review.highlighted = [];
  }
}
