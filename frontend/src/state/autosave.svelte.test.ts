import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Problem, unreachable } from '../api/problem';
import type { Draft, DraftStored } from '../api/types';
import { Autosave } from './autosave.svelte';
import { copyOf } from './copies';
import { emptyDraft, MemoryShelf } from './sample';

const conflict = () =>
  new Problem(409, 'draft_conflict', 'A newer draft exists.', {
    current_version: 5,
    current_draft: { ...emptyDraft(), notes: 'theirs' },
  });
const lost = () => new Problem(409, 'lease_lost', 'Your lease ended.');

function make(
  answers: (() => Promise<DraftStored>)[] = [],
  shelf = new MemoryShelf(),
  regain?: () => Promise<boolean>,
) {
  const sent: { version: number; draft: Draft }[] = [];
  const draft = emptyDraft();
  const autosave = new Autosave(
    {
      review_id: 7,
      task_id: 5,
      shelf,
      ...(regain && { regain }),
      snapshot: () => ({ ...draft }),
      save: (version, given) => {
        sent.push({ version, draft: given });
        const answer = answers.shift();
        return answer ? answer() : Promise.resolve({ version: version + 1, lease_expires_at: '' });
      },
    },
    0,
  );
  return { autosave, shelf, sent, draft };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('autosave', () => {
  it('saves within a second of a change, once for many', async () => {
    const { autosave, sent } = make();
    for (let at = 0; at < 9; at += 1) {
      autosave.touch();
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(sent.length).toBeGreaterThanOrEqual(1);
    expect(sent.length).toBeLessThanOrEqual(3);
    await vi.advanceTimersByTimeAsync(1000);
    expect(autosave.status).toBe('saved');
    expect(autosave.version).toBe(sent.length);
  });

  it('lets what merely runs on wait longer', async () => {
    const { autosave, sent } = make();
    autosave.touch('later');
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(5000);
    expect(sent).toHaveLength(1);
  });

  it('says “not saved yet” and keeps a copy until the server has it', async () => {
    const { autosave, shelf } = make();
    autosave.touch();
    expect(autosave.status).toBe('pending');
    expect(copyOf(shelf, 7)?.task_id).toBe(5);
    await vi.advanceTimersByTimeAsync(500);
    expect(autosave.status).toBe('saved');
    expect(copyOf(shelf, 7)).toBeNull();
  });

  it('tries again without a connection, ever more patiently, and at once when it is back', async () => {
    const offline = () => Promise.reject(unreachable());
    const { autosave, sent, shelf } = make([offline, offline, offline]);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(400);
    expect(autosave.status).toBe('offline');
    await vi.advanceTimersByTimeAsync(1000 + 2000);
    expect(sent).toHaveLength(3);
    expect(copyOf(shelf, 7)).not.toBeNull();
    autosave.retryNow();
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(4);
    expect(autosave.status).toBe('saved');
  });

  it('saves again what changed while a save was on its way', async () => {
    let finish: (stored: DraftStored) => void = () => undefined;
    const { autosave, sent, draft } = make([() => new Promise((resolve) => (finish = resolve))]);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(400);
    draft.notes = 'more';
    autosave.touch();
    finish({ version: 1, lease_expires_at: '' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent.at(-1)).toMatchObject({ version: 1, draft: { notes: 'more' } });
    expect(autosave.status).toBe('saved');
  });

  it('never overwrites a newer draft: the person is told and their copy is kept', async () => {
    const { autosave, shelf, sent } = make([() => Promise.reject(conflict())]);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(400);
    expect(autosave.status).toBe('conflict');
    autosave.touch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(1);
    expect(copyOf(shelf, 7)).not.toBeNull();
  });

  it('keeps the copy of a tab in conflict while another tab goes on saving', async () => {
    const behind = make([() => Promise.reject(conflict())]);
    behind.draft.notes = 'mine';
    behind.autosave.touch();
    await vi.advanceTimersByTimeAsync(400);
    const ahead = make([], behind.shelf);
    ahead.autosave.version = 5;
    ahead.autosave.touch();
    await vi.advanceTimersByTimeAsync(1000);
    expect(ahead.autosave.status).toBe('saved');
    expect(copyOf(behind.shelf, 7)?.draft.notes).toBe('mine');
  });

  it('keeps no copy of what merely runs on, so that a second tab finds nothing to restore', () => {
    const { autosave, shelf } = make();
    autosave.touch('later');
    expect(copyOf(shelf, 7)).toBeNull();
  });

  it('takes seconds that run on while it flushes for no refusal', async () => {
    let finish: (stored: DraftStored) => void = () => undefined;
    const { autosave } = make([() => new Promise((resolve) => (finish = resolve))]);
    autosave.touch();
    const flushed = autosave.flush();
    autosave.touch('later');
    finish({ version: 1, lease_expires_at: '' });
    expect(await flushed).toBe(true);
  });

  it('rests while a slow save is on its way, where nothing but seconds runs on', async () => {
    const slow = (version: number) => () =>
      new Promise<DraftStored>((resolve) =>
        setTimeout(() => resolve({ version, lease_expires_at: '' }), 900),
      );
    const { autosave, sent } = make([1, 2, 3, 4].map(slow));
    autosave.touch();
    const running = setInterval(() => autosave.touch('later'), 250);
    await vi.advanceTimersByTimeAsync(400 + 950);
    expect(autosave.status).toBe('saved');
    await vi.advanceTimersByTimeAsync(3000);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3000);
    clearInterval(running);
    expect(sent).toHaveLength(2);
  });

  it('goes on with either draft after a conflict, as the person chooses', async () => {
    const mine = make([() => Promise.reject(conflict())]);
    mine.autosave.touch();
    await vi.advanceTimersByTimeAsync(400);
    await mine.autosave.useMine();
    expect(mine.sent.at(-1)?.version).toBe(5);
    expect(mine.autosave.status).toBe('saved');

    const theirs = make([() => Promise.reject(conflict())]);
    theirs.autosave.touch();
    await vi.advanceTimersByTimeAsync(400);
    expect(theirs.autosave.useTheirs()?.notes).toBe('theirs');
    expect(theirs.autosave.version).toBe(5);
  });

  it('stops when the lease is lost, and keeps the work recoverable', async () => {
    const { autosave, shelf, sent } = make([() => Promise.reject(lost())]);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(400);
    expect(autosave.status).toBe('lease_lost');
    autosave.touch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(1);
    expect(copyOf(shelf, 7)).not.toBeNull();
  });

  it('flushes at once, and says whether the server has everything', async () => {
    const good = make();
    good.autosave.touch();
    expect(await good.autosave.flush()).toBe(true);
    const bad = make([() => Promise.reject(unreachable())]);
    bad.autosave.touch();
    expect(await bad.autosave.flush()).toBe(false);
  });

  it('works on when the browser refuses to keep copies', async () => {
    const { autosave, shelf } = make();
    shelf.setItem = () => {
      throw new Error('full');
    };
    autosave.touch();
    await vi.advanceTimersByTimeAsync(500);
    expect(autosave.status).toBe('saved');
  });

  it('recognises its own draft when only the answer got lost', async () => {
    const { autosave, sent, draft } = make([
      () => Promise.reject(unreachable()),
      () =>
        Promise.reject(
          new Problem(409, 'draft_conflict', 'A newer draft exists.', {
            current_version: 1,
            current_draft: { ...emptyDraft(), notes: 'mine', active_ms: 400 },
          }),
        ),
    ]);
    draft.notes = 'mine';
    autosave.touch();
    await vi.advanceTimersByTimeAsync(500);
    draft.notes = 'mine, and more';
    autosave.touch();
    await vi.advanceTimersByTimeAsync(5000);
    expect(autosave.status).toBe('saved');
    expect(sent.map((each) => each.version)).toEqual([0, 0, 1]);
  });

  it('lets another tab close: where it only ran on, nobody is asked which draft goes on', async () => {
    const ranOn = new Problem(409, 'draft_conflict', 'A newer draft exists.', {
      current_version: 2,
      current_draft: { ...emptyDraft(), notes: 'both', active_ms: 900 },
    });
    const stored = () => Promise.resolve({ version: 1, lease_expires_at: '' });
    const { autosave, sent, draft } = make([stored, () => Promise.reject(ranOn)]);
    draft.notes = 'both';
    autosave.touch();
    await vi.advanceTimersByTimeAsync(500);
    draft.notes = 'mine';
    autosave.touch();
    await vi.advanceTimersByTimeAsync(1000);
    expect(autosave.status).toBe('saved');
    expect(sent.map(({ version }) => version)).toEqual([0, 1, 2]);
  });

  it('says “saved” as soon as what was done is, and lets what ran on meanwhile wait', async () => {
    let finish: (stored: DraftStored) => void = () => undefined;
    const { autosave, sent } = make([() => new Promise((resolve) => (finish = resolve))]);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(400);
    autosave.touch('later');
    finish({ version: 1, lease_expires_at: '' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(autosave.status).toBe('saved');
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(sent).toHaveLength(2);
  });

  it('sends nothing once stopped, whatever a late answer says', async () => {
    const { autosave, shelf, sent } = make([() => Promise.reject(lost())]);
    autosave.touch();
    vi.advanceTimersByTime(401);
    autosave.forget();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(1);
    expect(autosave.status).not.toBe('lease_lost');
    expect(copyOf(shelf, 7)).toBeNull();
  });

  it('says when a person has to do something first', async () => {
    const { autosave } = make([() => Promise.reject(new Problem(403, 'http_403', 'Log in.'))]);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(500);
    expect(autosave).toMatchObject({ status: 'offline', stuck: true, sentence: 'Log in.' });
    autosave.retryNow();
    await vi.advanceTimersByTimeAsync(10);
    expect(autosave).toMatchObject({ status: 'saved', stuck: false });
  });

  it('saves every second of steady typing: a change puts off no save', async () => {
    const { autosave, sent, draft } = make();
    for (let at = 0; at < 50; at += 1) {
      draft.notes += 'x';
      autosave.touch();
      await vi.advanceTimersByTimeAsync(100);
    }
    const lengths = sent.map((each) => each.draft.notes.length);
    const gaps = lengths.map((length, at) => length - (lengths[at - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10);
  });

  it('saves a second time only what the server refused once it was changed', async () => {
    const bad = () => Promise.reject(new Problem(422, 'draft_invalid', 'Segment 1 is too long.'));
    const { autosave, sent, draft, shelf } = make([bad]);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sent).toHaveLength(1);
    expect(autosave).toMatchObject({ status: 'offline', stuck: true });
    expect(copyOf(shelf, 7)).not.toBeNull();
    draft.notes = 'mended';
    autosave.touch();
    await vi.advanceTimersByTimeAsync(500);
    expect(autosave.status).toBe('saved');
  });

  it('goes on under a lease that ran out and was taken back', async () => {
    const regain = vi.fn(() => Promise.resolve(true));
    const { autosave, sent } = make([() => Promise.reject(lost())], new MemoryShelf(), regain);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toHaveLength(2);
    expect(autosave.status).toBe('saved');
  });

  it('takes a lease back once for a save, not in circles', async () => {
    const regain = vi.fn(() => Promise.resolve(true));
    const gone = () => Promise.reject(lost());
    const { autosave } = make([gone, gone, gone], new MemoryShelf(), regain);
    autosave.touch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(regain).toHaveBeenCalledTimes(1);
    expect(autosave.status).toBe('lease_lost');
  });

  it('says that nothing is kept here where the storage is full', async () => {
    const { autosave, shelf } = make([() => Promise.reject(unreachable())]);
    const setItem = shelf.setItem;
    shelf.setItem = () => {
      throw new Error('full');
    };
    autosave.touch();
    await vi.advanceTimersByTimeAsync(500);
    expect(autosave).toMatchObject({ status: 'offline', kept: false });
    shelf.setItem = setItem;
    await vi.advanceTimersByTimeAsync(2000);
    expect(autosave).toMatchObject({ status: 'saved', kept: true });
  });

  it('tells of a submit that met a newer draft as of a save that did', async () => {
    const { autosave, draft, shelf } = make();
    autosave.stop();
    autosave.notTaken(conflict(), { ...draft, notes: 'mine' });
    expect(autosave.status).toBe('conflict');
    expect(copyOf(shelf, 7)).not.toBeNull();
  });

  it('saves as a draft what could not be submitted for want of a connection', async () => {
    const { autosave, sent } = make();
    autosave.stop();
    autosave.notTaken(unreachable(), emptyDraft());
    expect(autosave.status).toBe('offline');
    await vi.advanceTimersByTimeAsync(1500);
    expect(sent).toHaveLength(1);
    expect(autosave.status).toBe('saved');
  });
});
