import { expect, test } from 'vitest';

import { type Stress, stress, TEN_HOURS } from './stress';

const small = { ...TEN_HOURS, duration_ms: 1_800_000, hints: 60, segments: 200 };

test('the same seed makes the same review, another seed another one', () => {
  const [one, again, other] = [stress(small), stress(small), stress({ ...small, seed: 6 })];
  expect(flat(again)).toEqual(flat(one));
  expect(other.hints).not.toEqual(one.hints);
});

/** Bytes as one string: matchers go through half a million of them one by one, which takes seconds. */
const flat = ({ curves, waveform, ...rest }: Stress) => ({
  ...rest,
  curves: Buffer.from(curves).toString('base64'),
  waveform: Buffer.from(waveform).toString('base64'),
});

test('it has the size that was asked for', () => {
  const made = stress(small);
  expect(made.hints).toHaveLength(60);
  expect(made.segments).toHaveLength(200);
  expect(made.types).toHaveLength(20);
  expect(made.curves).toHaveLength(20 * 3 * 7200);
  expect(made.waveform).toHaveLength(18_000);
});

test('some hints coincide, some are capped, and ranks follow scores', () => {
  const { hints } = stress(small);
  expect(new Set(hints.map((each) => each.group)).size).toBeLessThan(hints.length);
  expect(hints.filter((each) => each.capped)).toHaveLength(10);
  expect(hints.map((each) => each.rank)).toEqual(hints.map((_, at) => at + 1));
});

test('nothing of one type overlaps, so that every open hint can be accepted', () => {
  const { hints, segments, types } = stress(small);
  for (const { slug } of types) {
    const taken = new Set(segments.flatMap((each) => each.hint_ids));
    const own = [...segments, ...hints.filter((each) => !taken.has(each.id))]
      .filter((each) => each.violation_type === slug)
      .sort((a, b) => a.start_ms - b.start_ms);
    own.forEach((each, at) => expect(each.start_ms).toBeGreaterThan(own[at - 1]?.end_ms ?? -1));
  }
});

test('a curve is high where its hint is, and lies inside its band', () => {
  const { curves, hints, types, size } = stress(small);
  const count = size.duration_ms / size.step_ms;
  const best = hints[0];
  if (!best) throw new Error('no hint');
  const first = types.findIndex((each) => each.slug === best.violation_type) * 3 * count;
  const at = first + Math.round((best.start_ms + best.end_ms) / 2 / size.step_ms);
  expect(curves[at]).toBeGreaterThan(0.6 * 255);
  expect(curves[at + count]).toBeLessThanOrEqual(curves[at] ?? 0);
  expect(curves[at + 2 * count]).toBeGreaterThanOrEqual(curves[at] ?? 0);
});
