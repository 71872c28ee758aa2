/** From presses to chords to named actions; a person's own keys lie over one of the presets. */
import { ACTIONS, isAction, type Action } from './actions';
import { PRESETS, type Keymap, type Preset } from './presets';
import { msg, t } from './words';

export { ACTIONS, type Action } from './actions';
export type { Keymap, Preset } from './presets';

export const DEFAULT_KEYS: Keymap = PRESETS.spotter;

/** Only what differs from the preset, as the server keeps it. */
export type OwnKeys = Record<string, string[]>;

export interface KeyPress {
  key: string;
  code?: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  getModifierState?: (name: string) => boolean;
}

/** What these keys print on an American keyboard, plain and with Shift. */
const SIGNS: Readonly<Record<string, readonly [string, string]>> = {
  Minus: ['-', '_'],
  Equal: ['=', '+'],
  BracketLeft: ['[', '{'],
  BracketRight: [']', '}'],
  Backslash: ['\\', '|'],
  Semicolon: [';', ':'],
  Quote: ["'", '"'],
  Backquote: ['`', '~'],
  Comma: [',', '<'],
  Period: ['.', '>'],
  Slash: ['/', '?'],
};

/** European keyboards write "[" with AltGr, which Windows also tells as Ctrl + Alt. */
const byAltGr = (press: KeyPress): boolean =>
  press.key.length === 1 &&
  ((press.getModifierState?.('AltGraph') ?? false) ||
    (press.ctrlKey && press.altKey && !/[a-z0-9 ]/i.test(press.key)));

/** "ctrl+shift+z". For printed signs such as "?" and "+" Shift is already in the sign. */
export function chordOf(press: KeyPress): string {
  const key = press.key.toLowerCase();
  const sign = press.key.length === 1 && !isLetter(key) && key !== ' ';
  if (byAltGr(press)) return key;
  return withModifiers(press, key, !sign);
}

const isLetter = (key: string): boolean => /^\p{L}$/u.test(key);

function withModifiers(press: KeyPress, key: string, shift: boolean): string {
  const ctrl = press.ctrlKey || press.metaKey;
  return [ctrl && 'ctrl', press.altKey && 'alt', shift && press.shiftKey && 'shift', key]
    .filter(Boolean)
    .join('+');
}

/** The same key on an American keyboard, for what other keyboards print there: "ф" is A, "&" is 1, "ü" is [. */
function chordByPlace(press: KeyPress): string | null {
  const { code = '' } = press;
  if (byAltGr(press) || /^[a-z]$/i.test(press.key)) return null;
  if (press.key.length > 1 && press.key !== 'Dead') return null;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return withModifiers(press, letter.toLowerCase(), true);
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit) return withModifiers(press, digit, true);
  const sign = SIGNS[code]?.[press.shiftKey ? 1 : 0];
  return sign ? withModifiers(press, sign, false) : null;
}

/** What a key prints counts first, so that maps fit every keyboard; where it lies counts second. */
export function actionFor(press: KeyPress, keys: Keymap = DEFAULT_KEYS): Action | null {
  const place = chordByPlace(press);
  return keys[chordOf(press)] ?? (place === null ? null : (keys[place] ?? null));
}

/** The chord to remember for a press: one that other keyboards can find as well. */
export function chordToBind(press: KeyPress): string {
  const place = chordByPlace(press);
  const foreign = press.key.length === 1 && isLetter(press.key) && !/^[a-z]$/i.test(press.key);
  const digit = /^Digit\d$/.test(press.code ?? '') && press.shiftKey;
  return place !== null && (foreign || digit || press.key === 'Dead') ? place : chordOf(press);
}

export const isModifier = (key: string): boolean =>
  ['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Fn', 'NumLock'].includes(key);

const OURS_WITH_CTRL: ReadonlySet<string> = new Set([
  'ctrl+z',
  'ctrl+shift+z',
  'ctrl+y',
  'ctrl+enter',
  'ctrl+shift+enter',
]);

