"""Annotations -> what each step teaches: positive, negative or unknown, per violation type."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.errors import TrainingDataError
from ml.types import Annotation, BoolArray, DoubleArray, FloatArray, IntArray, Mark, ViolationSpec

EDGE_S = 0.5  # people place bounds this loosely: steps so close to an edge teach nothing
EDGE_SHARE = 0.25  # ... but at least the middle half of a short mark stays positive
SETTLED_WEIGHT = 4.0  # a settled label counts as much as four single opinions
SLACK_S = 1.0  # a mark may end this far past the last step: players round


@dataclass(frozen=True)
class Targets:
    """Per step and violation type: the label in [0, 1] and its weight; weight 0 means unknown."""

    label: FloatArray  # (T, K)
    weight: FloatArray  # (T, K)


def annotation_targets(
    annotation: Annotation,
    violations: Sequence[ViolationSpec],
    *,
    steps: int,
    step_s: float,
    duration_s: float,
    edge_s: float = EDGE_S,
) -> Targets:
    """What one annotator's marks and watched ranges say about every step, and no more than that.

    Known is what they could tell. A mark of a type of modality "sound" counts where they heard it: made muted
    it says nothing. One of modality "both" counts where they watched, for it can be seen; that such a type is
    *absent* takes both eyes and ears.
    """
    check_annotation(annotation, violations, duration_s=max(duration_s, steps * step_s))
    middles = step_middles(steps, step_s)
    # The last step of a video may be cut short: its middle is that of what there is of it.
    if steps and (steps - 1) * step_s < duration_s < middles[-1] + step_s / 2:
        middles[-1] = ((steps - 1) * step_s + duration_s) / 2
    watched = inside_any(annotation.watched, middles)
    heard = watched & inside_any(annotation.unmuted, middles)
    label = np.zeros((steps, len(violations)), dtype=np.float32)
    weight = np.zeros_like(label)
    for k, violation in enumerate(violations):
        if violation.slug not in annotation.covers:
            continue
        marks = [mark for mark in annotation.marks if mark.violation == violation.slug]
        marked, cores = inside_any([(m.start_s, m.end_s) for m in marks], middles), _cores(marks, middles)
        marked[cores] = True
        present = heard if violation.modality == "sound" else watched
        absent = watched if violation.modality == "picture" else heard
        known = (marked & present) | (~marked & absent)
        label[:, k] = marked
        blurred = _near_edges(marks, middles, duration_s, edge_s)
        blurred[cores] = False
        weight[:, k] = known & ~blurred
    return Targets(label, weight)


def check_annotation(
    annotation: Annotation, violations: Sequence[ViolationSpec], *, duration_s: float
) -> None:
    """Refuse marks that cannot be meant: unknown types, and bounds outside the video or reversed."""
    known = {violation.slug for violation in violations}
    for mark in annotation.marks:
        if mark.violation not in known:
            raise TrainingDataError(
                "unknown_violation",
                f'A label names the violation type "{mark.violation}", which this training does not know. '
                "Add the type to the training or leave the label out.",
            )
        if not 0 <= mark.start_s < mark.end_s <= duration_s + SLACK_S:
            raise TrainingDataError(
                "label_outside_video",
                f"A label of {mark.violation} spans {mark.start_s:g} to {mark.end_s:g} s, but the video "
                f"lasts {duration_s:g} s. Correct the label's bounds.",
            )
    if unknown := sorted(set(annotation.covers) - known):
        raise TrainingDataError(
            "unknown_violation",
            f'An annotation covers the violation type "{unknown[0]}", which this training does not know. '
            "Add the type to the training or leave it out of what the annotation covers.",
        )


def consensus(annotations: Sequence[Annotation], targets: Sequence[Targets]) -> Targets:
    """Weighted mean label of all annotators; the weight grows with the root of the opinions behind it.

    The root keeps a video that five people reviewed from drowning five videos reviewed once.
    """
    weights = [
        t.weight * (SETTLED_WEIGHT if a.settled else 1.0) for a, t in zip(annotations, targets, strict=True)
    ]
    total = np.sum(weights, axis=0)
    votes = np.sum([w * t.label for w, t in zip(weights, targets, strict=True)], axis=0)
    label = np.divide(votes, total, out=np.zeros_like(votes), where=total > 0)
    return Targets(label.astype(np.float32), np.sqrt(total).astype(np.float32))


def step_middles(steps: int, step_s: float) -> DoubleArray:
    """(T,) middle of each step, in seconds."""
    middles: DoubleArray = (np.arange(steps, dtype=np.float64) + 0.5) * step_s
    return middles


def inside_any(ranges: Sequence[tuple[float, float]], times: DoubleArray) -> BoolArray:
    """Which of `times` lie in one of the half-open ranges."""
    inside = np.zeros(len(times), dtype=np.bool_)
    for start, end in ranges:
        inside |= (times >= start) & (times < end)
    return inside


def _cores(marks: Sequence[Mark], times: DoubleArray) -> IntArray:
    """The step nearest to each mark's middle: a shot shorter than a step still teaches one."""
    return np.array([np.abs(times - (m.start_s + m.end_s) / 2).argmin() for m in marks], dtype=np.int64)


def _near_edges(marks: Sequence[Mark], times: DoubleArray, duration_s: float, edge_s: float) -> BoolArray:
    near = np.zeros(len(times), dtype=np.bool_)
    for mark in marks:
        inner = min(edge_s, EDGE_SHARE * (mark.end_s - mark.start_s))
        # A mark that begins or ends with the video has no edge there to be unsure about.
        if mark.start_s > edge_s:
            near |= (times >= mark.start_s - edge_s) & (times < mark.start_s + inner)
        if mark.end_s < duration_s - edge_s:
            near |= (times >= mark.end_s - inner) & (times < mark.end_s + edge_s)
    return near
