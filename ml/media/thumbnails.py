"""One sprite sheet of small pictures for the timeline, at an even interval that grows with the length."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.errors import MediaRefused
from ml.media.atomic import replacing
from ml.media.decoding import PictureClock, decoded, prepare
from ml.media.frames import upright_rgb
from ml.media.opening import REFUSALS, Tally, open_media, picture_stream, time_zero
from ml.media.probe import Probe, clockwise, probe

MAX_TILES = 200
COLUMNS = 10
BOX = (160, 120)
MIN_INTERVAL_MS = 1000
SEEK_AHEAD_S = 10.0  # nearer targets are reached by decoding on
JPEG_QUALITY = 80


def write_thumbnails(
    path: Path | str,
    out_jpg: Path | str,
    *,
    on_progress: Callable[[float], None] | None = None,
    facts: Probe | None = None,
) -> dict[str, int] | None:
    """Write the sprite sheet and return its layout; None without a picture. Written atomically.

    Layout: columns, rows, tile_width, tile_height (pixels), interval_ms, count. Tile i, row by row, shows
    the picture at about i x interval_ms (the key frame before it, where key frames are close together).
    """
    facts = facts or probe(path)
    if not facts.has_picture:
        return None
    interval_ms = max(MIN_INTERVAL_MS, math.ceil(facts.duration_ms / MAX_TILES))
    count = max(1, math.ceil(facts.duration_ms / interval_ms))
    width, height = tile_size(facts)
    columns, rows = min(COLUMNS, count), math.ceil(count / COLUMNS)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for i, frame in enumerate(_shown_at(path, [i * interval_ms / 1000 for i in range(count)])):
        top, left = i // columns * height, i % columns * width
        if frame is not None:
            sheet[top : top + height, left : left + width] = _tile(frame, width, height)
        if on_progress:
            on_progress((i + 1) / count)
    _save(sheet, out_jpg)
    return {
        "columns": columns,
        "rows": rows,
        "tile_width": width,
        "tile_height": height,
        "interval_ms": interval_ms,
        "count": count,
    }


def tile_size(facts: Probe) -> tuple[int, int]:
    """Return (width, height) of a tile: the picture's shape inside BOX."""
    scale = min(BOX[0] / facts.width, BOX[1] / facts.height)
    return max(2, round(facts.width * scale)), max(2, round(facts.height * scale))


def _tile(frame: Any, width: int, height: int) -> NDArray[np.uint8]:
    """Return the frame's small picture; of an interlaced one the first field, one moment."""
    if not frame.interlaced_frame or clockwise(frame):
        return upright_rgb(frame, width, height)
    field = frame.reformat(width=width, height=frame.height, format="rgb24").to_ndarray()[::2]
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _save(sheet: NDArray[np.uint8], out_jpg: Path | str) -> None:
    bgr = cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    with replacing(out_jpg) as draft:
        draft.write_bytes(data.tobytes())


def _shown_at(path: Path | str, times: list[float]) -> Iterator[Any | None]:
    """Yield for each rising time the frame on screen, the nearest before it, or None before any decodes."""
    with open_media(path) as container:
        stream: Any = picture_stream(container)
        prepare(stream)
        zero_s = time_zero(container)
        stream.codec_context.skip_frame = _skipping(stream, times)
        reader = _tolerant(container, stream, zero_s)
        shown: Any | None = None
        coming = next(reader, None)
        for time_s in times:
            if coming is not None and time_s - coming[0] > SEEK_AHEAD_S:
                reader = _sought(container, stream, time_s + zero_s, zero_s)
                coming = next(reader, None) or coming
            while coming is not None and (coming[0] <= time_s or shown is None):
                shown, coming = coming[1], next(reader, None)
            yield shown


def _skipping(stream: Any, times: list[float]) -> str:
    """Return what the decoder may skip: all but key frames when those are closer than two tiles."""
    interval_s = times[1] - times[0] if len(times) > 1 else 0.0
    if interval_s >= SEEK_AHEAD_S:
        return "NONKEY"
    keys = [float(e.timestamp * stream.time_base) for e in stream.index_entries if e.is_keyframe]
    gaps = [after - before for before, after in pairwise(keys)]
    return "NONKEY" if gaps and max(gaps) <= 2 * interval_s else "DEFAULT"


def _tolerant(container: Any, stream: Any, zero_s: float) -> Iterator[tuple[float, Any]]:
    try:
        clock = PictureClock(stream, zero_s)
        for frame in decoded(container, stream, Tally()):
            if (time_s := clock.time_s(frame)) is not None:
                yield time_s, frame
    except MediaRefused:  # nothing decodes from here on: the tiles stay as they are
        return


def _sought(container: Any, stream: Any, timestamp_s: float, zero_s: float) -> Iterator[tuple[float, Any]]:
    with suppress(*REFUSALS):  # no index to seek by: read on
        container.seek(int(timestamp_s / stream.time_base), stream=stream)
    return _tolerant(container, stream, zero_s)
