"""Curve -> hints: smooth, hysteresis, bound, merge, rank, cap, group. Pure NumPy, no model in sight.

A hint's score is the peak of its smoothed curve. Curves are calibrated, and on held-out film the peak is
about how often a hint is real (docs/log.md): score x severity x seconds is the harm a look at it should find.
"""

import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ml.bounds import NOWHERE, Places, moved
from ml.intervals import merged, runs
from ml.metrics import Interval, t_iou
from ml.types import DoubleArray, FloatArray, Modality

_EPSILON = 1e-6
Scored = tuple[float, float, float]  # start_s, end_s, score


@dataclass(frozen=True)
class HintKnobs:
    """How curves become hints. Times in seconds, shares of one."""

    smooth_steps: int = 3  # odd; a moving mean over so many steps
    hold_ratio: float = 0.6  # a hint opens at the threshold and closes below this share of it
    bound_ratio: float = (
        0.4  # ... and its ends are drawn in to where the curve reaches this share of its peak
    )
    merge_share: float = 0.03  # gaps below this share of the video's length are closed ...
    merge_max_s: float = 10.0  # ... but never one of this length or longer
    bounds_reach_s: float = 1.0  # a bound moves this far to a cut, onset or decay that the curve follows
    min_s: float = 0.5  # shorter hints are widened to this around their peak when they are tall enough
    more_share: float = 0.2  # of the threshold: from here on up to it lies what "show more" brings
    max_more: int = 12  # ... and so many of those a video
    max_per_violation: int = 5
    max_per_video: int = 12
    group_t_iou: float = 0.5  # hints of several types that coincide this much are one group

    def __post_init__(self) -> None:
        """A nonsense knob fails here, with its name."""
        for name in ("smooth_steps", "max_per_violation", "max_per_video"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.max_more < 0:
            raise ValueError(f"max_more must not be negative, but is {self.max_more}.")
        for name in ("hold_ratio", "bound_ratio", "merge_share", "more_share", "group_t_iou"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie between 0 and 1, not {getattr(self, name)}.")
        for name in ("merge_max_s", "bounds_reach_s", "min_s"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be negative, but is {getattr(self, name)}.")


@dataclass(frozen=True)
class ProposedHint:
    """An interval worth a reviewer's look. Rank and group count from 1; `capped` waits behind "show more".

    Behind it lie hints past the caps, and after all others weaker ones that did not reach the threshold.
    """

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
    modalities: Mapping[str, Modality] | None = None,
    cuts: Sequence[float] = (),
    onsets: Sequence[float] = (),
    decays: Sequence[float] = (),
) -> list[ProposedHint]:
    """Every hint of a video, best first. A type without a threshold proposes nothing.

    cuts, onsets, decays: seconds, rising, of cuts in the picture and of where sound sets in and dies away:
    bounds move to those that a type's modality ("both" unless named) can show.
    """
    knobs = knobs or HintKnobs()
    places = Places(*(np.asarray(times, np.float64) for times in (cuts, onsets, decays)))
    strong: list[ProposedHint] = []
    weak: list[ProposedHint] = []
    for slug in sorted(curves.keys() & thresholds.keys()):
        modality = (modalities or {}).get(slug, "both")
        find = partial(
            intervals_above,
            step_s=step_s,
            duration_s=duration_s,
            knobs=knobs,
            starts=places.starts(modality),
            ends=places.ends(modality),
        )
        found, weaker = _of_type(find, curves[slug], thresholds[slug], step_s, duration_s, knobs)
        strong += [ProposedHint(slug, *each, rank=0, group=0, capped=False) for each in found]
        weak += [ProposedHint(slug, *each, rank=0, group=0, capped=True) for each in weaker]
    covered = _Cover()
    ranked = _cap(_rank(strong, severities, covered), knobs)
    more = _rank(weak, severities, covered)[: knobs.max_more]
    ranked += [replace(hint, rank=len(ranked) + n) for n, hint in enumerate(more, start=1)]
    return _group(ranked, knobs)


def _of_type(
    find: Callable[..., list[Scored]],
    curve: FloatArray,
    threshold: float,
    step_s: float,
    duration_s: float,
    knobs: HintKnobs,
) -> tuple[list[Scored], list[Scored]]:
    """What opens at the threshold; and away from that, what opens at a share of it."""
    found, away_s = find(curve, threshold=threshold), _limit_s(knobs, duration_s)
    least = threshold * knobs.more_share
    if not (knobs.max_more and least > 0):
        return found, []
    return found, _apart(find(_without(curve, found, step_s, away_s), threshold=least), found, away_s)


def _without(curve: FloatArray, found: Sequence[Scored], step_s: float, away_s: float) -> FloatArray:
    """The curve without what was found, and without what is so near that it would be a part of that."""
    rest = np.array(curve)
    for start, end, _ in found:
        rest[max(0, int((start - away_s) / step_s)) : int(np.ceil((end + away_s) / step_s))] = 0.0
    return rest


def _apart(weaker: Sequence[Scored], found: Sequence[Scored], away_s: float) -> list[Scored]:
    """Those that still lie so far from all that was found, their bounds having moved."""
    begun, over = [start for start, _, _ in found], [end for _, end, _ in found]
    return [
        each
        for each in weaker
        if bisect_right(over, each[0] - away_s) == bisect_left(begun, each[1] + away_s - _EPSILON)
    ]


def _limit_s(knobs: HintKnobs, duration_s: float) -> float:
    """Gaps of one type below this are closed."""
    return max(min(knobs.merge_share * duration_s, knobs.merge_max_s), _EPSILON)


def intervals_above(
    curve: FloatArray,
    *,
    step_s: float,
    duration_s: float,
    threshold: float,
    knobs: HintKnobs,
    starts: DoubleArray = NOWHERE.cuts,
    ends: DoubleArray = NOWHERE.cuts,
) -> list[tuple[float, float, float]]:
    """(start_s, end_s, score) of one type, in time order, disjoint, inside the video.

    Bounds move to `starts` and `ends` (seconds, rising). What is not a number counts as 0.
    """
    if len(curve) == 0 or duration_s <= 0:
        return []
    steps = int(np.ceil(duration_s / step_s - _EPSILON))
    curve = np.clip(np.nan_to_num(curve[:steps], nan=0.0), 0.0, 1.0)
    smooth = smoothed(curve, knobs.smooth_steps)
    tall = [
        _drawn_in(smooth, run, knobs.bound_ratio)
        for run in _hysteresis(smooth, threshold, threshold * knobs.hold_ratio)
    ]
    spans = [(a * step_s, min(b * step_s, duration_s)) for a, b in tall]
    starts, ends = starts[starts < duration_s], ends[ends <= duration_s]
    spans = [moved(s, curve, starts, ends, step_s=step_s, reach_s=knobs.bounds_reach_s) for s in spans]
    scored = [(*span, _peak(smooth, run)) for span, run in zip(spans, tall, strict=True)]
    limit_s = _limit_s(knobs, duration_s)
    return _joined(_at_least(_joined(scored, limit_s), knobs.min_s, duration_s), limit_s)


def _peak(curve: FloatArray, run: tuple[int, int]) -> float:
    return float(curve[run[0] : run[1]].max())


def _joined(scored: Sequence[Scored], below_s: float) -> list[Scored]:
    """Neighbours closer than that as one, with the better score."""
    spans = merged([(start, end) for start, end, _ in scored], closer_than_s=below_s)
    starts = [start for start, _ in spans]
    best = np.zeros(len(spans))
    np.maximum.at(
        best, [bisect_right(starts, start) - 1 for start, _, _ in scored], [s for _, _, s in scored]
    )
    return [(start, end, float(score)) for (start, end), score in zip(spans, best, strict=True)]


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
    return [(a, b) for a, b in runs(curve >= low) if curve[a:b].max() >= high]


def _drawn_in(curve: FloatArray, run: tuple[int, int], ratio: float) -> tuple[int, int]:
    """The run without its skirts: a window sees an event half its width before it begins and after it ends.

    Where its window is half full of the event, the curve is about half way up to its peak.
    """
    inside = curve[run[0] : run[1]]
    high = np.flatnonzero(inside >= ratio * inside.max())
    return run[0] + int(high[0]), run[0] + int(high[-1]) + 1


def _at_least(scored: Sequence[Scored], min_s: float, duration_s: float) -> list[Scored]:
    # Widened rather than dropped: one burst of gunfire is a quarter of a second and still matters.
    wide: list[Scored] = []
    for start, end, score in scored:
        lack = max(min_s - (end - start), 0.0) / 2
        begin = max(0.0, min(start - lack, duration_s - min_s))
        wide.append((begin, min(duration_s, max(end, begin + min_s)), score))
    return wide


def _rank(
    hints: list[ProposedHint], severities: Mapping[str, float], covered: "_Cover"
) -> list[ProposedHint]:
    """Best first by score x severity x seconds that no better hint covers already (lazy greedy)."""

    def entry(number: int, seconds: float) -> tuple[float, float, float, str, int]:
        worth = hints[number].score * severities.get(hints[number].violation, 1.0)
        return (-worth * seconds, -worth, hints[number].start_s, hints[number].violation, number)

    heap = [entry(n, h.end_s - h.start_s) for n, h in enumerate(hints)]
    heapq.heapify(heap)
    ranked: list[ProposedHint] = []
    while heap:
        number = heapq.heappop(heap)[-1]
        span = (hints[number].start_s, hints[number].end_s)
        fresh = entry(number, covered.left_of(span))
        # Values only shrink as cover grows, so a refreshed entry that still leads is the true best.
        if heap and fresh > heap[0]:
            heapq.heappush(heap, fresh)
            continue
        ranked.append(replace(hints[number], rank=len(ranked) + 1))
        covered.add(span)
    return ranked


class _Cover:
    """Disjoint intervals in order of time: ten hours may hold ten thousand hints, and each is asked about."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.ends: list[float] = []

    def left_of(self, span: Interval) -> float:
        """Seconds of the span that nothing covers yet."""
        first, last = bisect_right(self.ends, span[0]), bisect_left(self.starts, span[1])
        pieces = zip(self.starts[first:last], self.ends[first:last], strict=True)
        return (span[1] - span[0]) - sum(min(span[1], b) - max(span[0], a) for a, b in pieces)

    def add(self, span: Interval) -> None:
        """Cover the span, joined with what it touches."""
        first = bisect_left(self.ends, span[0] - _EPSILON)
        last = bisect_right(self.starts, span[1] + _EPSILON)
        start, end = min([span[0], *self.starts[first:last]]), max([span[1], *self.ends[first:last]])
        self.starts[first:last], self.ends[first:last] = [start], [end]


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
    leaders: list[tuple[float, float, int]] = []  # start_s, end_s, number of the group; in order of time
    longest = max((hint.end_s - hint.start_s for hint in hints), default=0.0)
    taken: set[tuple[int, str]] = set()
    result = []
    for hint in hints:
        near = _near(hint, leaders, longest)
        fitting = (n for n in _coinciding(hint, near, knobs.group_t_iou) if (n, hint.violation) not in taken)
        group = min(fitting, default=0)
        if group == 0:
            group = len(leaders) + 1
            insort(leaders, (hint.start_s, hint.end_s, group))
        taken.add((group, hint.violation))
        result.append(replace(hint, group=group))
    return result


def _near(
    hint: ProposedHint, leaders: list[tuple[float, float, int]], longest: float
) -> list[tuple[float, float, int]]:
    """Leaders that may overlap the hint, none being longer than `longest`."""
    first = bisect_left(leaders, (hint.start_s - longest, 0.0, 0))
    return leaders[first : bisect_left(leaders, (hint.end_s, 0.0, 0))]


def _coinciding(hint: ProposedHint, leaders: Sequence[tuple[float, float, int]], at: float) -> Iterator[int]:
    for start, end, number in leaders:
        overlap = t_iou((hint.start_s, hint.end_s), (start, end))
        if overlap >= at and overlap > 0:
            yield number
