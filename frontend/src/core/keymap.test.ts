import { describe, expect, it } from 'vitest';

import { ACTIONS, actionFor, chordOf, chordWords, DEFAULT_KEYS, keysFor } from './keymap';

const press = (key: string, more: Partial<Parameters<typeof chordOf>[0]> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});

describe('keys', () => {
  it('names chords the same on every keyboard', () => {
    expect(chordOf(press('Z', { ctrlKey: true, shiftKey: true }))).toBe('ctrl+shift+z');
    expect(chordOf(press('?', { shiftKey: true }))).toBe('?');
    expect(chordOf(press('z', { metaKey: true }))).toBe('ctrl+z');
  });

  it('binds only actions that exist, and reaches every action', () => {
    const bound = new Set(Object.values(DEFAULT_KEYS));
    expect([...bound].filter((action) => !(action in ACTIONS))).toEqual([]);
    expect(Object.keys(ACTIONS).filter((action) => !bound.has(action as never))).toEqual([]);
  });

  it('leaves the browser’s own keys alone', () => {
    expect(actionFor(press('ArrowLeft', { altKey: true }))).toBeNull();
    expect(actionFor(press('l', { ctrlKey: true }))).toBeNull();
    expect(actionFor(press('F5'))).toBeNull();
  });

  it('rejects with one key, as cheaply as it accepts', () => {
    expect(actionFor(press('a'))).toBe('accept');
    expect(actionFor(press('x'))).toBe('reject');
  });

  it('prints keys as they are printed on keyboards', () => {
    expect(chordWords('ctrl+enter')).toBe('Ctrl + Enter');
    expect(keysFor('zoom_in')).toEqual(['+', '=']);
  });
});
