import { describe, expect, it } from 'vitest';

import { lengthOf } from './interval';
import { fitAll, LEAST_VISIBLE_MS, pan, reveal, ticks, toTime, toX, zoom, zoomTo } from './scale';

const HOUR = 3_600_000;
const view = { start_ms: 10_000, end_ms: 20_000 };

describe('the time scale', () => {
  it('maps times to the screen and back', () => {
    expect(toX(view, 1000, 15_000)).toBe(500);
    expect(toTime(view, 1000, toX(view, 1000, 12_345))).toBe(12_345);
  });

  it('keeps the anchor where it is while zooming', () => {
    const near = zoom(view, HOUR, 0.5, 12_000);
    expect(toX(near, 1000, 12_000)).toBeCloseTo(toX(view, 1000, 12_000), 6);
    expect(lengthOf(near)).toBe(5000);
  });

  it('zooms neither past the whole video nor closer than a few frames', () => {
    expect(zoom(view, HOUR, 1e9, 15_000)).toEqual(fitAll(HOUR));
    expect(lengthOf(zoom(view, HOUR, 1e-9, 15_000))).toBe(LEAST_VISIBLE_MS);
  });

  it('stops at both ends of the video while panning', () => {
    expect(pan(view, HOUR, -99_999)).toEqual({ start_ms: 0, end_ms: 10_000 });
    expect(pan(view, HOUR, HOUR * 2)).toEqual({ start_ms: HOUR - 10_000, end_ms: HOUR });
  });

  it('follows the playhead by pages and stays still while it is visible', () => {
    expect(reveal(view, HOUR, 15_000)).toBe(view);
    expect(reveal(view, HOUR, 20_000)).toEqual({ start_ms: 19_000, end_ms: 29_000 });
  });

  it('shows a peak with room around it', () => {
    const near = zoomTo({ start_ms: 50_000, end_ms: 54_000 }, HOUR);
    expect(near.start_ms).toBeLessThan(50_000);
    expect(near.end_ms).toBeGreaterThan(54_000);
  });

  it('puts ticks on round times that do not crowd', () => {
    const { step_ms, times } = ticks(view, 1000, 90);
    expect(step_ms).toBe(1000);
    expect(times[0]).toBe(10_000);
    expect(ticks(fitAll(10 * HOUR), 1000).times.length).toBeLessThan(12);
  });

  it('survives a video of no length', () => {
    expect(fitAll(0)).toEqual({ start_ms: 0, end_ms: LEAST_VISIBLE_MS });
    expect(toX(fitAll(0), 1000, 0)).toBe(0);
  });
});
