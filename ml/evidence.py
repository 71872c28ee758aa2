"""When a difference is more than luck: over split groups, never over steps, which repeat each other."""

import numpy as np

from ml.types import DoubleArray, FloatArray, IntArray

Losses = FloatArray | DoubleArray


def fall_of(losses: Losses, than: Losses, group: IntArray) -> tuple[float, float]:
    """How much less (N,) losses are in sum, and one standard error of that over split groups (N,)."""
    _, number = np.unique(group, return_inverse=True)
    falls = np.bincount(number, than - losses)
    if len(falls) < 2:
        return float(falls.sum()), float("inf")
    return float(falls.sum()), float(np.sqrt(len(falls)) * falls.std(ddof=1))


def clearly_less(losses: Losses, than: Losses, group: IntArray, errors: float) -> bool:
    """Whether (N,) losses are less in sum, by so many standard errors over split groups."""
    fall, error = fall_of(losses, than, group)
    return fall > errors * error
