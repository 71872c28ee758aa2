import { describe, expect, it, vi } from 'vitest';

import { FrameIndex } from '../core/frameIndex';
import { Playback, type Player } from './playback.svelte';

const VARIABLE = [0, 17, 217, 250, 290, 307, 324, 444, 1200, 1217, 5000, 5040];

/** A player of a file whose frames are shown at these times of its own; it counts its seeks. */
class Film implements Player {
  seeks: number[] = [];
  broken = new Set<number>();
  constructor(readonly times: ArrayLike<number>) {}

  shownAt(ms: number): number {
    const all = Array.from(this.times);
    return all.findLast((each) => each <= ms && !this.broken.has(each)) ?? all[0] ?? 0;
  }
  seek = (ms: number): void => void this.seeks.push(ms);
  show = (ms: number): Promise<number | null> => {
    this.seeks.push(ms);
    return Promise.resolve(this.shownAt(ms));
  };
  play = vi.fn();
  pause = vi.fn();
  setSpeed = vi.fn();
  setMuted = vi.fn();
}

function open(times: number[], shown: number[] = times, index = true) {
  const playback = new Playback(6000, 25);
  const film = new Film(shown);
  playback.attach(film);
  const both = [times, shown].map((each) => Float64Array.from(each));
  if (index) playback.frames = new FrameIndex(both[0] ?? new Float64Array(), both[1]);
  playback.moved(shown[0] ?? 0);
  return { playback, film };
}

async function step(playback: Playback, direction: 1 | -1): Promise<number> {
  playback.step(direction);
  await new Promise((go) => setTimeout(go));
  return playback.current_ms;
}

describe('stepping where frame times are known', () => {
  it('shows each frame once, forward and back, by one seek a step', async () => {
    const { playback, film } = open(VARIABLE);
    for (const time of VARIABLE.slice(1)) expect(await step(playback, 1)).toBe(time);
    expect(film.seeks).toHaveLength(VARIABLE.length - 1);
    for (const time of VARIABLE.toReversed().slice(1)) expect(await step(playback, -1)).toBe(time);
    expect(film.seeks).toHaveLength(2 * (VARIABLE.length - 1));
    expect(await step(playback, -1)).toBe(0);
  });

  it('needs more seeks without them, and finds the same frames', async () => {
    const { playback, film } = open(VARIABLE, VARIABLE, false);
    for (const time of VARIABLE.slice(1, 9)) expect(await step(playback, 1)).toBe(time);
    expect(film.seeks.length).toBeGreaterThan(8);
  });

  it('tells the time of the original while a proxy plays', async () => {
    const shown = VARIABLE.map((_, at) => at * 500);
    const { playback, film } = open(VARIABLE, shown);
    expect(await step(playback, 1)).toBe(17);
    expect(film.shownAt(film.seeks.at(-1) ?? 0)).toBe(500);
    playback.seekToEdge(444);
    expect(film.shownAt(film.seeks.at(-1) ?? 0)).toBe(3500);
    expect(playback.current_ms).toBe(444);
    playback.moved(3500);
    expect(playback.current_ms).toBe(444);
  });

  it('passes a frame that the browser cannot decode', async () => {
    const { playback, film } = open([0, 40, 80, 120, 160]);
    film.broken.add(40);
    expect(await step(playback, 1)).toBe(80);
  });
});

describe('positions', () => {
  it('are the own times of frames, wherever one seeks', () => {
    const { playback } = open([0, 41.708, 83.417, 125.125]);
    playback.seek(60);
    expect(playback.current_ms).toBe(42);
    playback.seekToEdge(83);
    expect(playback.current_ms).toBe(83);
    playback.moved(83.417);
    expect(playback.current_ms).toBe(83);
  });

  it('go on within a still, forward with its sound and back to its beginning', async () => {
    const { playback, film } = open(VARIABLE);
    playback.seek(3000);
    expect(film.seeks.at(-1)).toBe(3000);
    playback.moved(1217);
    expect(playback.current_ms).toBe(3000);
    playback.reached(3200);
    expect(playback.current_ms).toBe(3200);
    expect(await step(playback, -1)).toBe(1217);
  });

  it('are put right once the frame times arrive', () => {
    const { playback } = open([0, 500], [0, 520], false);
    playback.ready = true;
    playback.moved(520);
    expect(playback.current_ms).toBe(520);
    playback.frames = new FrameIndex(Float64Array.of(0, 500), Float64Array.of(0, 520));
    expect(playback.current_ms).toBe(500);
  });

  it('reach the very end, which no frame begins at', () => {
    const { playback } = open(VARIABLE);
    playback.seek(6000);
    playback.moved(5040);
    expect(playback.current_ms).toBe(6000);
    playback.reached(6000);
    expect(playback.current_ms).toBe(6000);
  });
});
