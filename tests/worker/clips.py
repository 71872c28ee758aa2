"""Small real files to analyse: a moving picture, a tone, and what goes wrong with files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 16_000
SHAPE = (120, 160)


def write_clip(
    path: Path,
    *,
    seconds: float = 3.0,
    picture: bool = True,
    sound: bool = True,
    seed: int = 0,
    fps: int = 12,
) -> Path:
    """H.264/AAC, whatever the name says."""
    with av.open(str(path), "w", format="mp4") as container:
        if picture:
            _write_picture(container, seconds, seed, fps)
        if sound:
            _write_sound(container, seconds, seed)
    return path


def _write_picture(container: av.container.OutputContainer, seconds: float, seed: int, fps: int) -> None:
    stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
    stream.height, stream.width, stream.pix_fmt = *SHAPE, "yuv420p"
    still = np.random.default_rng(seed).integers(0, 255, (*SHAPE, 3), dtype=np.uint8)
    for number in range(round(seconds * fps)):
        frame = av.VideoFrame.from_ndarray(np.roll(still, number, axis=1), format="rgb24")
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _write_sound(container: av.container.OutputContainer, seconds: float, seed: int) -> None:
    stream = container.add_stream("aac", rate=RATE, layout="mono")
    times = np.arange(round(seconds * RATE)) / RATE
    tone = (0.3 * np.sin(2 * np.pi * (220 + 40 * seed) * times)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(tone[None], format="fltp", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
