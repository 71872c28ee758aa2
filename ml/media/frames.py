"""Pictures at a steady rate, streamed: the frame a viewer sees at each moment, upright, in one size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.media.decoding import decoded
from ml.media.opening import Tally, open_media, picture_stream, time_zero
from ml.media.probe import clockwise


def frames(
    path: Path | str, *, rate_hz: float, width: int, height: int, tally: Tally | None = None
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield (time_s, image) for time_s = 0, 1/rate_hz, ... while the picture lasts.

    image: (height, width, 3) uint8 RGB, rotation honoured, the frame on screen at time_s by its presentation
    timestamp (so variable frame rates need no care). Nothing is yielded before the picture begins. Holds two
    frames at a time. Raises MediaRefused(decode_failed) when no frame decodes.
    """
    tick, last_s = 0, 0.0
    shown: Any | None = None
    for time_s, frame in timed_pictures(path, tally=tally):
        image: NDArray[np.uint8] | None = None
        while tick / rate_hz < time_s:
            if shown is not None:
                image = upright_rgb(shown, width, height) if image is None else image
                yield tick / rate_hz, image
            tick += 1
        shown, last_s = frame, time_s
    if shown is not None and tick / rate_hz <= last_s:
        yield tick / rate_hz, upright_rgb(shown, width, height)


def timed_pictures(
    path: Path | str, *, tally: Tally | None = None, codec_options: dict[str, str] | None = None
) -> Iterator[tuple[float, Any]]:
    """Yield (time_s, decoded frame) of the picture stream in rising time; nothing without a picture.

    Frames that go back in time (broken muxers do that) are dropped.
    """
    with open_media(path) as container:
        stream = picture_stream(container)
        if stream is None:
            return
        zero_s, last_s = time_zero(container), -1.0
        for frame in decoded(container, stream, tally or Tally(), codec_options=codec_options):
            time_s = float(frame.pts * frame.time_base) - zero_s
            if time_s > last_s:
                last_s = time_s
                yield time_s, frame


def upright_rgb(frame: Any, width: int, height: int) -> NDArray[np.uint8]:
    """Return `frame` as (height, width, 3) uint8 RGB, scaled and turned upright."""
    turn = clockwise(frame)
    size = (height, width) if turn in (90, 270) else (width, height)
    image = frame.reformat(width=size[0], height=size[1], format="rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(image, k=-turn // 90))
