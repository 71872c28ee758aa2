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
    fold_of_row = grouped_folds(label, weight, group, seed=seed)
    fold = np.full(label.shape, -1, dtype=np.int64)
    by: list[HeldOutBy] = []
    for k in range(label.shape[1]):
        known = weight[:, k] > 0
        positive = known & (label[:, k] >= 0.5)
        if _enough(positive, known, group, validation):
            fold[validation, k] = 0
            by.append("validation")
        elif len(np.unique(group[positive])) >= 2:
            fold[:, k] = fold_of_row
            by.append("cross-validation")
        else:
            by.append("own training data")
    return HoldOutPlan(fold, tuple(by))


def _enough(positive: BoolArray, known: BoolArray, group: IntArray, validation: BoolArray) -> bool:
    learnable = (positive & ~validation).any() and (known & ~positive & ~validation).any()
    judged = len(np.unique(group[positive & validation])) >= MIN_POSITIVE_GROUPS
    return bool(learnable and judged and (known & ~positive & validation).any())


def grouped_folds(
    label: FloatArray, weight: FloatArray, group: IntArray, *, seed: int, folds: int = FOLDS
) -> IntArray:
    """(N,) fold of each row: whole groups, dealt out so that every fold gets some of each type."""
    groups = np.unique(group)
    mass = np.stack([((weight > 0) * label)[group == g].sum(axis=0) for g in groups])  # (G, K)
    main_type = np.where(mass.max(axis=1, initial=0) > 0, mass.argmax(axis=1), -1)
    shuffled = np.random.default_rng(seed).permutation(len(groups))
    dealt = shuffled[np.argsort(main_type[shuffled], kind="stable")]
    fold_of_group = np.empty(len(groups), dtype=np.int64)
    fold_of_group[dealt] = np.arange(len(groups)) % folds
    return fold_of_group[np.searchsorted(groups, group)]
