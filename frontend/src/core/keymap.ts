/** Actions have names first; keys are only bindings to them, so that they can be remapped and shown. */
export const ACTIONS = {
  play_pause: ['Playing', 'Play or pause'],
  shuttle_back: ['Playing', 'Play backwards, again for faster'],
  shuttle_stop: ['Playing', 'Stop'],
  shuttle_forward: ['Playing', 'Play forwards, again for faster'],
  play_selected: ['Playing', 'Play the chosen hint or segment'],
  frame_back: ['Playing', 'One frame back'],
  frame_forward: ['Playing', 'One frame forward'],
  back_1s: ['Playing', 'One second back'],
  forward_1s: ['Playing', 'One second forward'],
  back_5s: ['Playing', 'Five seconds back'],
  forward_5s: ['Playing', 'Five seconds forward'],
  slower: ['Playing', 'Slower'],
  faster: ['Playing', 'Faster'],
  next_unwatched: ['Playing', 'Next unwatched part'],
  next_hint: ['Hints', 'Next hint, and play it'],
  previous_hint: ['Hints', 'Previous hint, and play it'],
  accept: ['Hints', 'Accept the hint'],
  reject: ['Hints', 'Reject the hint'],
  accept_group: ['Hints', 'Accept the hint and those that coincide'],
  reject_group: ['Hints', 'Reject the hint and those that coincide'],
  show_more: ['Hints', 'Show more or fewer hints'],
  relabel: ['Segments', 'Relabel: then a number key'],
  mark_in: ['Segments', 'Mark in'],
  mark_out: ['Segments', 'Mark out'],
  set_start: ['Segments', 'Start of the chosen one to the playhead'],
  set_end: ['Segments', 'End of the chosen one to the playhead'],
  switch_edge: ['Segments', 'Switch the edge that is nudged'],
  nudge_earlier: ['Segments', 'Nudge the edge one frame earlier'],
  nudge_later: ['Segments', 'Nudge the edge one frame later'],
  nudge_earlier_1s: ['Segments', 'Nudge the edge one second earlier'],
  nudge_later_1s: ['Segments', 'Nudge the edge one second later'],
  split: ['Segments', 'Cut the segment at the playhead'],
  merge: ['Segments', 'Merge with the next segment of its type'],
  remove: ['Segments', 'Remove the segment'],
  next_segment: ['Segments', 'Choose the next segment'],
  previous_segment: ['Segments', 'Choose the previous segment'],
  type_1: ['Types', 'Type 1: create, relabel or choose'],
  type_2: ['Types', 'Type 2'],
  type_3: ['Types', 'Type 3'],
  type_4: ['Types', 'Type 4'],
  type_5: ['Types', 'Type 5'],
  type_6: ['Types', 'Type 6'],
  type_7: ['Types', 'Type 7'],
  type_8: ['Types', 'Type 8'],
  type_9: ['Types', 'Type 9'],
  zoom_in: ['View', 'Zoom in'],
  zoom_out: ['View', 'Zoom out'],
  zoom_fit: ['View', 'Whole video'],
  blur: ['View', 'Blur'],
  greyscale: ['View', 'Greyscale'],
  mute: ['View', 'Mute'],
  undo: ['Review', 'Undo'],
  redo: ['Review', 'Redo'],
  verdict: ['Review', 'Next verdict'],
  submit: ['Review', 'Submit and go on'],
  skip: ['Review', 'Skip this video'],
  escalate: ['Review', 'Escalate: then say why in the notes'],
  help: ['Review', 'This help'],
  cancel: ['Review', 'Let go: marks, choice, dialogs'],
} as const satisfies Record<string, readonly [group: string, words: string]>;

export type Action = keyof typeof ACTIONS;
export type Keymap = Readonly<Record<string, Action>>;

/** None of the browser's own (Alt+arrows, Ctrl+L, F-keys) is taken. */
export const DEFAULT_KEYS: Keymap = {
  ' ': 'play_pause',
  j: 'shuttle_back',
  k: 'shuttle_stop',
  l: 'shuttle_forward',
  'shift+ ': 'play_selected',
  ',': 'frame_back',
  '.': 'frame_forward',
  arrowleft: 'back_1s',
  arrowright: 'forward_1s',
  'shift+arrowleft': 'back_5s',
  'shift+arrowright': 'forward_5s',
  '<': 'slower',
  '>': 'faster',
  u: 'next_unwatched',
  n: 'next_hint',
  p: 'previous_hint',
  a: 'accept',
  x: 'reject',
  'shift+a': 'accept_group',
  'shift+x': 'reject_group',
  h: 'show_more',
  r: 'relabel',
  i: 'mark_in',
  o: 'mark_out',
  'shift+i': 'set_start',
  'shift+o': 'set_end',
  e: 'switch_edge',
  '[': 'nudge_earlier',
  ']': 'nudge_later',
  '{': 'nudge_earlier_1s',
  '}': 'nudge_later_1s',
  c: 'split',
  'shift+m': 'merge',
  delete: 'remove',
  backspace: 'remove',
  arrowdown: 'next_segment',
  arrowup: 'previous_segment',
  '1': 'type_1',
  '2': 'type_2',
  '3': 'type_3',
  '4': 'type_4',
  '5': 'type_5',
  '6': 'type_6',
  '7': 'type_7',
  '8': 'type_8',
  '9': 'type_9',
  '+': 'zoom_in',
  '=': 'zoom_in',
  '-': 'zoom_out',
  f: 'zoom_fit',
  b: 'blur',
  g: 'greyscale',
  m: 'mute',
  'ctrl+z': 'undo',
  'ctrl+shift+z': 'redo',
  'ctrl+y': 'redo',
  v: 'verdict',
  'ctrl+enter': 'submit',
  s: 'skip',
  'shift+e': 'escalate',
  '?': 'help',
  escape: 'cancel',
};

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** "ctrl+shift+z". For printed signs such as "?" and "+" Shift is already in the sign. */
export function chordOf(press: KeyPress): string {
  const key = press.key.toLowerCase();
  const sign = press.key.length === 1 && !/[a-z ]/.test(key);
  const ctrl = press.ctrlKey || press.metaKey;
  return [ctrl && 'ctrl', press.altKey && 'alt', press.shiftKey && !sign && 'shift', key]
    .filter(Boolean)
    .join('+');
}

export const actionFor = (press: KeyPress, keys: Keymap = DEFAULT_KEYS): Action | null =>
  keys[chordOf(press)] ?? null;

const KEY_NAMES: Record<string, string> = {
  ' ': 'Space',
  arrowleft: '←',
  arrowright: '→',
  arrowup: '↑',
  arrowdown: '↓',
  escape: 'Esc',
  delete: 'Del',
  backspace: '⌫',
  enter: 'Enter',
  ctrl: 'Ctrl',
  shift: 'Shift',
  alt: 'Alt',
};

/** "ctrl+enter" -> "Ctrl + Enter", as printed on keys. */
export function chordWords(chord: string): string {
  const parts = chord === '+' ? ['+'] : chord.split('+');
  return parts.map((part) => KEY_NAMES[part] ?? part.toUpperCase()).join(' + ');
}

export const keysFor = (action: Action, keys: Keymap = DEFAULT_KEYS): string[] =>
  Object.entries(keys)
    .filter(([, bound]) => bound === action)
    .map(([chord]) => chordWords(chord));
