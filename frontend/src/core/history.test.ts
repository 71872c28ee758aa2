import { describe, expect, it } from 'vitest';

import { History } from './history';

describe('history', () => {
  const fresh = () => new History({ label: '', state: 0, key: null });

  it('goes back and forth, and says what it would take back', () => {
    const history = fresh();
    history.push('one', 1);
    history.push('two', 2);
    expect(history.undoLabel).toBe('two');
    expect(history.undo()).toBe(1);
    expect(history.redoLabel).toBe('two');
    expect(history.redo()).toBe(2);
  });

  it('stays where it is when there is nothing to undo', () => {
    expect(fresh().undo()).toBe(0);
    expect(fresh().undoLabel).toBeNull();
  });

  it('forgets the undone future once something new is done', () => {
    const history = fresh();
    history.push('one', 1);
    history.undo();
    history.push('other', 9);
    expect(history.redo()).toBe(9);
  });

  it('takes ten nudges of one edge back at once', () => {
    const history = fresh();
    for (let at = 1; at <= 10; at += 1) history.push('nudge', at, 'edge-a');
    expect(history.undo()).toBe(0);
    expect(history.redo()).toBe(10);
  });
});
