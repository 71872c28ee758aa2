"""What we measure, in NumPy alone: ranking, intervals, calibration and honest intervals around them."""

from collections.abc import Callable, Sequence

import numpy as np

from ml.types import BoolArray, DoubleArray, FloatArray, IntArray

Interval = tuple[float, float]
CALIBRATION_BINS = 10


def roc_auc(truth: BoolArray, score: FloatArray) -> float | None:
    """Area under the ROC curve, ties counted half; None without both classes."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return None
    ranks = _average_ranks(np.asarray(score, dtype=np.float64))
    wins = ranks[truth].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def _average_ranks(score: DoubleArray) -> DoubleArray:
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    average: DoubleArray = (last - (counts - 1) / 2)[inverse]
    return average


def average_precision(truth: BoolArray, score: FloatArray, weight: FloatArray | None = None) -> float | None:
    """Sum of precision x gain in recall over the distinct scores; None without positives.

    weight (N,) > 0: how many steps each stands for (None: one).
    """
    if not truth.any():
        return None
    precision, recall, _ = precision_recall(truth, score, weight)
    return float(np.sum(precision * np.diff(recall, prepend=0.0)))


def precision_recall(
    truth: BoolArray, score: FloatArray, weight: FloatArray | None = None
) -> tuple[DoubleArray, DoubleArray, FloatArray]:
    """Precision and recall at each distinct score, highest score first, and those scores."""
    order = np.argsort(-score, kind="stable")
    ordered, each = score[order], _weights(weight, len(score))[order]
    hits, found = np.cumsum(each * truth[order]), np.cumsum(each)
    ends = np.flatnonzero(np.append(np.diff(ordered) != 0, True))
    precision: DoubleArray = hits[ends] / found[ends]
    recall: DoubleArray = hits[ends] / (hits[-1] if truth.any() else 1.0)
    return precision, recall, ordered[ends]


def _weights(weight: FloatArray | None, count: int) -> DoubleArray:
    return np.ones(count) if weight is None else weight.astype(np.float64)


def t_iou(one: Interval, other: Interval) -> float:
    """Temporal intersection over union of two intervals."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    if shared <= 0:
        return 0.0
    return shared / (max(one[1], other[1]) - min(one[0], other[0]))


def matched_pairs(
    truth: Sequence[Interval], found: Sequence[Interval], *, at: float
) -> list[tuple[Interval, Interval]]:
    """(true, found) intervals: in turn each of `found` (best first) claims the free truth it fits best.

    At least tIoU `at` > 0 is needed. As in the detection track of ActivityNet (Caba Heilbron et al., 2015).
    """
    free, pairs = list(truth), []
    for interval in found:
        best = max(free, key=lambda t: t_iou(t, interval), default=None)
        if best is not None and t_iou(best, interval) >= at:
            free.remove(best)
            pairs.append((best, interval))
    return pairs


def match_events(truth: Sequence[Interval], found: Sequence[Interval], *, at: float) -> int:
    """How many events of `found` (best first) claim a truth of their own at tIoU >= `at`."""
    return len(matched_pairs(truth, found, at=at))


def event_f1(matched: int, truths: int, found: int) -> float | None:
    """F1 of events from counts; None when there was nothing to find and nothing was found."""
    return 2 * matched / (truths + found) if truths + found else None


def recall_at(truth: Sequence[Interval], ranked: Sequence[Interval], *, k: int, at: float = 0.5) -> int:
    """How many truths one of the first `k` hints overlaps at tIoU >= `at`."""
    return sum(any(t_iou(event, hint) >= at for hint in ranked[:k]) for event in truth)


def calibration_error(truth: BoolArray, score: FloatArray, weight: FloatArray | None = None) -> float | None:
    """Expected calibration error over ten equally wide bins; None without steps.

    weight (N,) > 0: how many steps each stands for (None: one).
    Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities (2015).
    """
    if len(truth) == 0:
        return None
    # Share of steps x |how often true - how sure|, of each bin: the share cancels the bin's size.
    each = _weights(weight, len(truth))
    surplus = np.bincount(calibration_bin(score), each * (truth - score.astype(np.float64)))
    return float(np.abs(surplus).sum() / each.sum())


def calibration_bin(score: FloatArray) -> IntArray:
    """(N,) scores in [0, 1] -> the number of the bin of each; 1 falls into the last."""
    return np.minimum((score * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)


def bootstrap_interval(
    groups: Sequence[str], statistic: Callable[[IntArray], float | None], *, seed: int, rounds: int = 500
) -> tuple[float, float] | None:
    """95 % percentile interval of `statistic(rows)` when whole groups are drawn with replacement."""
    draws = bootstrap(groups, statistic, seed=seed, rounds=rounds)
    if len(draws) < rounds // 2:
        return None
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def bootstrap(
    groups: Sequence[str], statistic: Callable[[IntArray], float | None], *, seed: int, rounds: int = 500
) -> DoubleArray:
    """Values of `statistic` on resampled groups; draws where it is undefined are left out."""
    rng = np.random.default_rng(seed)
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    rows_of = [np.flatnonzero(member == number) for number in range(len(names))]
    values = []
    for _ in range(rounds):
        drawn = rng.integers(0, len(names), len(names))
        value = statistic(np.concatenate([rows_of[number] for number in drawn]))
        if value is not None:
            values.append(value)
    return np.asarray(values, dtype=np.float64)
