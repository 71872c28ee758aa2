"""Small real files to analyse: a moving picture, a tone, and what goes wrong with files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

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
        # All streams first: the header is written with the first packet.
        video = _picture_stream(container, fps) if picture else None
        audio = container.add_stream("aac", rate=RATE, layout="mono") if sound else None
        if video is not None:
            _write_picture(container, video, round(seconds * fps), seed)
        if audio is not None:
            _write_sound(container, audio, seconds, seed)
    return path


def _picture_stream(container: Any, fps: int) -> Any:
    stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
    stream.height, stream.width, stream.pix_fmt = *SHAPE, "yuv420p"
    return stream


def _write_picture(container: Any, stream: Any, count: int, seed: int) -> None:
    still = np.random.default_rng(seed).integers(0, 255, (*SHAPE, 3), dtype=np.uint8)
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(np.roll(still, number, axis=1), format="rgb24")
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _write_sound(container: Any, stream: Any, seconds: float, seed: int) -> None:
    times = np.arange(round(seconds * RATE)) / RATE
    tone = (0.3 * np.sin(2 * np.pi * (220 + 40 * seed) * times)).astype(np.float32)
    if len(tone):
        frame = av.AudioFrame.from_ndarray(tone[None], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
