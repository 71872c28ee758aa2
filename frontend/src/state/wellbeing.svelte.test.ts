import { describe, expect, it, vi } from 'vitest';

import { Problem } from '../api/problem';
import { ActiveTime } from './activity.svelte';
import { OFFER_AFTER_MS } from './rest.svelte';
import { makePreferences, makeSession, MemoryShelf } from './sample';

const MINUTE = 60_000;
const START = Date.parse('2026-11-21T10:00:00Z');

function clock() {
  const at = { now: START };
  return { at, now: () => at.now };
}

describe('active time, tested hard', () => {
  it('counts nothing of the time a computer slept', () => {
    const active = new ActiveTime(0, 0);
    active.tick(250, true, true);
    active.tick(8 * 3_600_000, true, true);
    expect(active.total_ms).toBe(250);
  });

  it('counts nothing of a stretch that began or ended out of sight', () => {
    const active = new ActiveTime(0, 0);
    active.tick(1000, true, false);
    active.tick(1100, false, false);
    active.tick(4000, true, false);
    active.tick(4250, true, false);
    expect(active.total_ms).toBe(1250);
  });

  it('of two tabs counts the one in sight', () => {
    const [front, back] = [new ActiveTime(0, 0), new ActiveTime(0, 0)];
    for (let now = 250; now <= 10_000; now += 250) {
      front.sign(now);
      front.tick(now, true, false);
      back.tick(now, false, true);
    }
    expect([front.total_ms, back.total_ms]).toEqual([10_000, 0]);
  });

  it('survives a clock that is set back', () => {
    const active = new ActiveTime(0, 10_000);
    active.tick(2000, true, false);
    active.tick(2250, true, false);
    expect(active.total_ms).toBe(250);
  });
});

describe('a break', () => {
  it('stops playing, and counts nothing whatever moves', () => {
    const { at, now } = clock();
    const session = makeSession({}, { now });
    const pause = vi.spyOn(session.playback, 'pause');
    session.rest.begin();
    expect(pause).toHaveBeenCalled();
    for (let n = 0; n < 40; n += 1) {
      at.now += 250;
      session.activity();
      session.tick(true);
    }
    expect(session.active.total_ms).toBe(0);
    void session.rest.end();
    at.now += 250;
    session.tick(true);
    expect(session.active.total_ms).toBe(250);
  });

  it('saves the work at once and renews the lease', () => {
    const save = vi.fn((_: number, version: number) =>
      Promise.resolve({ version: version + 1, lease_expires_at: '2026-11-21T10:20:00Z' }),
    );
    const renew = vi.fn((lease_token: number) =>
      Promise.resolve({ lease_token, lease_expires_at: '2026-11-21T10:20:00Z' }),
    );
    const session = makeSession({}, { save, renew });
    session.review.setNotes('half a thought');
    session.rest.begin();
    expect([save.mock.calls.length, renew.mock.calls.length]).toEqual([1, 1]);
  });

  it('keeps the video as long as anybody’s who is away, and says until when', () => {
    const { now } = clock();
    const session = makeSession({}, { now });
    session.rest.begin();
    // A lease of ten minutes, renewed for ten minutes more.
    expect(session.rest.keptUntil - START).toBeGreaterThanOrEqual(16 * MINUTE);
  });

  it('that lasted too long keeps the draft, and tells', async () => {
    const { at, now } = clock();
    const gone = new Problem(409, 'lease_lost', 'The lease ran out.');
    const renew = vi.fn(() => Promise.reject(gone));
    const shelf = new MemoryShelf();
    const session = makeSession({}, { now, renew, shelf });
    session.review.setNotes('half a thought');
    session.rest.begin();
    at.now += 60 * MINUTE;
    await session.rest.end();
    expect(session.autosave.status).toBe('lease_lost');
    expect([...shelf.kept.values()].join()).toContain('half a thought');
  });

  it('goes on under the new token when nobody took the video meanwhile', async () => {
    const { at, now } = clock();
    const renew = () =>
      Promise.resolve({ lease_expires_at: '2026-11-21T11:10:00Z', lease_token: 4 });
    const session = makeSession({}, { now, renew });
    at.now += 60 * MINUTE;
    session.rest.begin();
    await session.rest.end();
    expect(session.lease.token).toBe(4);
  });
});

describe('the offer of a break', () => {
  const work = (session: ReturnType<typeof makeSession>, at: { now: number }, ms: number) => {
    for (let done = 0; done < ms; done += 1000) {
      at.now += 1000;
      session.activity();
      session.tick(true);
    }
  };

  it('comes after a long stretch, over several videos, and not before', () => {
    const { at, now } = clock();
    const shelf = new MemoryShelf();
    const first = makeSession({}, { now, shelf });
    work(first, at, OFFER_AFTER_MS - MINUTE);
    expect(first.rest.offered).toBe(false);
    const next = makeSession({}, { now, shelf });
    work(next, at, 2 * MINUTE);
    expect(next.rest.offered).toBe(true);
    next.rest.later();
    expect(next.rest.offered).toBe(false);
  });

  it('begins anew after a rest, said or unsaid', async () => {
    const { at, now } = clock();
    const session = makeSession({}, { now });
    work(session, at, OFFER_AFTER_MS);
    session.rest.begin();
    at.now += 5 * MINUTE;
    await session.rest.end();
    expect(session.rest.offered).toBe(false);
    work(session, at, OFFER_AFTER_MS - MINUTE);
    at.now += 10 * MINUTE;
    work(session, at, 2 * MINUTE);
    expect(session.rest.offered).toBe(false);
  });

  it('can be switched off', () => {
    const { at, now } = clock();
    const preferences = makePreferences({ offer_breaks: false });
    const session = makeSession({}, { now, preferences });
    work(session, at, OFFER_AFTER_MS + MINUTE);
    expect(session.rest.offered).toBe(false);
  });
});

describe('blur', () => {
  it('that is held open clears while held, and is recorded as it was', () => {
    const session = makeSession({}, { preferences: makePreferences({ reveal_held: true }) });
    const { playback, gentle, coverage } = session;
    playback.blurred = true;
    playback.playing = true;
    const watch = (ms: number) => {
      playback.moved(ms);
      session.watched(true);
    };
    for (const ms of [0, 250, 500]) watch(ms);
    gentle.hold(true);
    expect(playback.veiled).toBe(false);
    for (const ms of [750, 1000]) watch(ms);
    gentle.hold(false);
    for (const ms of [1250, 1500]) watch(ms);
    expect(
      coverage.ranges.map(({ start_ms, end_ms, blurred }) => [start_ms, end_ms, blurred]),
    ).toEqual([
      [0, 500, true],
      [500, 1000, false],
      [1000, 1500, true],
    ]);
  });

  it('is not switched off in passing when it clears only while held', () => {
    const session = makeSession({}, { preferences: makePreferences({ reveal_held: true }) });
    session.gentle.toggleBlur();
    session.gentle.toggleBlur();
    expect(session.playback.blurred).toBe(true);
    session.gentle.choose({ blurred: false });
    expect(session.playback.blurred).toBe(false);
  });

  it('follows the organisation again, at once', () => {
    const preferences = makePreferences({ blurred: false }, { blurred: true });
    const session = makeSession({}, { preferences });
    session.gentle.followDefault('blurred');
    expect([session.playback.blurred, preferences.isOwn('blurred')]).toEqual([true, false]);
  });
});
