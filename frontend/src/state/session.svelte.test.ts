import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Problem } from '../api/problem';
import type { Draft } from '../api/types';
import type { Action } from '../core/keymap';
import { perform } from './actions';
import { copyOf, keepCopy } from './copies';
import { emptyDraft, hint, makeSession, MemoryShelf } from './sample';
import type { Session, SessionPorts } from './session.svelte';

const exits = { submit: vi.fn() };
const press = (session: Session, ...actions: Action[]) =>
  actions.forEach((action) => perform(action, session, exits));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the shown set', () => {
  it('starts with what is drawn and grows with “show more”', () => {
    const session = makeSession();
    expect(session.snapshot().shown).toEqual([1, 2]);
    press(session, 'show_more');
    expect(session.snapshot().shown).toEqual([1, 2, 3]);
  });

  it('does not forget what was once seen when the slider hides it', () => {
    const session = makeSession();
    session.review.setThreshold(0.95, true);
    expect(session.review.shown).toEqual([]);
    expect(session.snapshot()).toMatchObject({ shown: [1, 2], score_threshold: 0.95 });
  });

  it('is empty in a blind review', () => {
    expect(makeSession({ arm: 'blind', hints: [], curves: null }).snapshot().shown).toEqual([]);
  });
});

describe('new segments', () => {
  it('come from I, O and a number', () => {
    const session = makeSession();
    session.playback.moved(10_000);
    press(session, 'mark_in');
    session.playback.moved(12_500);
    press(session, 'mark_out', 'type_2');
    expect(session.review.segments).toMatchObject([
      {
        violation_type: 'gunfire',
        start_ms: 10_000,
        end_ms: 12_500,
        origin: 'human',
        hint_ids: [],
      },
    ]);
    expect(session.marks.pending).toBe(false);
  });

  it('come from I and O alone once a type is chosen', () => {
    const session = makeSession();
    press(session, 'type_2', 'mark_in');
    session.playback.moved(3000);
    press(session, 'mark_out');
    expect(session.review.segments).toMatchObject([{ violation_type: 'gunfire', end_ms: 3000 }]);
  });

  it('are refused over one of their type, and merged when the person wants that', () => {
    const session = makeSession();
    press(session, 'next_hint', 'accept');
    expect(session.review.create('fight', { start_ms: 6000, end_ms: 9000 })).toBe(false);
    const message = session.messages.list.at(-1);
    expect(message?.action?.label).toBe('Merge');
    if (message) session.messages.act(message);
    expect(session.review.segments).toMatchObject([
      { start_ms: 5000, end_ms: 9000, hint_ids: [1] },
    ]);
  });

  it('of two hints are merged into one that keeps both, and undone into two', () => {
    const session = makeSession({ hints: [hint(1, 5000), hint(2, 20_000)] });
    press(session, 'next_hint', 'accept', 'next_hint', 'accept', 'previous_hint', 'merge');
    expect(session.snapshot().segments).toMatchObject([
      { start_ms: 5000, end_ms: 22_000, origin: 'hint', hint_ids: [1, 2] },
    ]);
    const outcomes = () => [...session.review.outcomes.values()];
    expect(outcomes()).toEqual(['adjusted', 'adjusted']);
    press(session, 'undo');
    expect(session.snapshot().segments.map((each) => each.hint_ids)).toEqual([[1], [2]]);
    expect(outcomes()).toEqual(['accepted', 'accepted']);
    press(session, 'redo', 'reject');
    expect(session.snapshot()).toMatchObject({ segments: [{ hint_ids: [2] }], rejected: [1] });
  });

  it('are removed, brought back and removed again', () => {
    const session = makeSession();
    session.review.create('fight', { start_ms: 0, end_ms: 1000 });
    press(session, 'remove');
    expect(session.review.segments).toEqual([]);
    press(session, 'undo');
    expect(session.review.segments).toHaveLength(1);
    press(session, 'redo');
    expect(session.review.segments).toEqual([]);
  });

  it('can be cut at the playhead and merged again', () => {
    const session = makeSession();
    session.review.create('fight', { start_ms: 0, end_ms: 4000 });
    session.playback.moved(1500);
    press(session, 'split');
    expect(session.review.segments.map((each) => each.end_ms)).toEqual([1500, 4000]);
    press(session, 'merge');
    expect(session.review.segments).toMatchObject([{ start_ms: 0, end_ms: 4000 }]);
  });
});

