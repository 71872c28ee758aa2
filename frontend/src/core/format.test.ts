import { describe, expect, it } from 'vitest';

import {
  formatBytes,
  formatDuration,
  formatScore,
  formatTime,
  parseTime,
  scoreWord,
} from './format';

describe('times in words', () => {
  it.each([
    [0, '0:00.000'],
    [83_456, '1:23.456'],
    [3_600_000, '1:00:00.000'],
    [-5, '0:00.000'],
  ])('%i ms is written %s', (ms, text) => expect(formatTime(ms)).toBe(text));

  it.each([
    ['1:23.4', 83_400],
    ['83,45', 83_450],
    ['1:00:00', 3_600_000],
    ['', null],
    ['soon', null],
    ['1:2:3:4', null],
    ['1:75', null],
    ['1:75:00', null],
    ['75:00', 4_500_000],
  ])('“%s” is read as %s', (text, ms) => expect(parseTime(text)).toBe(ms));

  it('comes back the same when written and read', () => {
    for (const ms of [0, 1, 999, 61_001, 7_384_005]) expect(parseTime(formatTime(ms))).toBe(ms);
  });

  it('says how long something is in round words', () => {
    expect(formatDuration(4200)).toBe('4.2 s');
    expect(formatDuration(95_000)).toBe('1 min 35 s');
    expect(formatDuration(7_200_000)).toBe('2 h');
  });
});

describe('scores and sizes in words', () => {
  it('never claims to be certain', () => {
    expect(formatScore(1)).toBe('99 %');
    expect(formatScore(0)).toBe('1 %');
    expect(scoreWord(0.95)).toBe('very likely');
    expect(scoreWord(0.1)).toBe('unlikely');
  });

  it('writes sizes the way people read them', () => {
    expect(formatBytes(999)).toBe('999 B');
    expect(formatBytes(1_500_000)).toBe('1.5 MB');
  });
});
