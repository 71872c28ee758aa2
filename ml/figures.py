"""Judged videos -> figures with 95 % intervals, and the chance row of each.

A figure that is undefined is None, and `undefined` says why. Intervals come from drawing whole split groups,
the same draws for every figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.judging import Hints, Judged, Opinion
from ml.metrics import (
    Interval,
    average_precision,
    calibration_error,
    matched_pairs,
    recall_at,
    roc_auc,
)
from ml.resampling import (
    ap_draws,
    auc_draws,
    calibration_draws,
    group_weights,
    interval_of,
    median_draws,
    rank_counts,
    ratio,
    sums_by_group,
)
from ml.types import BoolArray, DoubleArray, FloatArray, IntArray

MATCHED_AT = (0.3, 0.5, 0.7)  # tIoU
RECALL_K = (1, 3, 5, 12)
RECALLED_AT = 0.5  # tIoU, DESIGN.md's
BOUNDS_AT = 0.3  # tIoU from which a hint's bounds are compared with the event's
ANNOTATOR_BINS = 256
ANNOTATOR_ROUNDS = 200  # a thousand annotators must not take minutes
ANNOTATORS_LISTED = 50
NO_STEPS = "Nobody whose word counts watched any of it for this."
NO_POSITIVES = "No known step shows it."
NO_NEGATIVES = "Every known step shows it: there is nothing to tell it from."
NO_HINTS = "No hint was shown."
NO_EVENTS = "No known event of it is there to be found."
NOTHING = "There is no event and no hint."
NO_MATCHES = f"No hint matches an event at tIoU {BOUNDS_AT}."
ONE_GROUP = "All known steps are of one split group: no other group says how often it happens."
Found = tuple[int, tuple[Interval, ...], Hints]  # number of the group, events, hints


@dataclass(frozen=True)
class Groups:
    """Split groups by number, and how often each is drawn: (1 + R, G), row 0 the data as they are."""

    number: dict[str, int]
    weights: DoubleArray


def groups_of(names: Sequence[str], *, seed: int, rounds: int) -> Groups:
    """The groups of these videos, with the draws that all figures share."""
    number = {name: n for n, name in enumerate(sorted(set(names)))}
    return Groups(number, group_weights(len(number), seed=seed, rounds=rounds))


class _Row:
    """Collects figures under their names: value, interval, or why there is none."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self.undefined: dict[str, str] = {}

    def put(self, name: str, draws: DoubleArray, why: str, value: float | None = None) -> None:
        """`draws[0]` is the value unless an exacter one is given; NaN is undefined, because of `why`."""
        exact = value if value is not None else float(draws[0])
        if np.isnan(exact):
            self.figures[name], self.figures[f"{name}_interval"] = None, None
            self.undefined[name] = why
        else:
            self.figures[name], self.figures[f"{name}_interval"] = exact, interval_of(draws[1:])

    def all(self) -> dict[str, Any]:
        return self.figures | {"undefined": self.undefined}


def figures_of(videos: Sequence[Judged], groups: Groups) -> dict[str, Any]:
    """Every figure of one violation type (or of all as one class), and `chance`: the same of luck.

    `auc`, `ap`, `calibration_error` are per step. Of hints shown, `event_precision_30`, `event_recall_30`,
    `event_f1_30` (_50, _70) are per event at tIoU .3 (.5, .7); `start_error_s`, `end_error_s` are medians of
    absolute, `start_shift_s`, `end_shift_s` of signed differences (positive: the hint is late), matches being
    at tIoU >= .3. `hint_recall_5` is the share of events that one of a video's first five hints overlaps at
    tIoU >= .5, those behind "show more" coming last; `shown_hint_recall_5` leaves these out.
    """
    number = [groups.number[video.group] for video in videos]
    row, chance = _Row(), _Row()
    truth = np.concatenate([np.zeros(0, np.bool_), *(video.truth for video in videos)])
    score = np.concatenate([np.zeros(0, np.float32), *(video.score for video in videos)])
    group = np.repeat(np.array(number, np.int64), [len(video.truth) for video in videos])
    _per_step(row, chance, truth, score, group, groups.weights)
    _per_event(row, [(n, v.events, v.hints) for n, v in zip(number, videos, strict=True)], groups)
    # Random curves are further videos with the same truth: their figures are means over the draws.
    draws = max((len(video.chance) for video in videos), default=0)
    luck = [(n, v.events, v.chance[d]) for d in range(draws) for n, v in zip(number, videos, strict=True)]
    _per_event(chance, luck, groups)
    counts = {
        "n_videos": len(videos),
        "n_groups": len(set(number)),
        "n_steps": len(truth),
        "n_positive_steps": int(truth.sum()),
        "n_events": sum(len(video.events) for video in videos),
        "n_hints": sum(len(video.hints.shown) for video in videos),
        "disputed_steps": sum(video.disputed for video in videos),
        "tied_steps": sum(video.tied for video in videos),
        "base_rate": float(truth.mean()) if len(truth) else None,
    }
    return counts | row.all() | {"chance": chance.all() | {"hint_draws": draws}}


