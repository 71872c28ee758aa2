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

  describe('is doubted', () => {
    const all = { watched: 1, unwatched: [], heard: null, unheard: [] };
    const clean = { verdict: 'clean' as const, open_hints: 0, seen: all };
    const again = 'Press Submit again to say clean all the same.';
    const late = [{ start_ms: 12_000, end_ms: 60_000 }];

    it('when a clean video was never played or has open hints', () => {
      const never = { ...all, watched: 0, heard: 0 };
      expect(cleanDoubt(clean)).toBeNull();
      expect(cleanDoubt({ ...clean, seen: never })?.sentence).toBe(
        `You have watched 0 % of this video. ${again}`,
      );
      expect(cleanDoubt({ ...clean, open_hints: 2 })?.sentence).toBe(
        `2 hints are unanswered. ${again}`,
      );
      expect(cleanDoubt({ ...clean, seen: never, open_hints: 1 })?.sentence).toBe(
        `You have watched 0 % of this video. 1 hint is unanswered. ${again}`,
      );
      expect(cleanDoubt({ ...clean, verdict: 'escalated', seen: never })).toBeNull();
    });

    it('when too little was watched, and says what', () => {
      const seen = { ...all, watched: 0.2, unwatched: late };
      expect(cleanDoubt({ ...clean, seen })?.sentence).toBe(
        `You have watched 20 % of this video, not 0:12–1:00. ${again}`,
      );
      expect(cleanDoubt({ ...clean, seen: { ...seen, watched: 0.8 } })).toBeNull();
    });

    it('when a type is judged by sound and too little was heard', () => {
      const seen = { ...all, heard: 0.4, unheard: late };
      expect(cleanDoubt({ ...clean, seen })?.sentence).toContain(
        'You have heard 40 % of it, not 0:12–1:00, and some types here are judged by sound.',
      );
    });

    it('about the same thing while a little more is watched', () => {
      const about = (watched: number) =>
        cleanDoubt({ ...clean, seen: { ...all, watched, unwatched: late } })?.about;
      expect(about(0.2)).toBe(about(0.3));
    });
  });

  it('may be submitted when it does not contradict itself', () => {
    const plain = { notes: '', escalation_reason: null, unplayable: false };
    expect(submitRefusal({ verdict: 'violating', segments, ...plain })).toBeNull();
    expect(submitRefusal({ verdict: 'clean', segments: [], ...plain })).toBeNull();
  });
});