const REFUSALS: readonly [RegExp, string][] = [
  [/^escape$/, msg('Esc always lets go: it cannot be bound to anything else.')],
  [/alt\+/, msg('{key} belongs to the browser or the system. Choose a key without Alt.')],
  [/^(shift\+)?tab$/, msg('Tab goes from one control to the next, for whoever has no mouse.')],
  [
    /^(shift\+)?(home|end|pageup|pagedown)$/,
    msg('{key} scrolls the page. Choose a letter, a digit or a sign.'),
  ],
  [/^(\/|')$/, msg('{key} opens the search of some browsers. Choose another key.')],
  [
    /^(shift\+|ctrl\+)*(f\d+|contextmenu|insert|printscreen|browser.*|audio.*|media.*)$/,
    msg('{key} belongs to the browser or the system. Choose a letter, a digit or a sign.'),
  ],
  [
    /^(dead|process|unidentified|compose)$/,
    msg('This key is for writing accents and other scripts. Choose another one.'),
  ],
];

/** Why this chord cannot be bound, in a sentence; null when it can. */
export function refusalOf(chord: string): string | null {
  const key = chordWords(chord);
  if (chord.startsWith('ctrl+') && !OURS_WITH_CTRL.has(chord)) {
    return t('{key} belongs to the browser. Choose a key without Ctrl.', { key });
  }
  const found = REFUSALS.find(([pattern]) => pattern.test(chord));
  return found ? t(found[1], { key }) : null;
}

const names = Object.keys(ACTIONS) as Action[];

const chordsIn = (keys: Keymap, action: Action): string[] =>
  Object.entries(keys)
    .filter(([, bound]) => bound === action)
    .map(([chord]) => chord);

const chordsOfPreset = (preset: Preset): Record<Action, string[]> =>
  Object.fromEntries(names.map((name) => [name, chordsIn(PRESETS[preset], name)])) as Record<
    Action,
    string[]
  >;

/** A person's own keys win over the preset's; what is unknown or forbidden is passed over. */
export function keymapOf(preset: Preset, own: OwnKeys): Keymap {
  const keys: Record<string, Action> = {};
  const changed = new Set(Object.keys(own));
  for (const [chord, action] of Object.entries(PRESETS[preset])) {
    if (!changed.has(action)) keys[chord] = action;
  }
  for (const [action, chords] of Object.entries(own)) {
    if (!isAction(action) || action === 'cancel') continue;
    for (const chord of chords) if (refusalOf(chord) === null) keys[chord] = action;
  }
  return { ...keys, escape: 'cancel' };
}

/** Whom a chord would be taken from. */
export const holderOf = (keys: Keymap, chord: string, action: Action): Action | null => {
  const holder = keys[chord] ?? null;
  return holder === action ? null : holder;
};

/** The action has this key and no other; whoever had the key before goes without. */
export const bind = (preset: Preset, own: OwnKeys, action: Action, chord: string): OwnKeys =>
  given(preset, own, action, [chord]);

/** Back to the preset's keys, also where another action holds one of them now. */
export const restore = (preset: Preset, own: OwnKeys, action: Action): OwnKeys =>
  given(preset, own, action, chordsIn(PRESETS[preset], action));

function given(preset: Preset, own: OwnKeys, action: Action, chords: string[]): OwnKeys {
  const keys = keymapOf(preset, own);
  const usual = chordsOfPreset(preset);
  const now = names.map((name): [Action, string[]] => [
    name,
    name === action ? chords : chordsIn(keys, name).filter((chord) => !chords.includes(chord)),
  ]);
  const differs = ([name, list]: [Action, string[]]) =>
    list.toSorted().join('\n') !== usual[name].toSorted().join('\n');
  return Object.fromEntries(now.filter(differs));
}

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
  home: 'Home',
  end: 'End',
  tab: 'Tab',
  pageup: 'Page up',
  pagedown: 'Page down',
};

/** "ctrl+enter" -> "Ctrl + Enter", as printed on keys. */
export function chordWords(chord: string): string {
  const plus = chord.endsWith('+');
  const parts = (plus ? chord.slice(0, -1) : chord).split('+').filter(Boolean);
  const all = plus ? [...parts, '+'] : parts;
  return all.map((part) => KEY_NAMES[part] ?? part.toUpperCase()).join(' + ');
}

export const keysFor = (action: Action, keys: Keymap = DEFAULT_KEYS): string[] =>
  chordsIn(keys, action).map(chordWords);
