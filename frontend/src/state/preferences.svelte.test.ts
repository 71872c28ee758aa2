import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Problem, unreachable } from '../api/problem';
import type { PersonPreferences, Preferences as Own } from '../api/types';
import { keepManner, startGently, takeOver } from './manner';
import { Playback } from './playback.svelte';
import { Preferences, type Chosen } from './preferences.svelte';
import { makePreferences, MemoryShelf } from './sample';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A server that merges as Spotter's does, and can be away. */
function house(own: Chosen = {}, defaults: Chosen = {}) {
  const kept: { own: Own; away: Problem | null } = { own: { ...own }, away: null };
  const save = vi.fn((change: Own): Promise<PersonPreferences> => {
    if (kept.away) return Promise.reject(kept.away);
    Object.assign(kept.own, change);
    return Promise.resolve({ own: { ...kept.own }, defaults });
  });
  const shelf = new MemoryShelf();
  const open = () => new Preferences({ own: { ...kept.own }, defaults }, { save, shelf });
  return { kept, save, shelf, open };
}

describe('what counts', () => {
  it('is one’s own choice, then the organisation’s, then Spotter’s', () => {
    const preferences = makePreferences({ blurred: false }, { blurred: true, muted: true });
    expect([preferences.blurred, preferences.muted, preferences.greyscale]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('follows the organisation again after a reset', () => {
    const preferences = makePreferences({ blurred: false }, { blurred: true });
    preferences.reset('blurred');
    expect([preferences.blurred, preferences.isOwn('blurred')]).toEqual([true, false]);
  });
});

describe('saving', () => {
  it('sends several changes together, and only what was changed', async () => {
    const { open, save } = house({ muted: true });
    const preferences = open();
    preferences.set({ blurred: true });
    preferences.set({ speed: 2 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(save.mock.calls).toEqual([[{ blurred: true, speed: 2 }]]);
    expect([preferences.muted, preferences.waiting]).toEqual([true, false]);
  });

  it('asks one after the other, so that no older answer comes after a newer one', async () => {
    const { kept, open, save } = house();
    let finish: (known: PersonPreferences) => void = () => undefined;
    save.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve)));
    const preferences = open();
    preferences.set({ speed: 2 });
    await vi.advanceTimersByTimeAsync(1000);
    preferences.set({ speed: 3 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(save).toHaveBeenCalledTimes(1);
    finish({ own: { speed: 2 }, defaults: {} });
    await vi.advanceTimersByTimeAsync(1000);
    expect([preferences.speed, kept.own.speed, preferences.waiting]).toEqual([3, 3, false]);
  });

  it('keeps a change while offline, over a reload, and sends it later', async () => {
    const { kept, open } = house();
    kept.away = unreachable();
    const before = open();
    before.set({ greyscale: true });
    await vi.advanceTimersByTimeAsync(2000);
    before.stop();
    const after = open();
    expect(after.greyscale).toBe(true);
    kept.away = null;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kept.own.greyscale).toBe(true);
    expect(after.waiting).toBe(false);
  });

  it('lets go of what the server refuses for good, and goes on', async () => {
    const { kept, open } = house();
    kept.away = new Problem(422, 'request_invalid', 'speed: too fast.');
    const preferences = open();
    preferences.set({ speed: 900 });
    await vi.advanceTimersByTimeAsync(1000);
    kept.away = null;
    preferences.set({ muted: true });
    await vi.advanceTimersByTimeAsync(1000);
    expect(kept.own).toEqual({ muted: true });
  });

  it('of two windows keeps the newest write of each field, and loses no other', async () => {
    const { kept, open } = house();
    kept.away = unreachable();
    const one = open();
    const two = open();
    one.set({ speed: 2, muted: true });
    await vi.advanceTimersByTimeAsync(100);
    two.set({ speed: 0.5 });
    one.changedElsewhere();
    expect(one.speed).toBe(0.5);
    kept.away = null;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(kept.own).toEqual({ speed: 0.5, muted: true });
  });

  it('does not forget what was changed while a save was under way', async () => {
    const { kept, open } = house();
    const preferences = open();
    preferences.set({ speed: 2 });
    const saving = preferences.flush();
    await vi.advanceTimersByTimeAsync(1);
    preferences.set({ speed: 3 });
    await saving;
    await vi.advanceTimersByTimeAsync(2000);
    expect([preferences.speed, kept.own.speed]).toEqual([3, 3]);
  });

  it('remembers in this window where the browser keeps nothing', async () => {
    const { kept, save } = house();
    const refuse = () => {
      throw new Error('full');
    };
    const shelf = { getItem: () => null, setItem: refuse, removeItem: refuse };
    const preferences = new Preferences({ own: {}, defaults: {} }, { save, shelf });
    preferences.set({ muted: true });
    preferences.set({ blurred: true });
    await vi.advanceTimersByTimeAsync(1000);
    expect(kept.own).toEqual({ muted: true, blurred: true });
  });
});

describe('how a video starts', () => {
  const start = (preferences: Preferences, shelf: MemoryShelf) => {
    const playback = new Playback(1000, 25);
    startGently(playback, preferences, shelf);
    return playback;
  };

  it('is as gently as chosen, even when the last one was left open', () => {
    const shelf = new MemoryShelf();
    const preferences = makePreferences({}, { blurred: true });
    const first = start(preferences, shelf);
    first.blurred = false;
    keepManner(first, shelf);
    expect(start(preferences, shelf).blurred).toBe(true);
  });

  it('keeps what a key switched on for the next one', () => {
    const shelf = new MemoryShelf();
    const first = start(makePreferences(), shelf);
    first.setMuted(true);
    keepManner(first, shelf);
    expect(start(makePreferences(), shelf).muted).toBe(true);
  });

  it('loses nothing of what this browser alone remembered before', () => {
    const { shelf, open } = house();
    shelf.setItem('spotter-preferences', JSON.stringify({ muted: true, blurred: false, speed: 2 }));
    const preferences = open();
    takeOver(preferences, shelf);
    expect(preferences.own).toEqual({ muted: true, speed: 2 });
    expect(shelf.getItem('spotter-preferences')).toBeNull();
    expect(start(preferences, shelf).speed).toBe(2);
  });
});
