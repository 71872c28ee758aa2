"""Motion images: one picture each half second whose colours are what moved within 1/12, 1/6 and 1/3 second.

A network trained on photographs sees in them *how* bodies move and little of the place, which is what makes
them travel to other sources (docs/log.md). Frames come in, images go out, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.features.light import grey
from ml.features.store import EMBEDDING_EVERY, STEP_S

Grey = NDArray[np.uint8]  # (120, 160)
Image = NDArray[np.uint8]  # (3, size, size): colours first, as networks read them

RATE_HZ = 12
TICKS = round(EMBEDDING_EVERY * STEP_S * RATE_HZ)  # six a row
# The ticks a row looks at, counted from its start: its middle (3), what it is compared with, and one later
# that tells a cut from a flash.
LOOKED_AT = (-1, 1, 2, 3, 5)
NOW = 3
GAINS = ((2, 4), (1, 3), (-1, 2))  # (compared tick, gain) of each colour
CUT_LEVELS, CUT_BINS = 20.0, 0.25  # mean difference in grey levels, share of pixels that changed their bin
BINS = 16


@dataclass(eq=False)
class _Shown:
    """A frame on screen, and its grey picture once somebody asked for it."""

    frame: Any
    _grey: Grey | None = field(default=None, repr=False)
    _bins: NDArray[np.float64] | None = field(default=None, repr=False)

    def grey(self) -> Grey:
        if self._grey is None:
            self._grey, self.frame = grey(self.frame), None  # decoded frames are large: let go
        return self._grey

    def bins(self) -> NDArray[np.float64]:
        """Return the shares of BINS brightnesses."""
        if self._bins is None:
            self._bins = (
                np.bincount(self.grey().reshape(-1) // (256 // BINS), minlength=BINS) / self.grey().size
            )
        return self._bins


class MotionImages:
    """Takes frames in rising time, gives (row, image) as soon as the row's half second is over."""

    def __init__(self, rows: int, size: int) -> None:
        self.rows, self.size = rows, size
        self.tick = 0
        self.row: int | None = None  # the next to give; at first the one in which the picture begins
        self.shown: _Shown | None = None
        self.seen: dict[int, _Shown] = {}
        self.last: Image | None = None

    def add(self, time_s: float, frame: Any) -> Iterator[tuple[int, Image]]:
        """Take a frame that is on screen from time_s on."""
        yield from self._until(time_s)
        if self.row is None:
            self.row = int(max(0.0, time_s) * RATE_HZ) // TICKS
        self.shown = _Shown(frame)

    def finish(self, last_s: float) -> Iterator[tuple[int, Image]]:
        """Give the rows up to the one the last frame, at last_s, is in."""
        if self.shown is None:
            return
        row = int(max(0.0, last_s) * RATE_HZ) // TICKS
        middle_s = (row * TICKS + NOW) / RATE_HZ
        if middle_s > last_s and self.last is not None:
            yield from self._until((row * TICKS) / RATE_HZ)
            yield from self._give(
                row, self.last
            )  # the picture ends before this row's middle: what moved just before
        else:
            yield from self._until((row + 1) * TICKS / RATE_HZ)

    def _until(self, time_s: float) -> Iterator[tuple[int, Image]]:
        """Note what is on screen at the ticks before time_s."""
        while self.tick / RATE_HZ < time_s and self.tick // TICKS < self.rows:
            row, place = divmod(self.tick, TICKS)
            if self.shown is not None and (place in LOOKED_AT or place - TICKS in LOOKED_AT):
                self.seen[self.tick] = self.shown
                self.shown.grey()
            if place == TICKS - 1 and self.seen:
                self.last = self._image(row)
                yield from self._give(row, self.last)
                self.seen = {self.tick: self.seen[self.tick]}
            self.tick += 1

    def _give(self, row: int, image: Image) -> Iterator[tuple[int, Image]]:
        """Give `row` and, if it is the first, the one before it in which the picture began late."""
        for earlier in range(row if self.row is None else min(row, self.row), row + 1):
            yield earlier, image
        self.row = row + 1

    def _image(self, row: int) -> Image:
        ticks = [self.seen.get(row * TICKS + place) for place in LOOKED_AT]
        known = next(shown for shown in ticks if shown is not None)
        looked = dict(zip(LOOKED_AT, (shown or known for shown in ticks), strict=True))
        if all(shown is known for shown in looked.values()):
            return np.zeros((len(GAINS), self.size, self.size), np.uint8)  # a still, however long
        now, begins = NOW, _shot_begins(looked)
        if begins == NOW:  # a cut just before: what moves after it
            now = LOOKED_AT[-1]
        colours = [self._moved(looked[now], looked[max(place, begins)], gain) for place, gain in GAINS]
        return np.stack(colours)

    def _moved(self, now: _Shown, before: _Shown, gain: int) -> Grey:
        moved = cv2.convertScaleAbs(cv2.absdiff(now.grey(), before.grey()), alpha=gain)
        return np.asarray(cv2.resize(moved, (self.size, self.size), interpolation=cv2.INTER_LINEAR), np.uint8)


def _shot_begins(looked: dict[int, _Shown]) -> int:
    """Return the first tick of the shot that the row's middle is in."""
    begins = 0
    for at in range(1, len(LOOKED_AT) - 1):
        now, later = looked[LOOKED_AT[at]], looked[LOOKED_AT[at + 1]]
        # Asking what came before a flash, and what comes later, keeps a flash from counting as a cut.
        if all(
            _differs(looked[place], now) and _differs(looked[place], later) for place in LOOKED_AT[begins:at]
        ):
            begins = at
    return LOOKED_AT[begins]


def _differs(one: _Shown, other: _Shown) -> bool:
    """Say whether two pictures are of different shots."""
    if one is other:
        return False
    changed = float(np.abs(one.bins() - other.bins()).sum() / 2)
    return (
        changed > CUT_BINS
        and float(cv2.norm(one.grey(), other.grey(), cv2.NORM_L1)) / one.grey().size > CUT_LEVELS
    )
