"""From a file to its features: two streaming passes, picture and sound."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.errors import MediaRefused
from ml.features import picture, sound
from ml.features.store import EMBEDDED_VERSION, STEP_S, Features
from ml.media.audio import audio_blocks
from ml.media.frames import timed_pictures
from ml.media.opening import Tally
from ml.media.probe import Probe, probe

# The loop filter smooths block edges nobody sees at 160x120; skipping it saves a quarter of decoding.
DECODING = {"skip_loop_filter": "all"}
PICTURE_SHARE = 0.92  # of the work, for progress


def extract(
    path: Path | str,
    *,
    on_progress: Callable[[float], None] | None = None,
    facts: Probe | None = None,
    tally: Tally | None = None,
) -> Features:
    """Return the embedded features of the file at `path`; on_progress hears 0..1.

    Memory grows with the length only by the rows themselves (about 1.5 kB a step). Broken packets are skipped
    and counted in `tally`. Raises MediaRefused as `probe` does.
    """
    facts = facts or probe(path)
    cv2.setNumThreads(1)  # one process a video is the better split of a machine
    steps = max(1, math.ceil(facts.duration_ms / 1000 / STEP_S - 1e-6))
    tell = _teller(on_progress, facts.duration_ms / 1000)
    rows, mask, cuts = _picture(path, facts, steps, tally, lambda t: tell(t, 0.0, PICTURE_SHARE))
    heard, heard_mask = _sound(path, facts, steps, tally, lambda t: tell(t, PICTURE_SHARE, 1.0))
    return Features(
        version=EMBEDDED_VERSION,
        tier="embedded",
        step_s=STEP_S,
        duration_s=facts.duration_ms / 1000,
        picture=rows,
        sound=heard,
        picture_mask=mask,
        sound_mask=heard_mask,
        cuts=cuts,
    )


def _picture(
    path: Path | str, facts: Probe, steps: int, tally: Tally | None, on_time: Callable[[float], None]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    if not facts.has_picture:
        empty = np.zeros((steps, len(picture.NAMES)), np.float32)
        return empty, np.zeros(steps, np.bool_), np.zeros(steps, np.bool_)
    pictures = timed_pictures(path, tally=tally, codec_options=DECODING)
    return picture.describe_picture(pictures, steps=steps, on_time=on_time)


def _sound(
    path: Path | str, facts: Probe, steps: int, tally: Tally | None, on_time: Callable[[float], None]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    blocks = audio_blocks(path, rate_hz=sound.RATE_HZ, tally=tally) if facts.has_sound else iter(())
    try:
        return sound.describe_sound(blocks, steps=steps, on_time=on_time)
    except MediaRefused:
        if not facts.has_picture:
            raise
        return np.zeros((steps, len(sound.NAMES)), np.float32), np.zeros(steps, np.bool_)


def _teller(
    on_progress: Callable[[float], None] | None, duration_s: float
) -> Callable[[float, float, float], None]:
    def tell(time_s: float, low: float, high: float) -> None:
        if on_progress:
            on_progress(low + (high - low) * min(1.0, time_s / duration_s))

    return tell
