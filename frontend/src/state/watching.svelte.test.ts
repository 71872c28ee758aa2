import { describe, expect, it, vi } from 'vitest';

import { ActiveTime } from './activity.svelte';
import { CoverageRecorder } from './coverage.svelte';
import { Playback, type Player } from './playback.svelte';

const plain = { speed: 1, muted: false, blurred: false };

describe('coverage', () => {
  it('records what played, not what was jumped over', () => {
    const recorder = new CoverageRecorder([], 60_000);
    for (const ms of [0, 250, 500, 30_000, 30_250]) recorder.sample(ms, plain);
    expect(recorder.ranges.map((each) => [each.start_ms, each.end_ms])).toEqual([
      [0, 500],
      [30_000, 30_250],
    ]);
  });

  it('keeps muted and fast watching apart', () => {
    const recorder = new CoverageRecorder([], 60_000);
    recorder.sample(0, plain);
    recorder.sample(500, plain);
    recorder.sample(900, { ...plain, muted: true });
    expect(recorder.ranges.map((each) => each.muted)).toEqual([false, true]);
  });

  it('starts anew after a pause', () => {
    const recorder = new CoverageRecorder([], 60_000);
    recorder.sample(0, plain);
    recorder.pause();
    recorder.sample(500, plain);
    expect(recorder.ranges).toEqual([]);
  });
});

describe('active time', () => {
  it('counts a visible tab with a sign of life within thirty seconds', () => {
    const active = new ActiveTime(0, 0);
    for (let now = 1000; now <= 60_000; now += 1000) active.tick(now, true, false);
    expect(active.total_ms).toBe(30_000);
    active.sign(60_000);
    active.tick(61_000, true, false);
    expect(active.total_ms).toBe(31_000);
  });

  it('counts neither a hidden tab nor a sleeping computer', () => {
    const active = new ActiveTime(0, 0);
    active.tick(1000, false, true);
    expect(active.total_ms).toBe(0);
    active.sign(3_600_000);
    active.tick(3_600_000, true, false);
    expect(active.total_ms).toBeLessThanOrEqual(5000);
  });

  it('counts watching without touching anything', () => {
    const active = new ActiveTime(0, 0);
    for (let now = 1000; now <= 60_000; now += 1000) active.tick(now, true, true);
    expect(active.total_ms).toBe(60_000);
  });
});

describe('playback', () => {
  const make = () => {
    const playback = new Playback(10_000, 25);
    const player = {
      play: vi.fn(),
      pause: vi.fn(),
      seek: vi.fn(),
      show: vi.fn((ms: number): Promise<number | null> => Promise.resolve(ms)),
      setSpeed: vi.fn(),
      setMuted: vi.fn(),
    } satisfies Player;
    playback.attach(player);
    return { playback, player };
  };

  it('steps to the frame that is really shown, one after the other', async () => {
    const { playback, player } = make();
    player.show.mockImplementation((ms: number) => Promise.resolve(Math.floor(ms / 40) * 40));
    playback.moved(1000);
    playback.step(1);
    playback.step(1);
    await vi.waitFor(() => expect(playback.current_ms).toBe(1080));
    playback.step(-1);
    await vi.waitFor(() => expect(playback.current_ms).toBe(1040));
  });

  it('forgets the steps that still wait once somebody seeks', async () => {
    const { playback, player } = make();
    player.show.mockImplementation((ms: number) => Promise.resolve(Math.floor(ms / 40) * 40));
    playback.step(1);
    playback.step(1);
    playback.seek(5000);
    await vi.waitFor(() => expect(player.show).toHaveBeenCalled());
    await Promise.resolve();
    expect(playback.current_ms).toBe(5000);
  });
  it('plays a range and stops at its end', () => {
    const { playback, player } = make();
    playback.playRange({ start_ms: 2000, end_ms: 3000 }, 500);
    expect(player.seek).toHaveBeenLastCalledWith(1500);
    playback.moved(2999);
    expect(player.pause).not.toHaveBeenCalled();
    playback.moved(3001);
    expect(player.pause).toHaveBeenCalled();
  });

  it('shuttles faster with each press of L and J, and K stops', () => {
    const { playback } = make();
    playback.playing = true;
    playback.shuttleForward();
    expect(playback.speed).toBe(2);
    playback.shuttleBack();
    playback.shuttleBack();
    expect(playback.reverse).toBe(2);
    playback.shuttleStop();
    expect([playback.reverse, playback.speed]).toEqual([0, 1]);
  });

  it('never leaves the video', () => {
    const { playback } = make();
    playback.seek(99_999);
    expect(playback.current_ms).toBe(10_000);
    playback.seekBy(-99_999);
    expect(playback.current_ms).toBe(0);
  });
});
