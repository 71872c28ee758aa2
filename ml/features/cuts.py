"""Find where a new shot begins, from one colour histogram a step. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.28  # share of pixels that changed colour bin
LOOK_BACK = 4  # steps: a flash or strobe comes back to a colour seen within the last second


def find_cuts(histograms: NDArray[np.floating[Any]], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (T,) bool: the step's picture, and the next step's, resembles none of the last second's.

    histograms: (T, bins) summing to 1 where mask (T,) is True. Asking the next step too keeps a single flash
    from counting as a cut.
    """
    cuts = np.zeros(len(histograms), np.bool_)
    began = 0
    for i in range(1, len(histograms)):
        if not mask[i] or not mask[i - 1]:
            began = i
            continue
        past = histograms[max(began, i - LOOK_BACK) : i].astype(np.float32)
        following = min(i + 1, len(histograms) - 1)
        following = following if mask[following] else i
        if min(_distance(past, histograms[i]), _distance(past, histograms[following])) > THRESHOLD:
            cuts[i] = True
    return cuts


def _distance(past: NDArray[np.floating[Any]], now: NDArray[np.floating[Any]]) -> float:
    """Return the smallest distance (0..1) of `now` to any of `past`."""
    return float(np.abs(past - now).sum(axis=1).min() / 2)
