"""Honest intervals: whole split groups are drawn with replacement, and figures are sums over groups.

Each figure is reduced to counts by group once, so that a draw is a row of weights times those counts: thirty
hours are never sorted again. The bootstrap of clusters: Davison and Hinkley, Bootstrap Methods (1997), 3.8.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.metrics import CALIBRATION_BINS, calibration_bin
from ml.types import BoolArray, DoubleArray, FloatArray, IntArray

ROUNDS = 500
EDGES_FROM = 16384  # scores
RANK_BINS = 1024  # distinct scores kept apart within a draw; the figures themselves are exact


def group_weights(groups: int, *, seed: int, rounds: int = ROUNDS) -> DoubleArray:
    """(1 + rounds, G): how often each group was drawn. Row 0 holds each once: the data as they are."""
    drawn = np.random.default_rng(seed).integers(0, max(groups, 1), (rounds, groups))
    rows = np.stack([np.bincount(row, minlength=groups) for row in drawn]) if groups else drawn
    return np.concatenate([np.ones((1, groups)), rows]).astype(np.float64)


def interval_of(draws: DoubleArray) -> tuple[float, float] | None:
    """95 % percentile interval of (R,) draws; None when fewer than half of them are defined (not NaN)."""
    defined = draws[~np.isnan(draws)]
    if len(defined) == 0 or 2 * len(defined) < len(draws):
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def ratio(above: DoubleArray, below: DoubleArray) -> DoubleArray:
    """Quotients, NaN where there is nothing to divide by."""
    quotients: DoubleArray = np.full(np.shape(above), np.nan)
    return np.divide(above, below, out=quotients, where=below > 0)


def sums_by_group(values: Sequence[float] | DoubleArray, group: Sequence[int], groups: int) -> DoubleArray:
    """(N,) values and the numbers of their groups -> (G,) sums."""
    numbers = np.asarray(group, dtype=np.int64)
    sums: DoubleArray = np.zeros(groups)
    np.add.at(sums, numbers, np.asarray(values, dtype=np.float64))
    return sums


@dataclass(frozen=True)
class RankCounts:
    """Positive and negative steps by group and bin of score, lowest first: (G, B) each."""

    positive: DoubleArray
    negative: DoubleArray


def rank_counts(
    truth: BoolArray, score: FloatArray, group: IntArray, groups: int, *, bins: int = RANK_BINS
) -> RankCounts:
    """Count (N,) steps by group and bin. Up to `bins` distinct scores each have a bin of their own.

    With more, half of the bins divide the positives evenly and half divide all steps.
    """
    edges = _edges(truth, score, bins)
    place = np.maximum(np.searchsorted(edges, score, side="right") - 1, 0)
    cell = group * len(edges) + place
    shape = (groups, len(edges))
    return RankCounts(
        *(
            np.bincount(cell[rows], minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)
            for rows in (truth, ~truth)
        )
    )


def _edges(truth: BoolArray, score: FloatArray, bins: int) -> FloatArray:
    """(B,) lower edges, rising. Of millions of scores some thousands, evenly taken, tell where they lie."""
    some = score[:: len(score) // EDGES_FROM + 1]
    if len(np.unique(some)) <= bins and len(distinct := np.unique(score)) <= bins:
        return distinct
    positives = score[truth] if truth.any() else score
    parts = []
    for of in (positives[:: len(positives) // EDGES_FROM + 1], some):
        places = np.linspace(0, len(of) - 1, bins // 2).astype(np.int64)
        parts.append(np.sort(of)[places])
    return np.unique(np.concatenate(parts))


def auc_draws(counts: RankCounts, weights: DoubleArray) -> DoubleArray:
    """(R,) area under the ROC curve, ties within a bin counted half; NaN without both classes."""
    positive, negative = weights @ counts.positive, weights @ counts.negative
    below = np.cumsum(negative, axis=1) - negative
    wins = (positive * (below + negative / 2)).sum(axis=1)
    return ratio(wins, positive.sum(axis=1) * negative.sum(axis=1))


def ap_draws(counts: RankCounts, weights: DoubleArray) -> DoubleArray:
    """(R,) average precision, a bin being one threshold; NaN without positives."""
    positive = (weights @ counts.positive)[:, ::-1]
    everything = positive + (weights @ counts.negative)[:, ::-1]
    hits = np.cumsum(positive, axis=1)
    precision = hits / np.maximum(np.cumsum(everything, axis=1), 1e-12)
    return ratio((precision * positive).sum(axis=1), hits[:, -1] if hits.size else np.zeros(len(weights)))


def calibration_draws(
    truth: BoolArray, score: FloatArray, group: IntArray, weights: DoubleArray
) -> DoubleArray:
    """(R,) expected calibration error over equally wide bins; NaN without steps."""
    groups = weights.shape[1]
    cell = group * CALIBRATION_BINS + calibration_bin(score)
    shape = (groups, CALIBRATION_BINS)
    surplus = np.bincount(cell, truth - score.astype(np.float64), minlength=groups * CALIBRATION_BINS)
    gap = np.abs(weights @ surplus.reshape(shape)).sum(axis=1)
    return ratio(gap, weights @ np.bincount(group, minlength=groups).astype(np.float64))


def median_draws(values: DoubleArray, group: IntArray, weights: DoubleArray) -> DoubleArray:
    """(R,) medians of (M,) values, the mean of the middle two of an even number; NaN without any."""
    if len(values) == 0:
        return np.full(len(weights), np.nan)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    below = np.cumsum(weights[:, group[order]], axis=1)
    half = below[:, -1:] / 2
    lower, upper = (below >= half).argmax(axis=1), (below > half).argmax(axis=1)
    return np.where(half[:, 0] > 0, (ordered[lower] + ordered[upper]) / 2, np.nan)
