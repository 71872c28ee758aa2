import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Problem } from '../api/problem';
import type { SubmissionMade, VideoRow } from '../api/types';
import { titleOf, Uploads } from './uploads.svelte';
import { Videos } from './videos.svelte';

const made = (id: string): SubmissionMade => ({
  id,
  video_sha256: id,
  known_video: false,
  analysis_id: 1,
  analysis_state: 'queued',
  task_id: 1,
});
const file = (name: string) => ({ name, size: 10 }) as File;
const turn = () => new Promise((resolve) => setTimeout(resolve));

describe('uploads', () => {
  it('send two at a time and all in the end', async () => {
    let now = 0;
    let most = 0;
    const send = () => ({
      abort: () => undefined,
      done: (async () => {
        most = Math.max(most, (now += 1));
        await turn();
        now -= 1;
        return made('a');
      })(),
    });
    const uploads = new Uploads(send, () => undefined);
    uploads.add([file('a.mp4'), file('b.mp4'), file('c.mp4'), file('d.mp4')]);
    uploads.start({});
    for (let at = 0; at < 8; at += 1) await turn();
    expect(most).toBe(2);
    expect(uploads.rows.map((row) => row.state)).toEqual(['done', 'done', 'done', 'done']);
  });

  it('show why one failed and try only that one again', async () => {
    const answers = [
      Promise.reject(new Problem(413, 'too_large', 'Too large.')),
      Promise.resolve(made('a')),
    ];
    const titles: (string | undefined)[] = [];
    const uploads = new Uploads(
      (_file, fields) => {
        titles.push(fields['title']);
        return { abort: () => undefined, done: answers.shift() ?? Promise.resolve(made('b')) };
      },
      () => undefined,
    );
    uploads.add([file('a.mp4')]);
    uploads.start({});
    await turn();
    const row = uploads.rows[0];
    expect(row).toMatchObject({ state: 'failed', sentence: 'Too large.' });
    if (row) {
      row.title = 'Better';
      uploads.retry(row);
    }
    await turn();
    expect(row?.state).toBe('done');
    expect(titles).toEqual(['a', 'Better']);
  });

  it('refuse at once what is empty or too large, and send the rest', async () => {
    const sent: string[] = [];
    const send = ({ name }: File) => {
      sent.push(name);
      return { abort: () => undefined, done: Promise.resolve(made(name)) };
    };
    const uploads = new Uploads(send, () => undefined, 5_000_000_000);
    uploads.add([{ name: 'big.mp4', size: 6_200_000_000 } as File, file('a.mp4')]);
    uploads.add([{ name: 'none.mp4', size: 0 } as File]);
    expect(uploads.rows.map((row) => row.sentence)).toEqual([
      'This file has 6.2 GB; at most 5.0 GB can be sent.',
      '',
      'The file is empty. Choose the video file itself and send it again.',
    ]);
    uploads.start({});
    await turn();
    expect(sent).toEqual(['a.mp4']);
    expect(uploads.rows.map((row) => row.state)).toEqual(['refused', 'done', 'refused']);
  });

  it('start with a title made of the file’s name', () => {
    expect(titleOf('my_holiday_clip.mp4')).toBe('my holiday clip');
    expect(titleOf('.mp4')).toBe('.mp4');
  });
});

describe('the list of videos', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const row = (state: 'running' | 'done') =>
    ({
      id: 'a',
      analysis: { id: 1, state, stage: '', progress: 0, sentence: '', attempts: 1 },
    }) as VideoRow;

  it('is asked for while something runs, and not once nothing does', async () => {
    const answers = [[row('running')], [row('running')], [row('done')]];
    const fetch = vi.fn(() => Promise.resolve(answers.shift() ?? [row('done')]));
    const onSettled = vi.fn();
    const videos = new Videos({ fetch, retry: () => Promise.resolve(), onSettled });
    await videos.refresh();
    expect(videos.running).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fetch).toHaveBeenCalledTimes(3);
    expect(onSettled).toHaveBeenCalledTimes(1);
    expect(videos.running).toEqual([]);
  });

  it('shows what runs, then the oldest in line, and only as many as leave the page in sight', async () => {
    const of = (id: number, state: string) =>
      ({ id: String(id), analysis: { id, state } }) as unknown as VideoRow;
    // Newest first, as the server sends them: 20 came last, 2 runs.
    const rows = Array.from({ length: 21 }, (_, n) => of(20 - n, n === 18 ? 'running' : 'queued'));
    const videos = new Videos({
      fetch: () => Promise.resolve(rows),
      retry: () => Promise.resolve(),
      onSettled: () => undefined,
    });
    await videos.refresh();
    videos.stop();
    expect(videos.running).toHaveLength(21);
    expect(videos.inSight.map((row) => row.id)).toEqual(['2', '0', '1', '3', '4', '5', '6', '7']);
  });

  it('calls an upload received once it was looked into, and says why when it is refused', async () => {
    const of = (state: string, stage: string, sentence = '') =>
      ({
        id: 'a',
        analysis: { id: 1, state, stage, progress: 0, sentence, attempts: 1 },
      }) as VideoRow;
    const answers = [
      of('queued', ''),
      of('running', 'probe'),
      of('running', 'features'),
      of('refused', 'probe', 'This is not a video.'),
      of('failed', 'features', 'It crashed.'),
    ];
    const videos = new Videos({
      fetch: () => Promise.resolve(answers.splice(0, 1)),
      retry: () => Promise.resolve(),
      onSettled: () => undefined,
    });
    expect(videos.arrival(made('a')).words).toBe('Received, being checked');
    const seen: string[] = [];
    while (answers.length > 0) {
      await videos.refresh();
      const { words, sentence, retry } = videos.arrival(made('a'));
      seen.push([words, sentence, retry ?? ''].join('|'));
    }
    videos.stop();
    expect(seen).toEqual([
      'Received, being checked||',
      'Received, being checked||',
      'Received||',
      'Refused|This is not a video.|',
      'Not analysed|It crashed.|1',
    ]);
    const known = { ...made('b'), known_video: true, analysis_state: 'done' as const };
    expect(videos.arrival(known).words).toBe('Received: a known video');
  });

  it('says when it cannot be brought up to date, and goes on trying', async () => {
    const fetch = vi.fn(() => Promise.reject<VideoRow[]>(new Error('down')));
    const videos = new Videos({
      fetch,
      retry: () => Promise.resolve(),
      onSettled: () => undefined,
    });
    await videos.refresh();
    expect(videos.problem).toContain('trying again');
    await vi.advanceTimersByTimeAsync(3000);
    expect(fetch.mock.calls.length).toBeGreaterThan(1);
    videos.stop();
  });
});
