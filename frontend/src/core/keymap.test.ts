import { describe, expect, it } from 'vitest';

import { ACTIONS, mayRepeat, type Action } from './actions';
import {
  actionFor,
  bind,
  chordOf,
  chordToBind,
  chordWords,
  DEFAULT_KEYS,
  holderOf,
  keymapOf,
  keysFor,
  refusalOf,
  restore,
} from './keymap';
import { PRESETS, type Preset } from './presets';

type Press = Parameters<typeof chordOf>[0];

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});
const presets = Object.keys(PRESETS) as Preset[];

describe('keys', () => {
  it('names chords the same on every keyboard', () => {
    expect(chordOf(press('Z', { ctrlKey: true, shiftKey: true }))).toBe('ctrl+shift+z');
    expect(chordOf(press('?', { shiftKey: true }))).toBe('?');
    expect(chordOf(press('z', { metaKey: true }))).toBe('ctrl+z');
  });

  it('reaches every action by a key of one preset or the other, and binds only what exists', () => {
    const bound = new Set(presets.flatMap((name) => Object.values(PRESETS[name])));
    expect([...bound].filter((action) => !(action in ACTIONS))).toEqual([]);
    expect(Object.keys(ACTIONS).filter((action) => !bound.has(action as Action))).toEqual([]);
  });

  it.each(presets)('takes no key in %s that belongs to the browser or to typing', (preset) => {
    const refused = Object.keys(PRESETS[preset]).filter((chord) => refusalOf(chord) !== null);
    expect(refused).toEqual(['escape']);
  });

  it('leaves the browser’s own keys alone', () => {
    expect(actionFor(press('ArrowLeft', { altKey: true }))).toBeNull();
    expect(actionFor(press('l', { ctrlKey: true }))).toBeNull();
    expect(actionFor(press('F5'))).toBeNull();
    expect(actionFor(press('1', { ctrlKey: true, code: 'Digit1' }))).toBeNull();
  });

  it('rejects with one key, as cheaply as it accepts', () => {
    expect(actionFor(press('a'))).toBe('accept');
    expect(actionFor(press('x'))).toBe('reject');
  });

  it('has nothing that accepts all', () => {
    expect(Object.keys(ACTIONS).filter((name) => /(^|_)all(_|$)/.test(name))).toEqual([]);
  });

  it('repeats small steps while a key is held, and never an answer', () => {
    expect(mayRepeat('frame_forward')).toBe(true);
    const once = ['accept', 'accept_group', 'reject', 'submit', 'skip', 'undo', 'accept_offer'];
    expect(once.filter((action) => mayRepeat(action as Action))).toEqual([]);
  });

  it('prints keys as they are printed on keyboards', () => {
    expect(chordWords('ctrl+enter')).toBe('Ctrl + Enter');
    expect(chordWords('shift++')).toBe('Shift + +');
    expect(keysFor('zoom_in')).toEqual(['+', '=']);
  });
});

