"""Pictures streamed from a file: all, at a steady rate, or in groups for motion; upright, in one size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from ml.media.decoding import PictureClock, decoded
from ml.media.groups import FrameGroup, FrameGrouper
from ml.media.opening import Tally, time_zero
from ml.media.probe import clockwise
from ml.media.seeking import opened_before

Image = NDArray[np.uint8]
# What needs no other frame to be decoded (most B-frames) and the smoothing of block edges.
FAST = {"skip_frame": "noref", "skip_loop_filter": "all"}


def frames(
    path: Path | str,
    *,
    rate_hz: float,
    width: int,
    height: int,
    fast: bool = False,
    tally: Tally | None = None,
) -> Iterator[tuple[float, Image]]:
    """Yield (time_s, image) for time_s = 0, 1/rate_hz, ... while the picture lasts.

    image: (height, width, 3) uint8 RGB, rotation honoured, the frame on screen at time_s by its presentation
    timestamp (so variable frame rates need no care). Nothing is yielded before the picture begins. Holds one
    decoded frame at a time. Raises MediaRefused(decode_failed) when no frame decodes.
    """
    groups = frame_groups(path, rate_hz=rate_hz, size=(width, height), grey=False, fast=fast, tally=tally)
    for group in groups:
        yield group.time_s, group.images[0]


def frame_groups(
    path: Path | str,
    *,
    rate_hz: float,
    offsets_s: Sequence[float] = (0.0,),
    size: tuple[int, int],
    grey: bool = True,
    first_s: float = 0.0,
    fast: bool = False,
    tally: Tally | None = None,
) -> Iterator[FrameGroup[Image]]:
    """Yield at first_s, first_s + 1/rate_hz, ... the frames on screen at the tick and at `offsets_s` from it.

    size: (width, height) upright. images: (height, width) uint8 when grey, else (height, width, 3) RGB, each
    decoded frame scaled at most once. times_s are the frames' own times: divide motion by their differences.
    Ticks begin with the picture and end with its last frame. Raises MediaRefused(decode_failed) when no
    frame decodes. To share one pass of decoding, feed `FrameGrouper`s from `timed_pictures`.
    """
    grouper = FrameGrouper(
        rate_hz=rate_hz, offsets_s=offsets_s, first_s=first_s, scale=scaler(size, grey=grey)
    )
    for time_s, frame in timed_pictures(path, fast=fast, tally=tally):
        yield from grouper.add(time_s, frame)
    yield from grouper.finish()


def timed_pictures(
    path: Path | str,
    *,
    start_s: float = 0.0,
    end_s: float = math.inf,
    fast: bool = False,
    tally: Tally | None = None,
    codec_options: dict[str, str] | None = None,
) -> Iterator[tuple[float, Any]]:
    """Yield (time_s, decoded frame) with start_s <= time_s < end_s in rising time; nothing without a picture.

    A later start is reached by way of the key frame before it; times and pictures are those of a full pass.
    fast leaves out the frames no other frame needs and the loop filter: fewer frames a second, softer edges,
    the same times. Frames that go back in time (broken muxers do that) are left out and counted in `tally`.
    Raises MediaRefused(decode_failed) when a whole file gives no frame.
    """
    tally = tally or Tally()
    options = {**(FAST if fast else {}), **(codec_options or {})}
    with opened_before(path, start_s, tally) as (container, stream, source):
        if stream is None:
            return
        found = decoded(
            container, stream, tally, codec_options=options, source=source if start_s > 0 else None
        )
        for time_s, frame in _rising(found, PictureClock(stream, time_zero(container)), tally):
            if time_s >= end_s:
                return
            if time_s >= start_s or start_s <= 0:  # a first frame may lie just before 0
                yield time_s, frame


def _rising(found: Iterator[Any], clock: PictureClock, tally: Tally) -> Iterator[tuple[float, Any]]:
    last_s = -1.0
    for frame in found:
        time_s = clock.time_s(frame)
        if time_s is None:
            tally.untimed_frames += 1
        elif time_s <= last_s:
            tally.backward_frames += 1
        else:
            last_s = time_s
            yield time_s, frame


def scaler(size: tuple[int, int], *, grey: bool) -> Callable[[Any], Image]:
    """Return a function from a decoded frame to its upright picture of size (width, height), uint8.

    grey: (height, width), 0 black to 255 white whatever the file's range; else (height, width, 3) RGB.
    """
    reformatter = VideoReformatter()  # keeps its tables from frame to frame

    def scale(frame: Any) -> Image:
        return _upright(frame, size, "gray" if grey else "rgb24", reformatter)

    return scale


def upright_rgb(frame: Any, width: int, height: int) -> Image:
    """Return `frame` as (height, width, 3) uint8 RGB, scaled and turned upright."""
    return _upright(frame, (width, height), "rgb24", VideoReformatter())


def _upright(frame: Any, size: tuple[int, int], pixels: str, reformatter: VideoReformatter) -> Image:
    turn = clockwise(frame)
    width, height = size[::-1] if turn in (90, 270) else size
    image = reformatter.reformat(frame, width=width, height=height, format=pixels).to_ndarray()
    return np.ascontiguousarray(np.rot90(image, k=-turn // 90))