def _per_step(
    row: _Row, chance: _Row, truth: BoolArray, score: FloatArray, group: IntArray, weights: DoubleArray
) -> None:
    counts = rank_counts(truth, score, group, weights.shape[1])
    positive, negative = (weights @ c.sum(axis=1) for c in (counts.positive, counts.negative))
    classes = NO_STEPS if not len(truth) else NO_NEGATIVES if truth.any() else NO_POSITIVES
    row.put("auc", auc_draws(counts, weights), classes, roc_auc(truth, score))
    row.put("ap", ap_draws(counts, weights), classes, average_precision(truth, score))
    gap = calibration_draws(truth, score, group, weights)
    row.put("calibration_error", gap, NO_STEPS, calibration_error(truth, score))
    # A random score ranks by luck: expected values, not one draw's.
    chance.put("auc", np.where(positive * negative > 0, 0.5, np.nan), classes)
    chance.put("ap", np.where(positive > 0, ratio(positive, positive + negative), np.nan), classes)
    constant = _base_rate_elsewhere(truth, group, weights.shape[1])
    known = ~np.isnan(constant)
    gap = calibration_draws(truth[known], constant[known], group[known], weights)
    chance.put("calibration_error", gap, NO_STEPS if not len(truth) else ONE_GROUP)


def _base_rate_elsewhere(truth: BoolArray, group: IntArray, groups: int) -> FloatArray:
    """(N,) the constant one would guess for a step without knowing its group; NaN with no other group."""
    hits = np.bincount(group, truth.astype(np.float64), minlength=groups)
    steps = np.bincount(group, minlength=groups).astype(np.float64)
    return ratio(hits.sum() - hits, steps.sum() - steps)[group].astype(np.float32)


def _per_event(row: _Row, found: Sequence[Found], groups: Groups) -> None:
    number, weights = [n for n, _, _ in found], groups.weights

    def total(values: Sequence[float]) -> DoubleArray:
        return weights @ sums_by_group(values, number, weights.shape[1])

    events, hints = total([len(e) for _, e, _ in found]), total([len(h.shown) for _, _, h in found])
    for at in MATCHED_AT:
        name = round(100 * at)
        matched = total([len(matched_pairs(e, h.shown, at=at)) for _, e, h in found])
        row.put(f"event_precision_{name}", ratio(matched, hints), NO_HINTS)
        row.put(f"event_recall_{name}", ratio(matched, events), NO_EVENTS)
        row.put(f"event_f1_{name}", ratio(2 * matched, events + hints), NOTHING)
    for k in RECALL_K:
        for which, hits in (
            ("hint_recall", [recall_at(e, h.ranked(), k=k, at=RECALLED_AT) for _, e, h in found]),
            ("shown_hint_recall", [recall_at(e, h.shown, k=k, at=RECALLED_AT) for _, e, h in found]),
        ):
            row.put(f"{which}_{k}", ratio(total(hits), events), NO_EVENTS)
    _bounds(row, found, weights)


