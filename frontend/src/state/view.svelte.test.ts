import { describe, expect, it } from 'vitest';

import { TimelineView } from './view.svelte';

function near() {
  const view = new TimelineView(600_000);
  view.range = { start_ms: 0, end_ms: 60_000 };
  return view;
}

describe('the view', () => {
  it('goes along with the playhead by pages', () => {
    const view = near();
    view.follow(59_000);
    expect(view.range.start_ms).toBe(0);
    view.follow(60_100);
    expect(view.range.start_ms).toBeGreaterThan(50_000);
  });

  it('waits while the person looks elsewhere, and goes along again once they are back', () => {
    const view = near();
    view.pan(120_000);
    view.movedByHand(30_000);
    view.follow(30_100);
    expect(view.range.start_ms).toBe(120_000);
    view.pan(-120_000);
    view.movedByHand(31_000);
    view.follow(60_100);
    expect(view.range.start_ms).toBeGreaterThan(50_000);
  });

  it('stands still under a hand, and when it shall not follow', () => {
    const view = near();
    view.held = true;
    view.follow(70_000);
    expect(view.range.start_ms).toBe(0);
    view.held = false;
    view.toggleFollowing(30_000);
    view.follow(70_000);
    expect(view.range.start_ms).toBe(0);
    view.toggleFollowing(70_000);
    expect(view.range.start_ms).toBeGreaterThan(60_000);
  });

  it('comes back by the same button that says it is away', () => {
    const view = near();
    view.pan(120_000);
    view.movedByHand(30_000);
    expect(view.away).toBe(true);
    view.toggleFollowing(30_000);
    expect(view.following).toBe(true);
    expect(view.range.start_ms).toBeLessThan(30_000);
  });

  it('has ends that can be moved one by one', () => {
    const view = near();
    view.resize('end', 20_000);
    expect(view.range).toEqual({ start_ms: 0, end_ms: 20_000 });
    view.resize('start', 30_000);
    expect(view.range).toEqual({ start_ms: 19_500, end_ms: 20_000 });
    view.resize('end', 9_999_999);
    expect(view.range.end_ms).toBe(600_000);
  });
});
