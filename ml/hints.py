"""Curve -> hints: smooth, hysteresis, merge, bound, rank, cap, group. Pure NumPy, no model in sight."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml.metrics import Interval, t_iou
from ml.types import BoolArray, FloatArray

_EPSILON = 1e-6


@dataclass(frozen=True)
class HintKnobs:
    """How curves become hints. Times in seconds, shares of one."""

    smooth_steps: int = 3  # odd; a moving mean over so many steps
    hold_ratio: float = 0.6  # a hint opens at the threshold and closes below this share of it
    merge_share: float = 0.03  # gaps below this share of the video's length are closed ...
    merge_max_s: float = 10.0  # ... but never one of this length or longer
    min_s: float = 0.5  # shorter hints are widened to this around their peak when they are tall enough
    max_per_violation: int = 5
    max_per_video: int = 12
    group_t_iou: float = 0.5  # hints of several types that coincide this much are one group

    def __post_init__(self) -> None:
        """A nonsense knob fails here, with its name."""
        for name in ("smooth_steps", "max_per_violation", "max_per_video"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}.")
        for name in ("hold_ratio", "merge_share", "group_t_iou"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie between 0 and 1, not {getattr(self, name)}.")
        for name in ("merge_max_s", "min_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, but is {getattr(self, name)}.")


@dataclass(frozen=True)
class ProposedHint:
    """An interval worth a reviewer's look. Rank and group count from 1; `capped` waits behind "show more"."""

    violation: str
    start_s: float
    end_s: float
    score: float
    rank: int
    group: int
    capped: bool


def propose_hints(
    curves: Mapping[str, FloatArray],
    *,
    step_s: float,
    duration_s: float,
    thresholds: Mapping[str, float],
    severities: Mapping[str, float],
    knobs: HintKnobs | None = None,
) -> list[ProposedHint]:
    """Every hint of a video, best first. A type without a threshold proposes nothing."""
    knobs = knobs or HintKnobs()
    loose = [
        ProposedHint(slug, start, end, score, 0, 0, False)
        for slug in sorted(curves)
        if slug in thresholds
        for start, end, score in intervals_above(
            curves[slug], step_s=step_s, duration_s=duration_s, threshold=thresholds[slug], knobs=knobs
        )
    ]
    return _group(_cap(_rank(loose, severities), knobs), knobs)


def intervals_above(
    curve: FloatArray, *, step_s: float, duration_s: float, threshold: float, knobs: HintKnobs
) -> list[tuple[float, float, float]]:
    """(start_s, end_s, score) of one type, in time order, disjoint, inside the video."""
    if len(curve) == 0 or duration_s <= 0:
        return []
    smooth = smoothed(curve, knobs.smooth_steps)
    runs = _hysteresis(smooth, threshold, threshold * knobs.hold_ratio)
    spans = [(a * step_s, min(b * step_s, duration_s)) for a, b in runs if a * step_s < duration_s]
    spans = merge_gaps(spans, min(knobs.merge_share * duration_s, knobs.merge_max_s))
    spans = _at_least(spans, knobs.min_s, duration_s)
    return [(start, end, _peak(smooth, start, end, step_s)) for start, end in spans]


def smoothed(curve: FloatArray, steps: int) -> FloatArray:
    """Moving mean over `steps`, shrinking at the ends, so that a constant stays constant."""
    if steps <= 1 or len(curve) == 0:
        return curve
    kernel = np.ones(min(steps, 2 * len(curve) - 1), dtype=np.float64)
    total = np.convolve(curve.astype(np.float64), kernel, mode="full")
    weight = np.convolve(np.ones(len(curve)), kernel, mode="full")
    first = (len(kernel) - 1) // 2
    mean: FloatArray = (total / weight)[first : first + len(curve)].astype(np.float32)
    return mean


def _hysteresis(curve: FloatArray, high: float, low: float) -> list[tuple[int, int]]:
    """Runs of steps that stay at or above `low` and somewhere reach `high`."""
    runs = _runs(curve >= low)
    return [(a, b) for a, b in runs if curve[a:b].max() >= high]


