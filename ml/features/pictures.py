"""Plain pictures for a network of your own: one each half second, of the frame on screen at its middle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ml.features.motion_images import Image
from ml.features.store import EMBEDDING_EVERY, STEP_S
from ml.media.frames import upright_rgb

ROW_S = EMBEDDING_EVERY * STEP_S


class Pictures:
    """Takes frames in rising time, gives (row, RGB image (3, size, size)) as soon as its middle is past."""

    def __init__(self, rows: int, size: int) -> None:
        self.rows, self.size = rows, size
        self.row: int | None = None  # the next to give
        self.shown: Any = None
        self.image: Image | None = None  # of what is shown, once somebody asked for it

    def add(self, time_s: float, frame: Any) -> Iterator[tuple[int, Image]]:
        """Take a frame that is on screen from time_s on."""
        yield from self._until(time_s)
        self.row = int(max(0.0, time_s) / ROW_S) if self.row is None else self.row
        self.shown, self.image = frame, None

    def finish(self, last_s: float) -> Iterator[tuple[int, Image]]:
        """Give the rows up to the one the last frame, at last_s, is in."""
        yield from self._until((int(max(0.0, last_s) / ROW_S) + 1) * ROW_S)

    def _until(self, time_s: float) -> Iterator[tuple[int, Image]]:
        while self.row is not None and self.row < self.rows and (self.row + 0.5) * ROW_S < time_s:
            if self.image is None:
                rgb = upright_rgb(self.shown, self.size, self.size)
                self.image = np.ascontiguousarray(rgb.transpose(2, 0, 1))
            yield self.row, self.image
            self.row += 1
