"""The loudest sample of each small step of time, for the timeline's waveform."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.media.atomic import replacing
from ml.media.audio import audio_blocks
from ml.media.probe import Probe, probe

RATE_HZ = 16000
MAX_COUNT = 65536


def write_waveform(
    path: Path | str,
    out_bin: Path | str,
    *,
    step_ms: int = 100,
    on_progress: Callable[[float], None] | None = None,
    facts: Probe | None = None,
) -> dict[str, int] | None:
    """Write `count` bytes, the peak of each step (0..255 = 0..1 of full scale); None without sound.

    Returns step_ms (grown so that count <= 65536) and count. Written atomically.
    """
    facts = facts or probe(path)
    if not facts.has_sound:
        return None
    step_ms = max(step_ms, math.ceil(facts.duration_ms / MAX_COUNT))
    peaks = np.zeros(max(1, math.ceil(facts.duration_ms / step_ms)), np.float32)
    for start_s, samples in audio_blocks(path, rate_hz=RATE_HZ):
        _raise_peaks(peaks, samples, first=round(start_s * RATE_HZ), per_step=RATE_HZ * step_ms // 1000)
        if on_progress:
            on_progress(min(1.0, start_s * 1000 / facts.duration_ms))
    with replacing(out_bin) as draft:
        draft.write_bytes(np.clip(np.rint(peaks * 255), 0, 255).astype(np.uint8).tobytes())
    return {"step_ms": step_ms, "count": len(peaks)}


def _raise_peaks(
    peaks: NDArray[np.float32], samples: NDArray[np.float32], *, first: int, per_step: int
) -> None:
    """Raise `peaks` in place by `samples`, the first of which is sample number `first` of the timeline."""
    steps = (first + np.arange(0, len(samples))) // per_step
    starts = np.flatnonzero(np.diff(steps, prepend=-1))
    inside = starts[steps[starts] < len(peaks)]
    if len(inside):
        loudest = np.maximum.reduceat(np.abs(samples), starts)[: len(inside)]
        np.maximum.at(peaks, steps[inside], loudest)
