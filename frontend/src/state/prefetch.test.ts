import { beforeEach, describe, expect, it, vi } from 'vitest';

import { unreachable } from '../api/problem';
import { Prefetch, type Reserved } from './prefetch';

const START = Date.parse('2026-11-21T09:00:00Z');
let now = START;
const settle = () => vi.waitFor(() => Promise.resolve());
const until = (seconds: number) => new Date(now + seconds * 1000).toISOString();
const kept = (review_id: number) => Promise.resolve({ review_id, expires_at: until(120) });

function make(answers: (() => Promise<Reserved | null>)[]) {
  const asked: number[] = [];
  const released: number[] = [];
  const dropped: number[] = [];
  const tended: boolean[] = [];
  const prefetch = new Prefetch({
    reserve: (queue_id) => {
      asked.push(queue_id);
      return (answers.shift() ?? (() => Promise.resolve(null)))();
    },
    release: (queue_id) => released.push(queue_id),
    fetch: (review_id) => ({
      review_id,
      tend: (room) => tended.push(room),
      drop: () => dropped.push(review_id),
    }),
    now: () => now,
  });
  const tick = async (more = {}) => {
    prefetch.tick({ queue_id: 1, room: true, inUse: true, ...more });
    await settle();
  };
  return { prefetch, asked, released, dropped, tended, tick };
}

beforeEach(() => void (now = START));

describe('the review fetched ahead', () => {
  it('waits until the video being watched has enough, and somebody is there', async () => {
    const { asked, tick } = make([() => kept(8)]);
    await tick({ room: false });
    await tick({ inUse: false });
    expect(asked).toEqual([]);
    await tick();
    await tick();
    expect(asked).toEqual([1]);
  });

  it('is handed over once', async () => {
    const { prefetch, dropped, tick } = make([() => kept(8)]);
    await tick();
    expect(prefetch.take(1)?.review_id).toBe(8);
    expect(prefetch.take(1)).toBeNull();
    expect(dropped).toEqual([]);
  });

  it('is not handed over to another queue', async () => {
    const { prefetch, dropped, tick } = make([() => kept(8)]);
    await tick();
    expect(prefetch.take(2)).toBeNull();
    expect(dropped).toEqual([8]);
  });

  it('is kept by asking again in time, without being fetched again', async () => {
    const { prefetch, asked, dropped, tick } = make([() => kept(8), () => kept(8), () => kept(8)]);
    for (let second = 0; second < 100; second += 1) {
      await tick({ room: second === 0 });
      now += 1000;
    }
    expect(asked).toHaveLength(3);
    expect(dropped).toEqual([]);
    expect(prefetch.review_id).toBe(8);
  });

  it('is given up when nobody is there any more', async () => {
    const { prefetch, dropped, tick } = make([() => kept(8)]);
    await tick();
    for (let second = 0; second < 121; second += 1) {
      now += 1000;
      await tick({ inUse: false });
    }
    expect(dropped).toEqual([8]);
    expect(prefetch.take(1)).toBeNull();
  });

  it('is dropped for another one when the server says so', async () => {
    const { prefetch, dropped, tick } = make([() => kept(8), () => kept(9)]);
    await tick();
    now += 46_000;
    await tick();
    expect(dropped).toEqual([8]);
    expect(prefetch.review_id).toBe(9);
  });

  it('is dropped when it went to somebody who had nothing to do', async () => {
    const { prefetch, dropped, tick, asked } = make([() => kept(8), () => Promise.resolve(null)]);
    await tick();
    now += 46_000;
    await tick();
    expect(dropped).toEqual([8]);
    expect(prefetch.review_id).toBeNull();
    await tick();
    expect(asked).toHaveLength(2);
  });

  it('asks again later when nothing was free or no answer came', async () => {
    const { asked, tick, prefetch } = make([
      () => Promise.resolve(null),
      () => Promise.reject(unreachable()),
      () => kept(8),
    ]);
    for (let second = 0; second < 45; second += 1) {
      await tick();
      now += 1000;
    }
    expect(asked).toHaveLength(3);
    expect(prefetch.review_id).toBe(8);
  });

  it('holds nothing that was answered after the submit', async () => {
    let answer: (reserved: Reserved) => void = () => undefined;
    const { prefetch, tick } = make([() => new Promise((resolve) => (answer = resolve))]);
    await tick();
    expect(prefetch.take(1)).toBeNull();
    answer({ review_id: 8, expires_at: until(120) });
    await settle();
    expect(prefetch.review_id).toBeNull();
  });

  it('tells the one who fetches whether there is room', async () => {
    const { tended, tick } = make([() => kept(8)]);
    await tick();
    await tick({ room: false });
    await tick();
    expect(tended).toEqual([false, true]);
  });

  it('lets go when the person leaves, and only what it holds', async () => {
    const { prefetch, released, dropped, tick } = make([() => kept(8)]);
    prefetch.release();
    expect(released).toEqual([]);
    await tick();
    prefetch.release();
    expect(released).toEqual([1]);
    expect(dropped).toEqual([8]);
  });
});