describe('ways out', () => {
  it('stop the video before they ask anything', () => {
    const session = makeSession();
    const pause = vi.spyOn(session.playback, 'pause');
    press(session, 'skip');
    expect(session.skipOpen).toBe(true);
    press(session, 'cancel', 'escalate');
    expect(pause).toHaveBeenCalledTimes(2);
    expect(session.escalateOpen).toBe(true);
    expect(session.review.verdict).toBeNull();
  });

  it('ask an escalation why, and keep the answer in the draft', () => {
    const session = makeSession();
    session.review.setVerdict('escalated');
    expect(session.decision.lacksReason).toBe(true);
    session.review.escalate('legal');
    expect(session.decision.refusal()).toBeNull();
    expect(session.snapshot()).toMatchObject({ verdict: 'escalated', escalation_reason: 'legal' });
  });

  it('tell how many hints were accepted without having been played', () => {
    const session = makeSession();
    session.review.selection = { kind: 'hint', id: 1 };
    press(session, 'accept');
    expect(session.decision.acceptedUnplayed.map(({ id }) => id)).toEqual([1]);
    session.review.markPlayed(1);
    expect(session.decision.acceptedUnplayed).toEqual([]);
  });

  it('Esc closes the guideline before it lets go of anything else', () => {
    const session = makeSession();
    press(session, 'next_hint');
    session.guideline = 'fight';
    press(session, 'cancel');
    expect(session.guideline).toBeNull();
    expect(session.review.selection).not.toBeNull();
  });
});

