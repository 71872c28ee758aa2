import { describe, expect, it } from 'vitest';

import type { Hint } from './segments';
import { reasonsFor, scoreFigure, type Asked } from './why';

const hint = (id: number, start_ms: number, more: Partial<Hint> = {}): Hint => ({
  id,
  violation_type: 'fight',
  start_ms,
  end_ms: start_ms + 4000,
  score: 0.8,
  rank: id,
  group: id,
  capped: false,
  ...more,
});

const score = new Uint8Array(80).fill(10);
score.fill(153, 8, 16).fill(204, 10, 11);
const asked = (more: Partial<Asked> = {}): Asked => ({
  hint: hint(1, 2000),
  hints: [hint(1, 2000)],
  outcomes: new Map(),
  curve: { score, step_ms: 250, band: null },
  threshold: 0.5,
  type: { name: 'Fight', severity: 0.7, modality: 'both' },
  video: { has_picture: true, has_sound: true },
  nameOf: (slug) => slug,
  ...more,
});
const about = (what: string, more: Partial<Asked> = {}) =>
  reasonsFor(asked(more)).find((each) => each.about === what)?.sentence;

describe('why a hint is here', () => {
  it('says how high the curve goes and when, in words too', () => {
    expect(about('Score')).toBe('Highest at 0:02, with 0.80: likely.');
    expect(about('Score', { curve: null })).toBe('At most 0.80: likely.');
  });

  it('never claims to be certain', () => {
    expect([scoreFigure(1), scoreFigure(0.999), scoreFigure(0.29)]).toEqual([
      '0.99',
      '0.99',
      '0.29',
    ]);
  });

  it('does not claim to have heard a file without sound', () => {
    const silent = { has_picture: true, has_sound: false };
    expect(about('Judged by')).toBe('Picture and sound together.');
    expect(about('Judged by', { video: silent })).toBe(
      'The picture alone: this file has no sound.',
    );
  });

  it('names the threshold, for how long it was passed, and where the slider hides the hint', () => {
    expect(about('Threshold')).toBe(
      'Over the 0.50 that it had to reach for 2.0 s. Move the score slider past 0.80 and it disappears.',
    );
    expect(about('Threshold', { hint: hint(1, 2000, { score: 0.97 }) })).toContain(
      'No place of the score slider hides it.',
    );
  });

  it('tells a hint below its threshold from one that the limit holds back', () => {
    const weak = hint(1, 2000, { score: 0.2, capped: true });
    expect(about('Threshold', { hint: weak })).toMatch(/^It stays below the 0\.50/);
    const capped = hint(1, 2000, { capped: true });
    expect(about('Threshold', { hint: capped })).toContain('only because of the limit');
  });

  it('explains its rank by score, severity and the seconds that better hints leave', () => {
    const hints = [hint(1, 0), hint(2, 2000)];
    expect(about('Rank', { hint: hints[1] as Hint, hints })).toBe(
      '2 of 2: likely, times severity 0.7, times 2.0 s that no better hint covers.',
    );
    const apart = [hint(1, 30_000), hint(2, 2000)];
    expect(about('Rank', { hint: apart[1] as Hint, hints: apart })).toContain('times 4.0 s that');
    const hidden = [hint(1, 0, { end_ms: 9000 }), hint(2, 2000)];
    expect(about('Rank', { hint: hidden[1] as Hint, hints: hidden })).toContain(
      'better hints cover its time already',
    );
  });

  it('names what coincides, and leaves the line out where nothing does', () => {
    const other = hint(2, 2500, { violation_type: 'gunfire', group: 1, score: 0.6 });
    expect(about('Coincides', { hints: [hint(1, 2000), other] })).toBe(
      'At the same time: gunfire (possible).',
    );
    expect(about('Coincides')).toBeUndefined();
  });

  it('tells how far annotators differ only where a band is shown', () => {
    const band = { low: new Uint8Array(80).fill(102), high: new Uint8Array(80).fill(230) };
    expect(about('Annotators', { curve: { score, step_ms: 250, band } })).toBe(
      'They differ widely about moments like this: between 0.40 and 0.90.',
    );
    expect(about('Annotators')).toBeUndefined();
  });

  it('compares with the others of its type and what became of them', () => {
    const hints = [hint(1, 2000), hint(2, 20_000, { score: 0.95 }), hint(3, 30_000)];
    const outcomes = new Map([
      [2, 'accepted'],
      [3, 'rejected'],
    ] as const);
    expect(about('Same type', { hints, outcomes })).toBe(
      '2 more hints of Fight, the strongest of them very likely, at 0:20. You kept 1 and rejected 1.',
    );
    expect(about('Same type')).toBe('The only hint of Fight in this video.');
  });
});
