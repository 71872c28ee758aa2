import { describe, expect, it } from 'vitest';

import { keepPlayhead, playheadOf } from './playhead';
import { MemoryShelf } from './sample';

describe('the playhead', () => {
  it('is found again per review, and only the last few are kept', () => {
    const shelf = new MemoryShelf();
    for (let id = 1; id <= 30; id += 1) keepPlayhead(shelf, id, id * 100);
    keepPlayhead(shelf, 30, 42);
    expect(playheadOf(shelf, 30)).toBe(42);
    expect(playheadOf(shelf, 29)).toBe(2900);
    expect(playheadOf(shelf, 1)).toBe(0);
  });

  it('starts at the beginning where what is kept makes no sense', () => {
    const shelf = new MemoryShelf();
    shelf.setItem('spotter-playhead', '{"7": "x"}');
    expect(playheadOf(shelf, 7)).toBe(0);
    shelf.setItem('spotter-playhead', '[[7]]');
    expect(playheadOf(shelf, 7)).toBe(0);
  });
});
