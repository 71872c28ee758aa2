import { describe, expect, it } from 'vitest';

import { nextVerdict, submitRefusal, suggestVerdict } from './verdict';

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

  it('is suggested from the segments', () => {
    expect(suggestVerdict([])).toBe('clean');
    expect(suggestVerdict(segments)).toBe('violating');
    expect(nextVerdict('violating')).toBe('clean');
    expect(nextVerdict('unreviewable')).toBe('violating');
  });

  it.each([
    [{ verdict: null, segments: [], notes: '' }, 'Choose a verdict'],
    [{ verdict: 'violating' as const, segments: [], notes: '' }, 'needs at least one segment'],
    [{ verdict: 'clean' as const, segments, notes: '' }, 'A clean video has no segments'],
    [{ verdict: 'escalated' as const, segments, notes: ' ' }, 'why a senior'],
    [{ verdict: 'unreviewable' as const, segments: [], notes: '' }, 'what keeps this video'],
  ])('is refused with a sentence that says what to do', (answer, sentence) => {
    expect(submitRefusal(answer)).toContain(sentence);
  });

  it('may be submitted when it does not contradict itself', () => {
    expect(submitRefusal({ verdict: 'violating', segments, notes: '' })).toBeNull();
    expect(submitRefusal({ verdict: 'clean', segments: [], notes: '' })).toBeNull();
  });
});
