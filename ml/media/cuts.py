"""When shots begin, to the frame where that is cheap: what the features noticed, moved to real frames."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ml.errors import FeatureMismatch
from ml.media.atomic import replacing
from ml.media.frame_index import FrameTimes


def cut_times_ms(cuts: NDArray[np.bool_], step_s: float, found: FrameTimes | None) -> NDArray[np.int64]:
    """Return when shots begin, in rising milliseconds on the original timeline.

    cuts: (T,) a shot begins in this step, as `Features.cuts`. Each step is looked at in its middle, so the
    cut lies within half a step of the step's beginning. Encoders begin a shot with a key frame: one there is
    the cut, to the frame; else the frame nearest to the step's beginning is told, off by half a step at most.
    """
    starts_us = np.rint(np.flatnonzero(cuts) * (step_s * 1e6)).astype(np.int64)
    if found is None or not len(found.times_us) or not len(starts_us):
        return np.asarray(starts_us // 1000)
    keys = found.times_us[found.keys]
    half_us = round(step_s * 500_000)
    near = _nearest(keys, starts_us)
    is_key = np.abs(near - starts_us) <= half_us
    exact = np.where(is_key, near, _nearest(found.times_us, starts_us))
    return np.unique(np.rint(exact / 1000).astype(np.int64))


def _nearest(times: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each wanted time the nearest of `times` (rising); far away where there are none."""
    if not len(times):
        return wanted + 2**40
    after = np.searchsorted(times, wanted).clip(0, len(times) - 1)
    before = (after - 1).clip(0)
    is_before = np.abs(times[before] - wanted) <= np.abs(times[after] - wanted)
    return times[np.where(is_before, before, after)]


def stored_cuts(features: Path | str) -> tuple[NDArray[np.bool_], float]:
    """Return (cuts (T,), step_s) of a file of features, reading nothing else of it.

    Raises FeatureMismatch for what is no such file.
    """
    try:
        with safe_open(str(features), "numpy") as file:
            facts = json.loads((file.metadata() or {})["spotter_features"])
            return file.get_tensor("cuts").astype(np.bool_), float(facts["step_s"])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise FeatureMismatch("damaged_features", f"{features} holds no features.") from error


def write_cuts(times_ms: NDArray[np.int64], out: Path | str) -> None:
    """Write the times as little-endian uint32, atomically."""
    with replacing(out) as draft:
        draft.write_bytes(times_ms.astype("<u4").tobytes())
