/** What each named action does. Actions that only look are allowed on a read-only review; the others are not. */
import type { Action } from '../core/actions';
import { neighbour } from '../core/hints';
import { inOrder, withEdge, type Hint } from '../core/segments';
import { nextVerdict } from '../core/verdict';
import { t } from '../core/words';
import { RUN_UP_MS, type Session } from './session.svelte';

/** What leaves the page, done by whoever owns the page. */
export interface Exits {
  submit: () => void;
}

type Deed = (session: Session, exits: Exits) => unknown;
type Edge = 'start' | 'end';

const MINUTE_MS = 60_000;

const looking = {
  play_pause: ({ playback }) => playback.toggle(),
  shuttle_back: ({ playback }) => playback.shuttleBack(),
  shuttle_stop: ({ playback }) => playback.shuttleStop(),
  shuttle_forward: ({ playback }) => playback.shuttleForward(),
  play_selected: playSelected,
  loop_selected: loopSelected,
  frame_back: ({ playback }) => playback.step(-1),
  frame_forward: ({ playback }) => playback.step(1),
  back_1s: seekBy(-1000),
  forward_1s: seekBy(1000),
  back_5s: seekBy(-5000),
  forward_5s: seekBy(5000),
  back_1min: seekBy(-MINUTE_MS),
  forward_1min: seekBy(MINUTE_MS),
  jump_start: jumpEdge('start'),
  jump_end: jumpEdge('end'),
  slower: ({ playback }) => playback.changeSpeed(-1),
  faster: ({ playback }) => playback.changeSpeed(1),
  next_unwatched: nextUnwatched,
  next_hint: jumpHint(1),
  previous_hint: jumpHint(-1),
  why: ({ why }) => why.toggle(),
  next_segment: jumpSegment(1),
  previous_segment: jumpSegment(-1),
  zoom_in: ({ view, playback }) => view.zoom(0.6, playback.current_ms),
  zoom_out: ({ view, playback }) => view.zoom(1 / 0.6, playback.current_ms),
  zoom_fit: ({ view }) => view.fit(),
  follow: ({ view, playback }) => view.toggleFollowing(playback.current_ms),
  lanes: ({ lanes }) => (lanes.menuOpen = !lanes.menuOpen),
  take_break: ({ rest }) => rest.begin(),
  settings: ({ gentle }) => (gentle.settingsOpen = true),
  small_player: ({ gentle }) => gentle.toggleSmall(),
  blur: ({ gentle }) => gentle.toggleBlur(),
  reveal: ({ gentle }) => gentle.hold(true),
  greyscale: ({ playback }) => (playback.greyscale = !playback.greyscale),
  mute: ({ playback }) => playback.setMuted(!playback.muted),
  help: (session) => (session.helpOpen = !session.helpOpen),
  cancel,
} satisfies Partial<Record<Action, Deed>>;

const changing = {
  accept: onHint((session, hint) => session.review.accept(hint) && goOn(session)),
  reject: onHint((session, hint) => {
    session.reject(hint);
    goOn(session);
  }),
  accept_group: onHint((session, hint) => {
    session.review.acceptGroup(hint);
    goOn(session);
  }),
  reject_group: onHint((session, hint) => {
    session.reject(hint, true);
    goOn(session);
  }),
  clear: onHint((session, hint) => session.review.clear(hint)),
  show_more: ({ review }) => review.setShowMore(!review.showMore),
  relabel: ({ retyping }) => retyping.ask('relabel'),
  mark_in: ({ marks }) => marks.markIn(),
  mark_out: ({ marks }) => marks.markOut(),
  set_start: setEdge('start'),
  set_end: setEdge('end'),
  switch_edge: ({ review }) => (review.edge = review.edge === 'start' ? 'end' : 'start'),
  nudge_earlier: nudge(-1, 'frame'),
  nudge_later: nudge(1, 'frame'),
  nudge_earlier_1s: nudge(-1, 'second'),
  nudge_later_1s: nudge(1, 'second'),
  start_earlier: nudge(-1, 'frame', 'start'),
  start_later: nudge(1, 'frame', 'start'),
  end_earlier: nudge(-1, 'frame', 'end'),
  end_later: nudge(1, 'frame', 'end'),
  edit_times: onSegment((session, id) => (session.review.writing = id)),
  split: onSegment((session, id) => session.review.splitAt(id, session.playback.current_ms)),
  merge: onSegment((session, id) => session.review.mergeWith(id, 1)),
  merge_previous: onSegment((session, id) => session.review.mergeWith(id, -1)),
  accept_offer: acceptOffer,
  duplicate: ({ retyping }) => retyping.ask('duplicate'),
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
  escalate: (session) => {
    session.playback.pause();
    session.escalateOpen = true;
  },
} satisfies Partial<Record<Action, Deed>>;

