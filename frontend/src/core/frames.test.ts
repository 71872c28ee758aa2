import { describe, expect, it } from 'vitest';

import { edgeTarget, stepFrame } from './frames';

/** A film whose frames begin at these times; `looks` counts the seeks. */
function filmOf(times: number[], frame_ms: number) {
  const film = {
    frame_ms,
    duration_ms: (times.at(-1) ?? 0) + 40,
    looks: 0,
    shown: times[0] ?? 0,
    show: (ms: number) => {
      film.looks += 1;
      film.shown = times.findLast((each) => each <= ms) ?? 0;
      return Promise.resolve(film.shown);
    },
  };
  return film;
}

const regular = (fps: number) => Array.from({ length: 40 }, (_, at) => (at * 1000) / fps);

describe('seeking to an edge', () => {
  it.each([23.976, 25, 29.97, 59.94])('shows the frame that begins there at %d fps', (fps) => {
    const times = Array.from({ length: 3000 }, (_, at) => (at * 1000) / fps);
    for (const time of times.slice(0, -1)) {
      const target = edgeTarget(Math.round(time), 1000 / fps);
      expect(times[Math.floor((target * fps) / 1000)]).toBe(time);
    }
  });
});

describe('stepping by one frame', () => {
  it.each([23.976, 25, 29.97, 50, 60])(
    'shows each frame of a constant %d fps once',
    async (fps) => {
      const times = regular(fps);
      const film = filmOf(times, 1000 / fps);
      for (const [at, time] of times.slice(0, -1).entries()) {
        expect(await stepFrame(1, time, film)).toBe(times[at + 1]);
      }
      for (let at = times.length - 1; at > 0; at -= 1) {
        expect(await stepFrame(-1, times[at] ?? 0, film)).toBe(times[at - 1]);
      }
      expect(film.looks).toBe(2 * (times.length - 1));
    },
  );

  it('neither sticks nor skips where the rate varies', async () => {
    const lengths = [17, 200, 33, 40, 17, 17, 120, 33, 17, 40, 200, 200, 17, 33];
    const times = lengths.reduce((all, each) => [...all, (all.at(-1) ?? 0) + each], [0]);
    const average = (times.at(-1) ?? 0) / lengths.length;
    const film = filmOf(times, average);
    for (const [at, time] of times.slice(0, -1).entries()) {
      expect(await stepFrame(1, time, film)).toBe(times[at + 1]);
      expect(film.shown).toBe(times[at + 1]);
    }
    for (let at = times.length - 1; at > 0; at -= 1) {
      expect(await stepFrame(-1, times[at] ?? 0, film)).toBe(times[at - 1]);
      expect(film.shown).toBe(times[at - 1]);
    }
  });

  it('stays at the ends, and trusts the average where the player cannot tell', async () => {
    const film = filmOf(regular(25), 40);
    expect(await stepFrame(-1, 0, film)).toBe(0);
    expect(await stepFrame(1, 1560, film)).toBe(1560);
    const blind = { ...film, show: () => Promise.resolve(null) };
    expect(await stepFrame(1, 1000, blind)).toBe(1060);
    expect(await stepFrame(-1, 1000, blind)).toBe(980);
  });
});
