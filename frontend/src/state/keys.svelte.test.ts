import { describe, expect, it, vi } from 'vitest';

import { FrameIndex } from '../core/frameIndex';
import type { KeyPress } from '../core/keymap';
import { perform, release } from './actions';
import { Binding } from './binding.svelte';
import { Keys } from './keys.svelte';
import { hint, makePreferences, makeSession, MemoryShelf } from './sample';
import type { Session } from './session.svelte';

const exits = { submit: vi.fn(), writeNotes: vi.fn() };
const press = (session: Session, ...actions: Parameters<typeof perform>[0][]) =>
  actions.forEach((action) => perform(action, session, exits));
const key = (name: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});

describe('a person’s keys', () => {
  it('follow the preset and what they changed of it, also in tooltips', () => {
    const preferences = makePreferences({ preset: 'via3', keys: { mute: ['shift+m'] } });
    const keys = new Keys(preferences);
    expect([keys.of('play_selected'), keys.of('mute')]).toEqual(['Space', 'Shift + M']);
    expect(keys.title('Mute', 'mute')).toBe('Mute (Shift + M)');
    keys.choose('spotter');
    expect([keys.of('play_selected'), keys.of('mute')]).toEqual(['Shift + Space', 'Shift + M']);
    expect(keys.of('merge')).toBe('');
    expect(keys.title('Merge', 'merge')).toBe('Merge');
  });

  it('are remembered by the preferences', () => {
    const preferences = makePreferences();
    const binding = new Binding(new Keys(preferences));
    binding.ask('accept');
    expect(binding.press(key('Shift', { shiftKey: true }))).toBe(false);
    expect(binding.press(key('K', { shiftKey: true }))).toBe(true);
    expect(preferences.keys).toEqual({ accept: ['shift+k'] });
    expect(binding.asked).toBeNull();
    expect(binding.sentence).toContain('Shift + K is now the key for “Accept the hint”');
  });
});

describe('binding a key', () => {
  const fresh = () => {
    const keys = new Keys(makePreferences());
    const binding = new Binding(keys);
    binding.ask('accept');
    return { keys, binding };
  };

  it('names whom a key would be taken from, and takes it at a second press', () => {
    const { keys, binding } = fresh();
    binding.press(key('x'));
    expect(binding.sentence).toContain('X is the key for “Reject the hint”');
    expect(keys.of('accept')).toBe('A');
    binding.press(key('x'));
    expect([keys.of('accept'), keys.of('reject')]).toEqual(['X', '']);
    expect(binding.sentence).toContain('“Reject the hint” has no key any more');
  });

  it('takes another key instead, or none', () => {
    const { keys, binding } = fresh();
    binding.press(key('x'));
    binding.press(key('Escape'));
    expect([binding.asked, keys.of('accept')]).toEqual([null, 'A']);
    binding.ask('accept');
    binding.press(key('x'));
    binding.press(key('ü'));
    expect([keys.of('accept'), keys.of('reject')]).toEqual(['Ü', 'X']);
  });

  it('refuses the browser’s keys with a sentence and waits for another one', () => {
    const { keys, binding } = fresh();
    binding.press(key('w', { ctrlKey: true }));
    expect(binding.sentence).toContain('belongs to the browser');
    expect([binding.asked, keys.of('accept')]).toEqual(['accept', 'A']);
  });

  it('lets Tab go on to the next control', () => {
    const { binding } = fresh();
    expect(binding.press(key('Tab'))).toBe(false);
    expect(binding.asked).toBeNull();
  });

  it('gives the usual keys back, one action or all', () => {
    const { keys, binding } = fresh();
    binding.press(key('x'));
    binding.press(key('Enter'));
    binding.restore('reject');
    expect([keys.of('accept'), keys.of('reject')]).toEqual(['', 'X']);
    keys.restoreAll();
    expect([keys.of('accept'), keys.anyOwn]).toEqual(['A', false]);
  });
});

describe('looping', () => {
  const looping = () => {
    const session = makeSession();
    const seeks: number[] = [];
    const player = {
      play: () => (session.playback.playing = true),
      pause: () => (session.playback.playing = false),
      seek: (ms: number) => seeks.push(Math.round(ms)),
      show: () => Promise.resolve(null),
      setSpeed: () => undefined,
      setMuted: () => undefined,
    };
    session.playback.attach(player);
    session.selectHint(session.review.hints[0] as never);
    press(session, 'loop_selected');
    return { session, seeks };
  };

  it('starts anew at the end until it is stopped', () => {
    const { session, seeks } = looping();
    session.playback.moved(6990);
    expect(seeks).toEqual([5000]);
    session.playback.moved(7000);
    session.playback.moved(7010);
    expect(seeks).toEqual([5000, 5020, 5020]);
    press(session, 'loop_selected');
    expect([session.playback.looping, session.playback.playing]).toEqual([false, false]);
  });

  it('follows an edge that is moved meanwhile', () => {
    const { session, seeks } = looping();
    session.playback.moved(6000);
    press(session, 'set_end');
    session.playback.moved(6040);
    expect([session.playback.looping, seeks.at(-1)]).toEqual([true, 5020]);
  });

  it('ends where something else is looked at', () => {
    const { session } = looping();
    press(session, 'forward_5s');
    expect(session.playback.looping).toBe(false);
  });
});

