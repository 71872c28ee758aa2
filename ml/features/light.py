"""Reduce a decoded frame to what the descriptors need: brightness and redness on a coarse grid, a small
grey picture, a colour histogram. Reads the decoder's planes directly: converting every frame to RGB
would cost more than all descriptors together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.media.probe import clockwise

GRID = (12, 16)  # rows, columns: a cell is half a per cent of the screen
CELLS = GRID[0] * GRID[1]
GREY = (120, 160)
PLANAR = ("yuv420p", "yuvj420p")
GAMMA = 2.2
RED_SHARE = 0.8  # WCAG 2.x: saturated red has R / (R + G + B) >= 0.8
# What black and the full swing of (Y', Cb, Cr) are in bytes.
FULL_RANGE = (np.array([[0], [128], [128]], np.float32), np.array([[255], [255], [255]], np.float32))
STUDIO_RANGE = (np.array([[16], [128], [128]], np.float32), np.array([[219], [224], [224]], np.float32))
RED_SCALE = 320 / 200  # scaled so that WCAG's threshold of 20 becomes 0.1, as for luminance

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True)
class Window:
    """A part of the decoded picture, in shares of its sides; mirrored left to right once upright."""

    top: float = 0.0
    left: float = 0.0
    size: float = 1.0  # of either side
    mirrored: bool = False

    def cut(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the window's part of a plane, at least one pixel of it."""
        (height, width), size = plane.shape, self.size
        top, left = int(self.top * height), int(self.left * width)
        return plane[top : top + max(1, int(size * height)), left : left + max(1, int(size * width))]


@dataclass(frozen=True)
class Windowed:
    """A decoded frame seen through a window: what this module takes in the place of a frame."""

    frame: Any
    window: Window


def _looked_at(frame: Any) -> tuple[Any, int, bool]:
    """Return (the decoded frame, its clockwise turn, whether it is to be mirrored)."""
    if isinstance(frame, Windowed):
        return frame.frame, clockwise(frame.frame), frame.window.mirrored
    return frame, clockwise(frame), False


def planes(frame: Any) -> Planes:
    """Return the (Y, U, V) planes as uint8 views, as decoded (not turned upright); U, V at half size."""
    if isinstance(frame, Windowed):
        y, u, v = planes(frame.frame)
        return frame.window.cut(y), frame.window.cut(u), frame.window.cut(v)
    if frame.format.name not in PLANAR or frame.width < 2 or frame.height < 2 or _upside_down(frame):
        frame = frame.reformat(width=320, height=240, format="yuv420p")
    y, u, v = frame.planes
    half = (frame.width + 1) // 2, (frame.height + 1) // 2
    return _plane(y, frame.width, frame.height), _plane(u, *half), _plane(v, *half)


def _upside_down(frame: Any) -> bool:
    """Say whether rows are stored from the last to the first (raw pictures may be): no view can hold that."""
    return any(plane.line_size < 0 for plane in frame.planes)


def _plane(plane: Any, width: int, height: int) -> NDArray[np.uint8]:
    rows = np.frombuffer(plane, np.uint8)[: plane.line_size * height].reshape(height, plane.line_size)
    return rows[:, :width]


def full_range(frame: Any) -> bool:
    """Say whether 0..255 is black to white in this frame's `planes` (else 16..235): converting keeps it."""
    return bool(frame.format.name == "yuvj420p" or int(frame.color_range) == 2)


def _shrunk(
    plane: NDArray[np.uint8], size: tuple[int, int], *, samples: int, turn: int = 0, mirrored: bool = False
) -> NDArray[np.uint8]:
    """Return `plane` averaged to size (rows, columns), upright, mirrored where asked.

    Of a large plane about samples x samples pixels a cell are read: all of them add time, not information.
    """
    rows, columns = size[::-1] if turn in (90, 270) else size
    if plane.shape[0] > rows * samples and plane.shape[1] > columns * samples:
        # Averaging whole numbers of pixels is ten times faster than fractions.
        plane = np.asarray(
            cv2.resize(plane, (columns * samples, rows * samples), interpolation=_thinning(samples)), np.uint8
        )
    small = np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    small = np.rot90(small, k=-turn // 90) if turn else small
    return small[:, ::-1] if mirrored else small


def _thinning(samples: int) -> int:
    """With few samples a cell each is a mean of four pixels, so that grain does not look like motion."""
    return cv2.INTER_LINEAR if samples < 4 else cv2.INTER_NEAREST


def grid_cells(frame: Any) -> NDArray[np.float32]:
    """Return the upright mean Y', Cb, Cr of each cell, (3, CELLS) float32: 0..1, -0.5..0.5, -0.5..0.5."""
    decoded, turn, mirrored = _looked_at(frame)
    cells = np.empty((3, CELLS), np.float32)
    # The colour planes hold half the rows and columns.
    for row, plane, samples in zip(cells, planes(frame), (8, 4, 4), strict=True):
        small = _shrunk(plane, GRID, samples=samples, turn=turn, mirrored=mirrored)
        row[:] = small.reshape(-1)
    black, scale = FULL_RANGE if full_range(decoded) else STUDIO_RANGE
    cells -= black
    cells /= scale
    return cells


def grid_light(cells: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (luminance, red), each (N, CELLS) float32, of the cells (N, 3, CELLS) of N frames.

    luminance: relative, linear, 0..1. red: WCAG's red measure (R - G - B) of saturated reds, scaled so that
    0.1 is its threshold; 0 elsewhere.
    """
    y, u, v = cells[:, 0], cells[:, 1], cells[:, 2]
    rgb = np.stack([y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u])  # BT.709
    linear = np.clip(rgb, 0, 1) ** GAMMA
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    saturated = linear[0] >= RED_SHARE * linear.sum(0) + 1e-6
    red = np.where(saturated, np.clip(linear[0] - linear[1] - linear[2], 0, 1) * RED_SCALE, 0)
    return luminance.astype(np.float32), red.astype(np.float32)


def grey(frame: Any) -> NDArray[np.uint8]:
    """Return the upright brightness picture, GREY uint8."""
    _, turn, mirrored = _looked_at(frame)
    return np.ascontiguousarray(_shrunk(planes(frame)[0], GREY, samples=2, turn=turn, mirrored=mirrored))


def histogram(frame: Any) -> NDArray[np.float32]:
    """Return the joint (Y 8, U 4, V 4) histogram, (128,) float32 summing to 1, for finding cuts."""
    parts = [_shrunk(plane, (30, 40), samples=2).reshape(-1) for plane in planes(frame)]
    # Chroma lies close to neutral: spread the middle half over the four bins.
    chroma = [np.clip((part.astype(np.int16) - 64) >> 5, 0, 3) for part in parts[1:]]
    bins = (parts[0] >> 5).astype(np.int16) * 16 + chroma[0] * 4 + chroma[1]
    shares: NDArray[np.float32] = (np.bincount(bins, minlength=128) / bins.size).astype(np.float32)
    return shares