describe('other keyboards', () => {
  it('finds letters by their place where another script is written', () => {
    expect(actionFor(press('ф', { code: 'KeyA' }))).toBe('accept');
    expect(actionFor(press('Ф', { code: 'KeyA', shiftKey: true }))).toBe('accept_group');
    expect(actionFor(press('я', { code: 'KeyZ', ctrlKey: true }))).toBe('undo');
  });

  it('goes by what is printed where letters only lie elsewhere', () => {
    expect(actionFor(press('a', { code: 'KeyQ' }))).toBe('accept');
    expect(actionFor(press('z', { code: 'KeyY', ctrlKey: true }))).toBe('undo');
  });

  it('finds digits on the French upper row, and Shift with a digit on the others', () => {
    expect(actionFor(press('&', { code: 'Digit1' }))).toBe('type_1');
    expect(actionFor(press('1', { code: 'Digit1', shiftKey: true }))).toBe('type_1');
    expect(actionFor(press('!', { code: 'Digit1', shiftKey: true }))).toBe('relabel_1');
    expect(actionFor(press('/', { code: 'Digit7', shiftKey: true }))).toBe('relabel_7');
  });

  it('takes what AltGr writes as the sign itself', () => {
    const altGr = { altKey: true, ctrlKey: true, code: 'Digit8' };
    expect(actionFor(press('[', altGr))).toBe('nudge_earlier');
    const told = { code: 'KeyQ', getModifierState: (name: string) => name === 'AltGraph' };
    expect(actionFor(press('@', told))).toBeNull();
    expect(actionFor(press('ü', { code: 'BracketLeft' }))).toBe('nudge_earlier');
  });

  it('remembers a key so that other keyboards find it too', () => {
    expect(chordToBind(press('ф', { code: 'KeyA' }))).toBe('a');
    expect(chordToBind(press('!', { code: 'Digit1', shiftKey: true }))).toBe('shift+1');
    expect(chordToBind(press('é', { code: 'Digit2' }))).toBe('2');
    expect(chordToBind(press('K', { code: 'KeyK', shiftKey: true }))).toBe('shift+k');
  });
});

describe('a person’s own keys', () => {
  it('keep only what differs from the preset', () => {
    const own = bind('spotter', {}, 'accept', 'shift+k');
    expect(own).toEqual({ accept: ['shift+k'] });
    const keys = keymapOf('spotter', own);
    expect([keys['shift+k'], keys['a']]).toEqual(['accept', undefined]);
    expect(bind('spotter', own, 'accept', 'a')).toEqual({});
  });

  it('take a key from whoever had it', () => {
    expect(holderOf(DEFAULT_KEYS, 'x', 'accept')).toBe('reject');
    expect(holderOf(DEFAULT_KEYS, 'a', 'accept')).toBeNull();
    const own = bind('spotter', {}, 'accept', 'x');
    expect(own).toEqual({ accept: ['x'], reject: [] });
    expect(keysFor('reject', keymapOf('spotter', own))).toEqual([]);
  });

  it('leave the other keys of an action that lost one', () => {
    const own = bind('spotter', {}, 'accept', '=');
    expect(own).toEqual({ accept: ['='], zoom_in: ['+'] });
  });

  it('are restored one by one, also from another action', () => {
    const swapped = bind('spotter', bind('spotter', {}, 'accept', 'x'), 'reject', 'a');
    expect(swapped).toEqual({ accept: ['x'], reject: ['a'] });
    expect(restore('spotter', swapped, 'accept')).toEqual({ reject: [] });
    expect(restore('spotter', restore('spotter', swapped, 'accept'), 'reject')).toEqual({});
  });

  it('never bind what is unknown, what is the browser’s, or Esc', () => {
    const keys = keymapOf('spotter', {
      accept: ['ctrl+l', 'alt+a', 'f5'],
      accept_all: ['b'],
      blur: ['escape'],
      cancel: ['b'],
    });
    expect(Object.values(keys)).not.toContain('accept');
    expect(keys['escape']).toBe('cancel');
    expect(keys['b']).toBeUndefined();
  });

  it('lie over either preset', () => {
    const keys = keymapOf('via3', { accept: ['a'] });
    expect([keys['a'], keys[' '], keys['s']]).toEqual(['accept', 'play_selected', 'jump_start']);
    expect(keys['enter']).toBeUndefined();
  });
});

describe('refused keys', () => {
  it.each(['tab', 'shift+tab', 'f5', 'alt+arrowleft', 'ctrl+w', 'pagedown', 'home', '/', "'"])(
    '%s is refused with a sentence',
    (chord) => expect(refusalOf(chord)).toMatch(/\.$/),
  );

  it('are few: letters, digits, signs, arrows, Enter and Space are free', () => {
    const free = ['a', 'shift+a', '0', 'shift+5', ';', 'arrowup', 'enter', ' ', 'ctrl+z', 'delete'];
    expect(free.filter((chord) => refusalOf(chord) !== null)).toEqual([]);
  });
});
