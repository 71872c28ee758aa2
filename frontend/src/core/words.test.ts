import { afterEach, describe, expect, it } from 'vitest';

import { msg, setCatalogue, t, tn } from './words';

afterEach(() => setCatalogue({}));

describe('words', () => {
  it('says English where a catalogue has nothing', () => {
    expect(t('Not saved yet')).toBe('Not saved yet');
    expect(tn(1, '{n} hint', '{n} hints')).toBe('1 hint');
    expect(tn(3, '{n} hint', '{n} hints')).toBe('3 hints');
  });

  it('fills places in, also where another language orders them differently', () => {
    setCatalogue({ '{n} of {all} watched': '共 {all}，已看 {n}' });
    expect(t('{n} of {all} watched', { n: 2, all: 9 })).toBe('共 9，已看 2');
  });

  it('needs only one form of a language without plurals', () => {
    setCatalogue({ '{n} hints': '{n} 条提示' });
    expect(tn(1, '{n} hint', '{n} hints')).toBe('1 条提示');
  });

  it('leaves a place that nobody filled as it is, so that it is seen', () => {
    expect(t('Skip to {place}')).toBe('Skip to {place}');
  });

  it('marks what is translated later and changes nothing', () => {
    expect(msg('Undo')).toBe('Undo');
  });
});
