"""Held-out curves -> how often hints are right at each threshold, and the threshold that keeps a floor.

Precision is counted over hints, not steps: a reviewer looks at hints. A hint is right when it claims an event
of its own at tIoU >= RIGHT_AT.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.calibrate import log_odds, sigmoid
from ml.hints import HintKnobs, intervals_above
from ml.intervals import spans_of
from ml.metrics import match_events
from ml.types import BoolArray, FloatArray, IntArray

FLOORS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
RIGHT_AT = 0.3  # tIoU: a reviewer finds the event and moves the bounds
USUAL_SHARE = 0.5  # of the floor: the threshold that keeps it for a calibrated type, as far as was measured
USUAL_EVENTS = 300.0  # known events after which a type's own threshold counts as much as the usual one
LEAST_THRESHOLD = 0.1  # hints below it would flood the reviewer
WEAK_THRESHOLD = 0.5  # a type that cannot keep the floor hints only where it is likelier than not
PRIOR = 2.0  # hints, half of them right, that precision begins with: one right hint of one proves little
LONGEST_GAP = 16  # steps between known ones over which a curve is drawn; across more nobody looked,
# unless a table of very many hours keeps no more than every so many
_GRID: FloatArray = sigmoid(np.linspace(-3.0, 4.0, 29, dtype=np.float32))


@dataclass(frozen=True)
class HeldOutCurve:
    """One video and one type, on the steps' own grid."""

    curve: FloatArray  # (T,) probabilities by models that did not see the video
    label: BoolArray  # (T,)
    known: BoolArray  # (T,)


@dataclass(frozen=True)
class Counts:
    """At each threshold (G,), rising: hints and those that are right; and how many events there are."""

    threshold: FloatArray
    hints: IntArray
    right: IntArray
    events: int


def held_out_curves(
    video: IntArray, step: IntArray, p: FloatArray, label: BoolArray, stands_for: FloatArray
) -> list[HeldOutCurve]:
    """Rows of a table (N,), those known and held out -> a curve for each video.

    video, step: where a row comes from, rising; stands_for: how many known steps it was kept for. Between
    rows the curve is a straight line: a long table keeps every few steps, and steps near the edges of marks
    teach nothing.
    """
    parts = np.split(np.arange(len(step)), np.flatnonzero(np.diff(video)) + 1)
    return [_drawn(step[rows], p[rows], label[rows], stands_for[rows]) for rows in parts if len(rows)]


def _drawn(step: IntArray, p: FloatArray, label: BoolArray, stands_for: FloatArray) -> HeldOutCurve:
    every = np.arange(step[-1] + 1)
    after = np.searchsorted(step, every)
    before = np.maximum(after - (step[after] > every), 0)
    nearest = np.where(every - step[before] < step[after] - every, before, after)
    apart = 2 * np.maximum(stands_for[before], stands_for[after])  # as rows of a very long table are
    known = (step[after] - step[before] <= np.maximum(LONGEST_GAP, apart)) & (every >= step[0])
    curve = np.where(known, np.interp(every, step, p), 0.0).astype(np.float32)
    return HeldOutCurve(curve, label[nearest] & known, known)


def count_hints(curves: Sequence[HeldOutCurve], *, step_s: float, knobs: HintKnobs | None = None) -> Counts:
    """Hints of one type along all curves at each threshold, and how many are right."""
    rows = [_counted(each, step_s, knobs or HintKnobs()) for each in curves]
    total = np.sum([_nothing(), *(counts for counts, _ in rows)], axis=0)
    return Counts(_GRID, total[0], total[1], sum(events for _, events in rows))


def _nothing() -> IntArray:
    return np.zeros((2, len(_GRID)), np.int64)


def _counted(of: HeldOutCurve, step_s: float, knobs: HintKnobs) -> tuple[IntArray, int]:
    """(2, G) hints and right ones of one video, and its events."""
    events, counts = spans_of(of.label, step_s), _nothing()
    for place, threshold in enumerate(_GRID):
        if of.curve.max(initial=0.0) < threshold:
            break
        spans = intervals_above(
            of.curve,
            step_s=step_s,
            duration_s=len(of.curve) * step_s,
            threshold=float(threshold),
            knobs=knobs,
        )
        best_first = sorted(spans, key=lambda span: -span[2] * (span[1] - span[0]))
        judged = [(start, end) for start, end, _ in best_first if _was_watched(of.known, start, end, step_s)]
        counts[:, place] = len(judged), match_events(events, judged, at=RIGHT_AT)
    return counts, len(events)


def _was_watched(known: BoolArray, start_s: float, end_s: float, step_s: float) -> bool:
    first = int(start_s / step_s)
    return bool(known[first : max(first + 1, round(end_s / step_s))].mean() >= 0.5)


def floor_thresholds(counts: Counts, floors: Sequence[float] = FLOORS) -> tuple[dict[str, float], set[float]]:
    """Floor, as "0.7" -> threshold, never falling; and the floors that were reached on these hints.

    The lowest threshold that keeps the floor: as many hints as it allows. With few events it is drawn to
    USUAL_SHARE of the floor: the best of six events is luck. A floor that no threshold keeps takes the best
    F1's, but at least WEAK_THRESHOLD: few hints rather than noise. A threshold never exceeds its floor, for a
    hint's calibrated score of .7 is right about seven times in ten.
    """
    precision = (counts.right + 0.5 * PRIOR) / (counts.hints + PRIOR)
    f1 = 2 * counts.right / np.maximum(counts.events + counts.hints, 1)
    thresholds: dict[str, float] = {}
    reached: set[float] = set()
    least = 0.0
    for floor in sorted(floors):
        good = np.flatnonzero((precision >= floor) & (counts.right > 0))
        own = (
            counts.threshold[good[0]]
            if len(good)
            else max(counts.threshold[int(np.argmax(f1))], WEAK_THRESHOLD)
        )
        reached |= {floor} if len(good) else set()
        least = max(least, _drawn_to_usual(min(float(own), floor), floor, counts.events))
        thresholds[f"{floor:g}"] = least
    return thresholds, reached


def _drawn_to_usual(own: float, floor: float, events: int) -> float:
    share = USUAL_EVENTS / (USUAL_EVENTS + events)
    both = log_odds(np.array([max(own, LEAST_THRESHOLD), USUAL_SHARE * floor], np.float32))
    return float(sigmoid((1 - share) * both[:1] + share * both[1:])[0])


def thresholds_at(floors: Mapping[str, Mapping[str, float]], floor: float) -> dict[str, float]:
    """Type -> threshold for any floor: of the next stricter floor that was learned, else of the strictest."""
    return {slug: _threshold_at(own, floor) for slug, own in floors.items() if own}


def _threshold_at(own: Mapping[str, float], floor: float) -> float:
    stricter = [known for known in own if float(known) >= floor - 1e-9]
    return own[min(stricter, key=float)] if stricter else own[max(own, key=float)]