def _runs(flags: BoolArray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def merge_gaps(spans: Sequence[Interval], below_s: float) -> list[Interval]:
    """Join neighbours whose gap is shorter than `below_s`."""
    merged: list[Interval] = []
    for start, end in spans:
        if merged and start - merged[-1][1] < below_s:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _at_least(spans: Sequence[Interval], min_s: float, duration_s: float) -> list[Interval]:
    # Widened rather than dropped: one burst of gunfire is a quarter of a second and still matters.
    wide: list[Interval] = []
    for start, end in spans:
        lack = max(min_s - (end - start), 0.0) / 2
        begin = max(0.0, min(start - lack, duration_s - min_s))
        wide.append((begin, min(duration_s, max(end, begin + min_s))))
    return merge_gaps(wide, _EPSILON)


def _peak(curve: FloatArray, start_s: float, end_s: float, step_s: float) -> float:
    first = min(int(start_s / step_s + _EPSILON), len(curve) - 1)
    last = max(first + 1, min(int(np.ceil(end_s / step_s - _EPSILON)), len(curve)))
    return float(np.clip(curve[first:last].max(), 0.0, 1.0))


def _rank(hints: list[ProposedHint], severities: Mapping[str, float]) -> list[ProposedHint]:
    """Best first by score x severity x seconds that no better hint covers already (lazy greedy)."""

    def entry(number: int, seconds: float) -> tuple[float, float, float, str, int]:
        worth = hints[number].score * severities.get(hints[number].violation, 1.0)
        return (-worth * seconds, -worth, hints[number].start_s, hints[number].violation, number)

    heap = [entry(n, h.end_s - h.start_s) for n, h in enumerate(hints)]
    heapq.heapify(heap)
    covered: list[Interval] = []
    ranked: list[ProposedHint] = []
    while heap:
        number = heapq.heappop(heap)[-1]
        fresh = entry(number, _uncovered((hints[number].start_s, hints[number].end_s), covered))
        # Values only shrink as cover grows, so a refreshed entry that still leads is the true best.
        if heap and fresh > heap[0]:
            heapq.heappush(heap, fresh)
            continue
        ranked.append(replace(hints[number], rank=len(ranked) + 1))
        covered = _with(covered, (hints[number].start_s, hints[number].end_s))
    return ranked


def _uncovered(span: Interval, covered: Sequence[Interval]) -> float:
    return (span[1] - span[0]) - sum(max(0.0, min(span[1], b) - max(span[0], a)) for a, b in covered)


def _with(covered: list[Interval], span: Interval) -> list[Interval]:
    return merge_gaps(sorted([*covered, span]), _EPSILON)


def _cap(hints: list[ProposedHint], knobs: HintKnobs) -> list[ProposedHint]:
    shown: dict[str, int] = {}
    result = []
    for hint in hints:
        of_type = shown.get(hint.violation, 0)
        capped = of_type >= knobs.max_per_violation or sum(shown.values()) >= knobs.max_per_video
        if not capped:
            shown[hint.violation] = of_type + 1
        result.append(replace(hint, capped=capped))
    return result


def _group(hints: list[ProposedHint], knobs: HintKnobs) -> list[ProposedHint]:
    """Give coinciding hints of different types the number of the best ranked among them."""
    leaders: list[ProposedHint] = []
    taken: set[tuple[int, str]] = set()
    result = []
    for hint in hints:
        group = _leader_of(hint, leaders, taken, knobs.group_t_iou)
        if group == 0:
            leaders.append(hint)
            group = len(leaders)
        taken.add((group, hint.violation))
        result.append(replace(hint, group=group))
    return result


def _leader_of(
    hint: ProposedHint, leaders: Sequence[ProposedHint], taken: set[tuple[int, str]], at: float
) -> int:
    for number, leader in enumerate(leaders, start=1):
        overlap = t_iou((hint.start_s, hint.end_s), (leader.start_s, leader.end_s))
        if overlap >= at and overlap > 0 and (number, hint.violation) not in taken:
            return number
    return 0