type Numbered = `${'type' | 'relabel'}_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;
const NUMBERED = /^(type|relabel)_(\d)$/;
const isNumbered = (action: Action): action is Numbered => NUMBERED.test(action);
const isLook = (action: Action): action is keyof typeof looking => action in looking;

export function perform(action: Action, session: Session, exits: Exits): void {
  if (isLook(action)) return void looking[action](session, exits);
  if (session.readOnly) {
    session.messages.say(t('This review is read-only: nothing can be changed here.'), 'warn');
    return;
  }
  if (!isNumbered(action)) return void changing[action](session, exits);
  const [, way, number = ''] = NUMBERED.exec(action) ?? [];
  pressNumber(session, number, way === 'relabel');
}

/** For what lasts only as long as a key is held. */
export function release(action: Action, { gentle }: Session): void {
  if (action === 'reveal') gentle.hold(false);
}

/** A number key relabels, duplicates, finishes a marked segment, or chooses the type for the next one. */
function pressNumber(session: Session, key: string, relabelling: boolean): void {
  const { retyping, marks, messages } = session;
  const type = session.types.find((each) => each.key === key);
  if (!type) return messages.say(t('No violation type has the key {key}.', { key }), 'warn');
  if (relabelling && retyping.way !== 'relabel') retyping.ask('relabel');
  if (retyping.way) retyping.to(type.slug);
  else if (relabelling) return;
  else if (marks.pending) marks.create(type.slug);
  else marks.choose(type.slug);
}

/** Whoever likes it so is taken to the next open hint by the answer to the one before. */
function goOn(session: Session): void {
  const { review, preferences } = session;
  if (preferences.go_on && review.open.length > 0) jumpHint(1)(session);
}

function acceptOffer({ messages }: Session): void {
  const offer = messages.list.findLast((each) => each.action !== null);
  if (offer) messages.act(offer);
  else messages.say(t('Nothing is offered now.'));
}

function seekBy(delta_ms: number): Deed {
  return ({ playback, view }) => {
    playback.seekBy(delta_ms);
    view.reveal(playback.current_ms);
  };
}

function jumpHint(direction: 1 | -1): (session: Session) => void {
  return (session) => {
    const { review, playback } = session;
    const among = review.open.length > 0 ? review.open : review.shown;
    const hint = neighbour(among, session.hintHere, playback.current_ms, direction);
    if (hint) session.playHint(hint);
    else session.messages.say(t('There are no hints here.'));
  };
}

function jumpSegment(direction: 1 | -1): Deed {
  return (session) => {
    const { review, playback } = session;
    const sorted = inOrder(review.segments);
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
  if (playback.playing && playback.inRange) playback.pause();
  else if (hint && review.selection?.kind === 'hint') session.playHint(hint);
  else if (review.selected) playback.playRange(review.selected, RUN_UP_MS);
  else playback.toggle();
}

function loopSelected({ review, playback, messages }: Session): void {
  if (playback.looping) playback.pause();
  else if (review.selected) playback.loop(() => review.selected);
  else messages.say(t('Choose a hint or a segment first.'), 'warn');
}

function jumpEdge(edge: Edge): Deed {
  return ({ review, playback, view, messages }) => {
    const { selected } = review;
    if (!selected) return messages.say(t('Choose a hint or a segment first.'), 'warn');
    review.edge = edge;
    playback.pause();
    playback.seekToEdge(edge === 'start' ? selected.start_ms : selected.end_ms);
    view.reveal(playback.current_ms);
  };
}

/** The next part that was not seen; once all was, the next that was not heard, where sound is judged. */
function nextUnwatched(session: Session): void {
  const { playback, decision } = session;
  const { parts, unheard } = decision.left;
  const next = parts.find((each) => each.end_ms > playback.current_ms + 300) ?? parts[0];
  if (!next) return session.messages.say(t('Everything has been watched.'));
  if (unheard && playback.muted) {
    const key = session.keys.of('mute');
    session.messages.say(t('Watched, but not heard: switch the sound on ({key}).', { key }));
  }
  playback.seek(next.start_ms);
  session.reveal(next.start_ms);
  playback.play();
}

function onHint(deed: (session: Session, hint: Hint) => unknown): Deed {
  return (session) => {
    const hint = session.review.selectedHint;
    const key = session.keys.of('next_hint');
    if (hint) deed(session, hint);
    else
      session.messages.say(t('Choose a hint first: {key} goes to the next one.', { key }), 'warn');
  };
}

function onSegment(deed: (session: Session, id: string) => unknown): Deed {
  return (session) => {
    const segment = session.review.chosenSegment;
    if (segment) deed(session, segment.id);
    else session.messages.say(t('Choose a segment first.'), 'warn');
  };
}

function setEdge(edge: Edge): Deed {
  return ({ review, playback, messages }) => {
    if (!review.selected) return messages.say(t('Choose a hint or a segment first.'), 'warn');
    const bounds = withEdge(review.selected, edge, playback.current_ms, review.duration_ms);
    review.edge = edge;
    review.setBounds(review.selection, bounds);
  };
}

/** Moves one edge, the one that was chosen last where none is named, and shows the frame there. */
function nudge(direction: 1 | -1, by: 'frame' | 'second', named: Edge | null = null): Deed {
  return ({ review, playback, messages }) => {
    const { selected } = review;
    if (!selected) return messages.say(t('Choose a hint or a segment first.'), 'warn');
    const edge = named ?? review.edge;
    review.edge = edge;
    const from = edge === 'start' ? selected.start_ms : selected.end_ms;
    const to = by === 'second' ? from + direction * 1000 : playback.beside(from, direction);
    const bounds = withEdge(selected, edge, to, review.duration_ms);
    const key = `nudge-${edge}-${JSON.stringify(review.selection)}`;
    if (!review.setBounds(review.selection, bounds, key)) return;
    playback.pause();
    playback.seekToEdge(edge === 'start' ? bounds.start_ms : bounds.end_ms);
  };
}

function cancel(session: Session): void {
  const { marks, review } = session;
  if (session.guideline !== null) session.guideline = null;
  else if (session.dialogAwaited || session.skipOpen) {
    session.helpOpen = false;
    session.gentle.settingsOpen = false;
    session.skipOpen = false;
  } else if (session.retyping.way) session.retyping.way = null;
  else if (marks.pending) marks.clear();
  else {
    review.selection = null;
    review.highlighted = [];
  }
}