def _bounds(row: _Row, found: Sequence[Found], weights: DoubleArray) -> None:
    pairs = [(n, *pair) for n, e, h in found for pair in matched_pairs(e, h.shown, at=BOUNDS_AT)]
    group = np.array([n for n, _, _ in pairs], np.int64)
    row.figures["n_matched"] = len(pairs)
    for name, side in (("start", 0), ("end", 1)):
        off = np.array([hint[side] - event[side] for _, event, hint in pairs], np.float64)
        row.put(f"{name}_error_s", median_draws(np.abs(off), group, weights), NO_MATCHES)
        row.put(f"{name}_shift_s", median_draws(off, group, weights), NO_MATCHES)


def annotator_figures(
    opinions: Sequence[Opinion], met: Sequence[str], groups: Groups, *, listed: int = ANNOTATORS_LISTED
) -> dict[str, Any]:
    """How well each annotator's own labels are ranked by their own curve, and by the consensus.

    Per annotator the mean AUC over the types where it is defined; `own_auc`, `consensus_auc` and `gain` are
    means over annotators the bundle has met. One it has not met is scored by the consensus, and listed so.
    """
    names = sorted({opinion.annotator for opinion in opinions})
    known, groups = set(met), Groups(groups.number, groups.weights[: 1 + ANNOTATOR_ROUNDS])
    of: dict[str, list[Opinion]] = {name: [] for name in names}
    for opinion in opinions:
        of[opinion.annotator].append(opinion)
    draws = {name: _own_and_agreed(of[name], groups) for name in names}
    row = _Row()
    means = _nan_mean([draws[name] for name in names if name in known], len(groups.weights))
    why = "No annotator the bundle has met labelled both kinds of steps here."
    for figure, values in zip(("own_auc", "consensus_auc"), means, strict=True):
        row.put(figure, values, why)
    row.put("gain", means[0] - means[1], why)
    most = sorted(names, key=lambda name: (-sum(len(o.truth) for o in of[name]), name))[:listed]
    return {
        "n_annotators": len(names),
        "n_met": sum(name in known for name in names),
        **row.all(),
        "chance": {"own_auc": 0.5, "consensus_auc": 0.5, "gain": 0.0},
        "each": [_one(name, name in known, of[name], draws[name]) for name in most],
        "not_listed": len(names) - len(most),
    }


def _own_and_agreed(opinions: Sequence[Opinion], groups: Groups) -> DoubleArray:
    """(2, 1 + R): AUC by the own curve and by the consensus, means over types."""
    by_type = []
    for slug in sorted({opinion.violation for opinion in opinions}):
        of_type = [opinion for opinion in opinions if opinion.violation == slug]
        group = np.repeat([groups.number[o.group] for o in of_type], [len(o.truth) for o in of_type])
        here, local = np.unique(group, return_inverse=True)
        truth = np.concatenate([o.truth for o in of_type])
        weights = groups.weights[:, here]
        curves = ([o.own for o in of_type], [o.agreed for o in of_type])
        counts = [
            rank_counts(truth, np.concatenate(curve), local, len(here), bins=ANNOTATOR_BINS)
            for curve in curves
        ]
        by_type.append(np.stack([auc_draws(each, weights) for each in counts]))
    return _nan_mean(by_type, len(groups.weights))


def _nan_mean(parts: Sequence[DoubleArray], rounds: int) -> DoubleArray:
    """(2, rounds) mean of what is defined in each place; NaN where nothing is."""
    if not parts:
        return np.full((2, rounds), np.nan)
    stack = np.stack(parts)
    defined = ~np.isnan(stack)
    return ratio(np.where(defined, stack, 0).sum(axis=0), defined.sum(axis=0).astype(np.float64))


def _one(name: str, met: bool, opinions: Sequence[Opinion], draws: DoubleArray) -> dict[str, Any]:
    row = _Row()
    why = "No type was labelled with both kinds of steps."
    row.put("own_auc", draws[0], why)
    row.put("consensus_auc", draws[1], why)
    counts = {
        "n_steps": sum(len(opinion.truth) for opinion in opinions),
        "n_positive_steps": sum(int(opinion.truth.sum()) for opinion in opinions),
    }
    return {"annotator": name, "met": met, **counts, **row.all()}