describe('more keys', () => {
  it('jump to the edges of the chosen one, and nudge there from then on', () => {
    const session = makeSession();
    press(session, 'next_hint', 'jump_start');
    expect([session.playback.current_ms, session.review.edge]).toEqual([5000, 'start']);
    press(session, 'jump_end', 'end_later', 'start_earlier');
    expect(session.review.segments).toMatchObject([{ start_ms: 4960, end_ms: 7040 }]);
  });

  it('nudge by the file’s own frames, not by an average', () => {
    const session = makeSession();
    session.playback.frames = new FrameIndex(Float64Array.of(0, 4900, 5000, 6900, 7000, 7317));
    press(session, 'next_hint', 'end_later', 'start_earlier');
    expect(session.review.segments).toMatchObject([{ start_ms: 4900, end_ms: 7317 }]);
  });

  it('relabel directly, duplicate by a number, and do what a message offers', () => {
    const session = makeSession();
    press(session, 'next_hint', 'accept', 'duplicate', 'type_2');
    expect(session.review.segments).toMatchObject([
      { violation_type: 'fight', hint_ids: [1] },
      { violation_type: 'gunfire', origin: 'human', hint_ids: [] },
    ]);
    expect(session.review.outcomes.get(1)).toBe('accepted');
    press(session, 'relabel_1');
    expect(session.messages.list.at(-1)?.text).toContain('This overlaps');
    press(session, 'accept_offer');
    expect(session.review.segments).toMatchObject([{ violation_type: 'fight', hint_ids: [1] }]);
    expect(session.review.selection).toEqual({
      kind: 'segment',
      id: session.review.segments[0]?.id,
    });
  });

  it('do not merge what was changed since it was offered', () => {
    const session = makeSession();
    session.review.create('fight', { start_ms: 0, end_ms: 1000 });
    session.review.create('fight', { start_ms: 500, end_ms: 1500 });
    press(session, 'remove', 'accept_offer');
    expect(session.review.segments).toEqual([]);
    expect(session.messages.list.at(-1)?.text).toContain('changed since');
  });

  it('clear the picture only while the key is held', () => {
    const session = makeSession();
    session.playback.blurred = true;
    press(session, 'reveal');
    expect(session.playback.veiled).toBe(false);
    release('reveal', session);
    expect(session.playback.veiled).toBe(true);
  });

  it('leave a read-only review as it is', () => {
    const session = makeSession({ read_only: true });
    press(session, 'next_hint', 'relabel_2', 'duplicate', 'type_1', 'clear');
    expect(session.review.segments).toEqual([]);
    expect(session.messages.list.at(-1)?.text).toContain('read-only');
  });
});

describe('undo after a reload', () => {
  const reloaded = (session: Session, shelf: MemoryShelf, more = {}) => {
    session.soon.flush();
    return makeSession({ draft: session.snapshot(), draft_version: 1, ...more }, { shelf });
  };
  const worked = () => {
    const shelf = new MemoryShelf();
    const session = makeSession({ hints: [hint(1, 5000), hint(2, 20_000)] }, { shelf });
    press(session, 'next_hint', 'accept', 'next_hint', 'reject', 'undo');
    return { session, shelf };
  };

  it('goes on in the same draft', () => {
    const { session, shelf } = worked();
    const again = reloaded(session, shelf);
    expect([again.review.undoLabel, again.review.redoLabel]).toEqual([
      'accepting a hint',
      'rejecting a hint',
    ]);
    press(again, 'redo');
    expect(again.review.rejected).toEqual([2]);
    press(again, 'undo', 'undo');
    expect(again.review.segments).toEqual([]);
  });

  it('is dropped for a draft that changed elsewhere, and for a review that is only looked at', () => {
    const { session, shelf } = worked();
    const other = { ...session.snapshot(), rejected: [2] };
    expect(reloaded(session, shelf, { draft: other }).review.undoLabel).toBeNull();
    expect(reloaded(session, shelf, { read_only: true }).review.undoLabel).toBeNull();
  });

  it('is dropped with the draft once that is submitted or skipped', () => {
    const { session, shelf } = worked();
    session.stop();
    expect(shelf.length).toBeGreaterThan(0);
    session.autosave.forget();
    expect([...shelf.kept.keys()]).toEqual([]);
  });

  it('keeps the histories of a few reviews only', () => {
    const shelf = new MemoryShelf();
    for (let id = 1; id <= 6; id += 1) {
      const session = makeSession({ id }, { shelf, now: () => id });
      press(session, 'next_hint', 'accept');
      session.soon.flush();
    }
    const names = [...shelf.kept.keys()];
    expect(names.filter((name) => name.includes('history'))).toHaveLength(3);
  });

  it.each(['full', 'forbidden'])('never stops a review where the storage is %s', (how) => {
    const shelf = new MemoryShelf();
    const fail = () => {
      throw new DOMException('no', 'QuotaExceededError');
    };
    shelf.setItem = fail;
    if (how === 'forbidden') Object.assign(shelf, { getItem: fail, key: fail, removeItem: fail });
    const session = makeSession({}, { shelf });
    press(session, 'next_hint', 'accept', 'undo', 'redo');
    expect(session.review.segments).toHaveLength(1);
  });
});

describe('an answer', () => {
  it('stays where it is, or goes on to the next open hint for whoever likes that', () => {
    const stays = makeSession();
    press(stays, 'next_hint', 'accept');
    expect(stays.review.selection).toEqual({ kind: 'hint', id: 1 });
    const goes = makeSession({}, { preferences: makePreferences({ go_on: true }) });
    press(goes, 'next_hint', 'accept');
    expect(goes.review.selection).toEqual({ kind: 'hint', id: 2 });
    press(goes, 'reject');
    expect(goes.review.rejected).toEqual([2]);
    expect(goes.review.selection).toEqual({ kind: 'hint', id: 2 });
  });
});
