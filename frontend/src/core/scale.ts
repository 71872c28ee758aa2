/** The timeline's maths: which part of the video is visible, and where a time lies on the screen. */
import { clamp, lengthOf, type Interval } from './interval';

/** Closer than this and a 60 fps frame would be wider than a thumb: no use zooming further. */
export const LEAST_VISIBLE_MS = 500;

export const fitAll = (duration_ms: number): Interval => ({
  start_ms: 0,
  end_ms: Math.max(duration_ms, LEAST_VISIBLE_MS),
});

export const toX = (view: Interval, width: number, ms: number): number =>
  ((ms - view.start_ms) / lengthOf(view)) * width;

export const toTime = (view: Interval, width: number, x: number): number =>
  Math.round(view.start_ms + (x / Math.max(1, width)) * lengthOf(view));

/** Keeps the length and moves the view back inside the video. */
export function within(view: Interval, duration_ms: number): Interval {
  const length = clamp(lengthOf(view), LEAST_VISIBLE_MS, Math.max(duration_ms, LEAST_VISIBLE_MS));
  const start = clamp(view.start_ms, 0, Math.max(0, duration_ms - length));
  return { start_ms: start, end_ms: start + length };
}

/** A factor below 1 zooms in; the anchor keeps its place on the screen. */
export function zoom(
  view: Interval,
  duration_ms: number,
  factor: number,
  anchor_ms: number,
): Interval {
  const length = clamp(
    lengthOf(view) * factor,
    LEAST_VISIBLE_MS,
    Math.max(duration_ms, LEAST_VISIBLE_MS),
  );
  const share = clamp((anchor_ms - view.start_ms) / lengthOf(view), 0, 1);
  const start = anchor_ms - share * length;
  return within({ start_ms: start, end_ms: start + length }, duration_ms);
}

export const pan = (view: Interval, duration_ms: number, delta_ms: number): Interval =>
  within({ start_ms: view.start_ms + delta_ms, end_ms: view.end_ms + delta_ms }, duration_ms);

/** One end moves and the other stays, as when the minimap's window is pulled wider. */
export function resized(
  view: Interval,
  duration_ms: number,
  edge: 'start' | 'end',
  ms: number,
): Interval {
  const most = Math.max(duration_ms, LEAST_VISIBLE_MS);
  return edge === 'start'
    ? { start_ms: clamp(ms, 0, view.end_ms - LEAST_VISIBLE_MS), end_ms: view.end_ms }
    : { start_ms: view.start_ms, end_ms: clamp(ms, view.start_ms + LEAST_VISIBLE_MS, most) };
}

/** Shows a range with room on both sides, as after a click on a curve's peak. */
export function zoomTo(range: Interval, duration_ms: number, margin: number = 0.6): Interval {
  const room = Math.max(lengthOf(range) * margin, 1500);
  return within({ start_ms: range.start_ms - room, end_ms: range.end_ms + room }, duration_ms);
}

/** Moves just enough that a time is visible; follows the playhead by pages rather than by crawling. */
export function reveal(view: Interval, duration_ms: number, ms: number): Interval {
  if (ms >= view.start_ms && ms < view.end_ms) return view;
  return pan(view, duration_ms, ms - lengthOf(view) * 0.1 - view.start_ms);
}

const STEPS_MS = [
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 18_000_000,
];

export interface Ticks {
  step_ms: number;
  /** The finer ones between them, without words. */
  minor_ms: number;
  times: number[];
}

/** Round times, at least `least_px` apart. */
export function ticks(view: Interval, width: number, least_px: number = 90): Ticks {
  const wanted = (lengthOf(view) / Math.max(1, width)) * least_px;
  const step_ms = STEPS_MS.find((step) => step >= wanted) ?? 36_000_000;
  const minor_ms =
    [10, 5, 4, 2]
      .map((parts) => step_ms / parts)
      .find((minor) => minor >= wanted / 12 && Number.isInteger(minor)) ?? step_ms;
  const times: number[] = [];
  for (let at = Math.ceil(view.start_ms / step_ms) * step_ms; at <= view.end_ms; at += step_ms) {
    times.push(at);
  }
  return { step_ms, minor_ms, times };
}
