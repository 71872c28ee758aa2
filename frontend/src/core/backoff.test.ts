import { describe, expect, it } from 'vitest';

import { backoffMs } from './backoff';

describe('trying again', () => {
  it('waits longer each time, and never more than half a minute', () => {
    expect([1, 2, 3, 9].map(backoffMs)).toEqual([1000, 2000, 4000, 30_000]);
  });
});
