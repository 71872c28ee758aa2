"""When a difference is more than luck: over split groups, never over steps, which repeat each other."""

import numpy as np

from ml.types import DoubleArray, FloatArray, IntArray


def clearly_less(
    losses: FloatArray | DoubleArray, than: FloatArray | DoubleArray, group: IntArray, errors: float
) -> bool:
    """Whether (N,) losses are less in sum, by so many standard errors over split groups."""
    _, number = np.unique(group, return_inverse=True)
    falls = np.bincount(number, than - losses)
    if len(falls) < 2:
        return False
    return bool(falls.sum() > errors * np.sqrt(len(falls)) * falls.std(ddof=1))
