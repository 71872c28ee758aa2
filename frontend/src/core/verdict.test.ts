import { describe, expect, it } from 'vitest';

import { cleanDoubt, nextVerdict, submitRefusal, suggestVerdict } from './verdict';

describe('the verdict', () => {
  const segments = [
    {
      id: 'a',
      violation_type: 'fight',
      start_ms: 0,
      end_ms: 1,
      origin: 'human' as const,
      hint_ids: [],
    },
  ];

  const seen = { segments: [], open_hints: 0, watched: 1, unplayable: false };

  it.each([
    ['violating', { ...seen, segments, watched: 0 }],
    ['clean', { ...seen, watched: 0.8 }],
    [null, { ...seen, watched: 0.79 }],
    [null, { ...seen, open_hints: 1 }],
    ['unreviewable', { ...seen, watched: 0, unplayable: true }],
  ])('suggested is %s', (verdict, known) => {
    expect(suggestVerdict(known)).toBe(verdict);
  });

  it('goes round', () => {
    expect(nextVerdict(null)).toBe('violating');
    expect(nextVerdict('violating')).toBe('clean');
    expect(nextVerdict('unreviewable')).toBe('violating');
  });

  it.each([
    [{ verdict: null, segments: [], notes: '' }, 'Choose a verdict'],
    [{ verdict: 'violating' as const, segments: [], notes: '' }, 'needs at least one segment'],
    [{ verdict: 'clean' as const, segments, notes: '' }, 'A clean video has no segments'],
    [{ verdict: 'escalated' as const, segments, notes: 'Look!' }, 'why a senior'],
    [
      { verdict: 'escalated' as const, segments, notes: ' ', escalation_reason: 'other' as const },
      'Say in the notes why a senior',
    ],
    [{ verdict: 'unreviewable' as const, segments: [], notes: '' }, 'what keeps this video'],
  ])('is refused with a sentence that says what to do', (answer, sentence) => {
    const full = { unplayable: false, escalation_reason: null, ...answer };
    expect(submitRefusal(full)).toContain(sentence);
  });

  it.each(['clean', 'violating'] as const)('cannot be %s for what nobody could play', (verdict) => {
    const none = { escalation_reason: null, notes: '' };
    const answer = { verdict, segments: verdict === 'clean' ? [] : segments, ...none };
    expect(submitRefusal({ ...answer, unplayable: true })).toContain('choose “Unreviewable”');
    const unreviewable = { ...answer, verdict: 'unreviewable' as const, notes: 'Broken.' };
    expect(submitRefusal({ ...unreviewable, unplayable: true })).toBeNull();
  });

  it('is doubted when a clean video was never played or has open hints', () => {
    const clean = { verdict: 'clean' as const, nothing_played: false, open_hints: 0 };
    const again = 'Press Submit again to say clean all the same.';
    expect(cleanDoubt(clean)).toBeNull();
    expect(cleanDoubt({ ...clean, nothing_played: true })).toBe(
      `You have watched 0 % of this video. ${again}`,
    );
    expect(cleanDoubt({ ...clean, open_hints: 2 })).toBe(`2 hints are unanswered. ${again}`);
    expect(cleanDoubt({ ...clean, nothing_played: true, open_hints: 1 })).toBe(
      `You have watched 0 % of this video, and 1 hint is unanswered. ${again}`,
    );
    expect(cleanDoubt({ ...clean, verdict: 'escalated', nothing_played: true })).toBeNull();
  });

  it('may be submitted when it does not contradict itself', () => {
    const plain = { notes: '', escalation_reason: null, unplayable: false };
    expect(submitRefusal({ verdict: 'violating', segments, ...plain })).toBeNull();
    expect(submitRefusal({ verdict: 'clean', segments: [], ...plain })).toBeNull();
  });
});