describe('a read-only review', () => {
  it('saves nothing, also after a reopening that failed', async () => {
    const save = vi.fn(() => Promise.resolve({ version: 1, lease_expires_at: '' }));
    const session = makeSession({ read_only: true }, { save });
    session.end();
    session.end(false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(save).not.toHaveBeenCalled();
  });

  it('lets one look but change nothing', () => {
    const session = makeSession({ read_only: true });
    press(session, 'next_hint', 'accept', 'mute');
    expect(session.review.segments).toEqual([]);
    expect(session.playback.muted).toBe(true);
    expect(session.messages.list.at(-1)?.text).toContain('read-only');
  });
});

describe('work that the server never got', () => {
  const kept = (review_id: number, version: number) => {
    const shelf = new MemoryShelf();
    const segment = {
      id: 'x',
      violation_type: 'fight',
      start_ms: 0,
      end_ms: 900,
      origin: 'hint' as const,
      hint_ids: [99],
    };
    const draft = { ...emptyDraft(), segments: [segment] };
    keepCopy(shelf, { review_id, task_id: 5, version, saved_at: 1, draft });
    return shelf;
  };

  it('comes back by itself after a crash', () => {
    const session = makeSession({}, { shelf: kept(7, 0) });
    expect(session.review.segments).toHaveLength(1);
    expect(session.autosave.status).toBe('pending');
  });

  it('is offered, not taken, when the server has moved on meanwhile', () => {
    const session = makeSession({ draft_version: 4 }, { shelf: kept(7, 0) });
    expect(session.review.segments).toEqual([]);
    expect(session.leftover?.review_id).toBe(7);
  });

  it('is dropped without a word when the server has it after all', () => {
    const shelf = kept(7, 0);
    const draft = JSON.parse(shelf.getItem('spotter-draft-7-0') ?? '{}').draft as Draft;
    const session = makeSession({ draft_version: 1, draft }, { shelf });
    expect(session.leftover).toBeNull();
    expect(session.autosave.status).toBe('saved');
    expect(shelf.length).toBe(0);
  });

  it('is told about, and stays, when another version of Spotter kept it', () => {
    const shelf = new MemoryShelf();
    const old = { violation_type: 'fight', start_ms: 1000, end_ms: 2500, hint_id: 4 };
    const draft = { ...emptyDraft(), notes: 'Two of them.', segments: [old] };
    shelf.setItem('spotter-draft-7', JSON.stringify({ review_id: 7, task_id: 5, draft }));
    const session = makeSession({}, { shelf });
    expect(session.review.segments).toEqual([]);
    expect(session.strange.map((copy) => copy.words)).toEqual([
      'Two of them.\nfight: 0:01.000 – 0:02.500',
    ]);
    expect(shelf.length).toBe(1);
    session.dropStrange();
    expect(shelf.length).toBe(0);
  });

  it('is offered after a lost lease, and forgets hints that this review does not have', () => {
    const session = makeSession({}, { shelf: kept(6, 3) });
    session.takeLeftover();
    expect(session.review.segments).toMatchObject([{ origin: 'human', hint_ids: [] }]);
    expect(session.leftover).toBeNull();
  });
});

it('a missing verdict is asked for by the key that this person has for it', () => {
  const session = makeSession();
  expect(session.decision.refusal()).toBe('Choose a verdict first (key V).');
  session.keys.bind('verdict', 'y');
  expect(session.decision.refusal()).toBe('Choose a verdict first (key Y).');
});

describe('two windows of one person', () => {
  /** A server that stores one draft for both. */
  function windows() {
    let stored = { version: 0, draft: emptyDraft() };
    const save: SessionPorts['save'] = (_token, version, draft) => {
      if (version !== stored.version) {
        const extra = { current_version: stored.version, current_draft: stored.draft };
        return Promise.reject(new Problem(409, 'draft_conflict', 'Newer.', extra));
      }
      stored = { version: version + 1, draft };
      return Promise.resolve({ version: version + 1, lease_expires_at: '2026-11-21T10:20:00Z' });
    };
    const shelf = new MemoryShelf();
    const window = () => makeSession({}, { save, shelf });
    return { one: window(), two: window(), stored: () => stored.draft };
  }
  const watched = (start_ms: number, end_ms: number) => [
    { start_ms, end_ms, speed: 1, muted: false, blurred: false },
  ];

  it('need no choice where one only watched: what it watched counts in both', async () => {
    const { one, two, stored } = windows();
    two.coverage.ranges = watched(0, 4000);
    two.autosave.touch('later');
    await two.autosave.flush();
    one.review.setNotes('Work.');
    one.coverage.ranges = watched(4000, 9000);
    await vi.advanceTimersByTimeAsync(2000);
    expect(one.autosave.status).toBe('saved');
    expect(stored()).toMatchObject({ notes: 'Work.', watched: watched(0, 9000) });
  });

  it('go on from the work of the other where they have none of their own', async () => {
    const { one, two, stored } = windows();
    one.review.setNotes('Work.');
    await one.autosave.flush();
    two.coverage.ranges = watched(0, 4000);
    two.autosave.touch('later');
    await vi.advanceTimersByTimeAsync(12_000);
    expect(two.autosave.status).toBe('saved');
    expect(two.review.notes).toBe('Work.');
    expect(stored()).toMatchObject({ notes: 'Work.', watched: watched(0, 4000) });
  });

  it('never overwrite work with work', async () => {
    const { one, two, stored } = windows();
    one.review.setNotes('Work.');
    await one.autosave.flush();
    two.review.setNotes('Other work.');
    await vi.advanceTimersByTimeAsync(12_000);
    expect(two.autosave.status).toBe('conflict');
    expect(stored().notes).toBe('Work.');
  });
});

describe('the copy in this browser', () => {
  it('is written just after the frame, and at once when the page is left', async () => {
    const shelf = new MemoryShelf();
    const session = makeSession({}, { shelf });
    session.review.setNotes('One');
    expect(copyOf(shelf, 7)).toBeNull();
    await vi.advanceTimersByTimeAsync(200);
    expect(copyOf(shelf, 7)?.draft.notes).toBe('One');
    session.review.setNotes('Two');
    session.soon.flush();
    expect(copyOf(shelf, 7)?.draft.notes).toBe('Two');
  });

  it('is there while a save is under way, and not written anew once that is taken', async () => {
    const shelf = new MemoryShelf();
    const session = makeSession({}, { shelf });
    session.review.setNotes('One');
    const saved = session.autosave.flush();
    expect(copyOf(shelf, 7)?.draft.notes).toBe('One');
    await saved;
    session.soon.flush();
    expect(copyOf(shelf, 7)).toBeNull();
  });
});

describe('the lease', () => {
  it('is renewed while somebody works and left to run out when nobody does', async () => {
    const renew = vi.fn((lease_token: number) =>
      Promise.resolve({ lease_token, lease_expires_at: '2026-11-21T10:20:00Z' }),
    );
    const session = makeSession({}, { renew });
    session.start();
    await vi.advanceTimersByTimeAsync(200_000);
    expect(renew).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    const idle = renew.mock.calls.length;
    expect(idle).toBeLessThan(5);
    session.activity();
    await vi.advanceTimersByTimeAsync(200_000);
    expect(renew.mock.calls.length).toBe(idle + 1);
    session.stop();
  });

  it('when lost makes the review read-only and says so', async () => {
    const session = makeSession(
      {},
      { renew: () => Promise.reject(new Problem(409, 'lease_lost', 'Somebody else has it.')) },
    );
    session.activity();
    await session.lease.tick();
    expect(session.readOnly).toBe(true);
    expect(session.autosave.sentence).toBe('Somebody else has it.');
  });
});
