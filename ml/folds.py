"""Who is judged by whom: held-out rows for choosing L2, calibration and thresholds, always by split group."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ml.types import BoolArray, FloatArray, IntArray

FOLDS = 5
MIN_POSITIVE_GROUPS = 3  # validation with fewer would set a threshold by one or two videos

HeldOutBy = Literal["validation", "cross-validation", "own training data"]


@dataclass(frozen=True)
class HoldOutPlan:
    """For each row and type the fold in which it is held out, -1 for never; and in words, per type."""

    fold: IntArray  # (N, K)
    by: tuple[HeldOutBy, ...]  # (K,)


def plan_folds(
    label: FloatArray, weight: FloatArray, group: IntArray, validation: BoolArray, *, seed: int
) -> HoldOutPlan:
    """Validation videos where they suffice for a type, else grouped folds over all of them.

    With positives in a single split group nothing can be held out: the type is then calibrated on what it
    was trained on, and the metrics say so.
    """
    fold = np.full(label.shape, -1, dtype=np.int64)
    by: list[HeldOutBy] = []
    for k in range(label.shape[1]):
        known = weight[:, k] > 0
        positive = known & (label[:, k] >= 0.5)
        if _enough(positive, known, group, validation):
            fold[validation, k] = 0
            by.append("validation")
        elif len(np.unique(group[positive])) >= 2:
            fold[:, k] = grouped_folds(positive, group, seed=seed)
            by.append("cross-validation")
        else:
            by.append("own training data")
    return HoldOutPlan(fold, tuple(by))


def _enough(positive: BoolArray, known: BoolArray, group: IntArray, validation: BoolArray) -> bool:
    learnable = (positive & ~validation).any() and (known & ~positive & ~validation).any()
    judged = len(np.unique(group[positive & validation])) >= MIN_POSITIVE_GROUPS
    return bool(learnable and judged and (known & ~positive & validation).any())


def grouped_folds(positive: BoolArray, group: IntArray, *, seed: int, folds: int = FOLDS) -> IntArray:
    """(N,) fold of each row for one type: whole groups; those that show the type are spread first.

    Dealt for each type anew. Were all groups that show it in one fold, the model that judges them would have
    seen none, and its scores, pooled with the others', would wreck calibration and threshold.
    """
    groups = np.unique(group)
    shows = np.isin(groups, group[positive])
    shuffled = np.random.default_rng(seed).permutation(len(groups))
    dealt = shuffled[np.argsort(~shows[shuffled], kind="stable")]
    fold_of_group = np.empty(len(groups), dtype=np.int64)
    fold_of_group[dealt] = np.arange(len(groups)) % folds
    return fold_of_group[np.searchsorted(groups, group)]
