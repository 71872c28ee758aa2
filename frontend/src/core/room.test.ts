import { describe, expect, it } from 'vitest';

import { hasRoom } from './room';

const at = (current_ms: number, end_ms: number, speed = 1) =>
  hasRoom({ buffered: [{ start_ms: 0, end_ms }], current_ms, duration_ms: 60_000, speed });

describe('hasRoom', () => {
  it('is there once some seconds lie ahead, more of them at a greater speed', () => {
    expect(at(10_000, 14_000)).toBe(false);
    expect(at(10_000, 16_000)).toBe(true);
    expect(at(10_000, 16_000, 2)).toBe(false);
    expect(at(10_000, 16_000, 0.25)).toBe(true);
  });

  it('is there when all that is left has come', () => {
    expect(at(58_000, 59_700)).toBe(true);
    expect(hasRoom({ buffered: [], current_ms: 60_000, duration_ms: 60_000, speed: 1 })).toBe(true);
  });

  it('is not there while nothing has come, or only another part', () => {
    expect(hasRoom({ buffered: [], current_ms: 0, duration_ms: 60_000, speed: 1 })).toBe(false);
    const elsewhere = [{ start_ms: 30_000, end_ms: 60_000 }];
    expect(hasRoom({ buffered: elsewhere, current_ms: 0, duration_ms: 60_000, speed: 1 })).toBe(
      false,
    );
  });
});
