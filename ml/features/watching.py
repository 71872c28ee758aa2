"""A network over a stream of frames: one embedding of its motion image (or picture) each half second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.features.motion_images import Image, MotionImages
from ml.features.networks import finite_half
from ml.features.pictures import Pictures
from ml.features.spool import Spool
from ml.features.store import EMBEDDING_EVERY
from ml.media.opening import Tally

Run = Callable[[NDArray[Any]], NDArray[Any]]


class PictureEmbedding:
    """Watches frames on their way to somebody else and spools a row each half second."""

    def __init__(self, run: Run, images: MotionImages | Pictures, spool: Spool, tally: Tally) -> None:
        """run: images (1, 3, size, size) as bytes -> (1, width)."""
        self.run, self.images, self.spool, self.tally = run, images, spool, tally
        self.still: NDArray[np.float16] | None = None  # the row of a picture in which nothing moves
        self.last: tuple[Image, NDArray[np.float16]] | None = None  # a held picture is embedded once

    def watched(self, timed_frames: Iterable[tuple[float, Any]]) -> Iterator[tuple[float, Any]]:
        """Yield (time_s, frame) as they come, having looked at them: one decoding serves both."""
        last_s = 0.0
        for time_s, frame in timed_frames:
            self.look(time_s, frame)
            last_s = time_s
            yield time_s, frame
        self.finish(last_s)

    def look(self, time_s: float, frame: Any) -> None:
        """Take a frame that is on screen from time_s on."""
        self._look(self.images.add(time_s, frame))

    def finish(self, last_s: float) -> None:
        """Embed what the last frame, at last_s, completes."""
        self._look(self.images.finish(last_s))

    def clear(self, steps: NDArray[np.bool_]) -> None:
        """Zero the rows of which no step is left; steps (T,) True: not seen."""
        odd = np.pad(steps, (0, -len(steps) % EMBEDDING_EVERY), constant_values=True)
        self.spool.clear(np.asarray(odd.reshape(-1, EMBEDDING_EVERY).all(axis=1), np.bool_))

    def rows(self) -> NDArray[np.float16]:
        """Return the rows (n, width), zero where there was no picture."""
        return self.spool.rows()

    def _look(self, images: Iterator[tuple[int, Image]]) -> None:
        for row, image in images:
            if not image.any():
                self.still = self._embedded(image) if self.still is None else self.still
                self.spool.put(row, self.still)
                continue
            if self.last is None or self.last[0] is not image:
                self.last = image, self._embedded(image)
            self.spool.put(row, self.last[1])

    def _embedded(self, image: Image) -> NDArray[np.float16]:
        rows, broken = finite_half(self.run(image[None]))
        self.tally.non_finite += broken
        return rows
