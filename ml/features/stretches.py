"""Parts of a film: decode only those, and let nothing else pass for seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.features.flashes import SPIKE_S
from ml.features.store import STEP_S
from ml.media.frames import timed_pictures
from ml.media.opening import Tally

Stretch = tuple[float, float]  # [start_s, end_s)

# A step's motion needs this much of what was on screen before it: the longest of the motion images' offsets.
MOTION_REACH_S = 1 / 3 + 0.01
LOOK_AHEAD_S = SPIKE_S + 0.01  # and this much of what follows


def pictures_in(
    path: Path | str, stretches: Sequence[Stretch], *, tally: Tally, codec_options: dict[str, str]
) -> Iterator[tuple[float, Any]]:
    """Yield (time_s, decoded frame) of the stretches (apart, in rising order), one after another."""
    for start_s, end_s in stretches:
        yield from timed_pictures(
            path, start_s=start_s, end_s=end_s, tally=tally, codec_options=codec_options
        )


def steps_in(stretches: Sequence[Stretch], steps: int) -> NDArray[np.bool_]:
    """Return (steps,) bool: the step and what its numbers look at around it lie inside one stretch.

    Flashes are the exception, counted over the second around a step: at an edge some are missed.
    """
    inside = np.zeros(steps, np.bool_)
    for start_s, end_s in stretches:
        first = 0 if start_s <= 0 else int(np.ceil((start_s + MOTION_REACH_S) / STEP_S - 1e-6))
        # The last step may be cut short by the film's end.
        last = steps if end_s >= (steps - 1) * STEP_S + 1e-6 else int((end_s - LOOK_AHEAD_S) / STEP_S + 1e-6)
        inside[first : max(first, last)] = True
    return inside
