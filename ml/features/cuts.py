"""Find where a new shot begins, from one colour histogram a step. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Histograms = NDArray[np.floating[Any]]

THRESHOLD = 0.28  # share of pixels that changed colour bin
LOOK_BACK = 4  # steps: a flash or strobe comes back to a colour seen within the last second
CHUNK = 1024  # steps compared at once: memory stays small for any length


def find_cuts(histograms: Histograms, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (T,) bool: the step's picture, and the next step's, resembles none of the last second's.

    histograms: (T, bins) summing to 1 where mask (T,) is True. Asking the next step too keeps a single flash
    from counting as a cut.
    """
    steps = np.arange(len(mask))
    # The step at which the unbroken run of pictures that a step belongs to began.
    began = np.maximum.accumulate(np.where(mask & ~np.append(False, mask[:-1]), steps, 0))
    following = np.minimum(steps + 1, len(mask) - 1)
    following = np.where(mask[following], following, steps)
    cuts = mask & (steps > began)
    for start in range(0, len(mask), CHUNK):
        part = steps[start : start + CHUNK]
        nearest = np.minimum(
            _nearest(histograms, part, part, began), _nearest(histograms, part, following[part], began)
        )
        cuts[part] &= nearest > THRESHOLD
    return cuts


def _nearest(
    histograms: Histograms, steps: NDArray[np.intp], compared: NDArray[np.intp], began: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Return each compared step's smallest distance (0..1) to the LOOK_BACK steps before `steps`, (n,)."""
    now = histograms[compared].astype(np.float32)
    nearest = np.ones(len(steps), np.float32)
    for back in range(1, LOOK_BACK + 1):
        past = np.maximum(steps - back, began[steps])
        distance = np.abs(histograms[past] - now).sum(axis=1) / 2
        nearest = np.where(past < steps, np.minimum(nearest, distance), nearest)
    return nearest
