"""Which labelled steps a training keeps when there are more than fit: corrections first, never alone."""

from collections.abc import Sequence

import numpy as np

from ml.targets import Targets
from ml.types import BoolArray, FloatArray, IntArray


def thinned(targets: Targets, corrected: BoolArray, budget: int) -> IntArray:
    """Known steps of one video, at most `budget`, rising.

    First those where somebody corrected the model (T,), up to half; of the others positives first. Neighbours
    say nearly the same, so taking them evenly loses little.
    """
    known = np.flatnonzero(targets.weight.max(axis=1, initial=0) > 0)
    if len(known) <= budget:
        return known
    own, others = known[corrected[known]], known[~corrected[known]]
    first = evenly(own, min(budget // 2, len(others) or budget))
    positive = (targets.label * targets.weight).max(axis=1, initial=0)[others] > 0
    left = budget - len(first)
    second = evenly(others[positive], max(left // 2, left - int((~positive).sum())))
    return np.sort(np.concatenate([first, second, evenly(others[~positive], left - len(second))]))


def stands_for(targets: Targets, corrected: BoolArray, keep: IntArray) -> FloatArray:
    """(n,) how many known steps of one video each kept one stands for: 1 where all fitted.

    Marked steps are kept before others. Counted as they are kept, a table of many hours would seem far fuller
    of violations than film is, and what is calibrated on it would claim as much.
    """
    positive = (targets.label * targets.weight).max(axis=1, initial=0) > 0
    kind = np.where(corrected, 2, positive)  # that `thinned` treats alike
    known = targets.weight.max(axis=1, initial=0) > 0
    there, left = (np.bincount(kind[rows], minlength=3) for rows in (known, keep))
    return np.asarray((there / np.maximum(left, 1))[kind[keep]], dtype=np.float32)


def mixed(corrected: Sequence[BoolArray]) -> list[IntArray]:
    """By video, which of its kept steps stay so that corrected ones are at most half of all.

    A model that learns from its errors alone forgets what it knew (AUC -.056 on the fights). Where there are
    corrected steps alone they all stay: there is nothing to mix them with.
    """
    own = sum(int(flags.sum()) for flags in corrected)
    others = sum(len(flags) for flags in corrected) - own
    if own <= others or not others:
        return [np.arange(len(flags)) for flags in corrected]
    return [_fewer(flags, others / own) for flags in corrected]


def _fewer(corrected: BoolArray, share: float) -> IntArray:
    """All steps that nobody corrected, and this share of the others, evenly."""
    own = np.flatnonzero(corrected)
    return np.sort(np.concatenate([np.flatnonzero(~corrected), evenly(own, int(len(own) * share))]))


def evenly(steps: IntArray, most: int) -> IntArray:
    """At most `most` of the steps, as far from each other as they can be."""
    return steps if len(steps) <= most else steps[np.arange(most) * len(steps) // max(most, 1)]
