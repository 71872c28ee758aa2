"""Edges, optical flow and frame differences of small grey pictures. Pure: arrays in, numbers out.

150 numbers a step; what was tried and how well it told fights from other film is in docs/log.md.
Motion is what remains after the camera's own (the median), in per cent of the picture's width a second.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # (120, 160)
Flow = NDArray[np.float32]  # (36, 48, 2) per cent of width a second
Numbers = NDArray[np.float32]

FLOW_SIZE = (72, 96)
KEPT = 2  # the estimator works in blocks and interpolates: every second vector tells all there is
FLOW_SHAPE = (FLOW_SIZE[0] // KEPT, FLOW_SIZE[1] // KEPT, 2)
GRID16 = tuple(f"{row}{column}" for row in range(4) for column in range(4))
EDGE_NAMES = (*(f"edge_cell_{c}" for c in GRID16), "edge_spread", "edge_strong_share", "edge_sharpness")
FLOW_NAMES = (
    "flow_camera",
    "flow_mean",
    "flow_spread",
    *(f"flow_p{p}" for p in (50, 75, 90, 97)),
    "flow_max",
    "flow_fast_share",
    "flow_coherence",
    "flow_divergence",
    "flow_curl",
    "flow_direction_entropy",
    *(f"flow_towards_{k}" for k in range(8)),
    *(f"flow_towards_share_{k}" for k in range(8)),
    *(f"flow_cell_{c}" for c in GRID16),
    *(f"flow_sorted_{k:02}" for k in range(16)),
)
ACCELERATION_NAMES = (
    "acceleration_mean",
    "acceleration_spread",
    "acceleration_p90",
    "acceleration_max",
    *(f"acceleration_cell_{c}" for c in GRID16),
)
_DIFFERENCE = (
    *("mean", "spread", "p75", "p90", "p99", "share_10", "share_25", "share_50", "concentration"),
    *(f"cell_{c}" for c in GRID16),
)
DIFFERENCE_NAMES = tuple(f"difference_{name}" for name in _DIFFERENCE)
DIFFERENCE_250_NAMES = tuple(f"difference_250_{name}" for name in _DIFFERENCE)

STRONG_EDGE = 100.0
FAST = 30.0  # per cent of width a second


def grid_means(values: NDArray[Any]) -> Numbers:
    """Return the means of `values` (H, W), H and W multiples of 4, over a 4x4 grid, (16,), row by row."""
    cells = cv2.resize(values.astype(np.float32, copy=False), (4, 4), interpolation=cv2.INTER_AREA)
    return np.asarray(cells, np.float32).reshape(16)


def _mean_and_spread(values: NDArray[Any]) -> tuple[float, float]:
    mean, spread = cv2.meanStdDev(values)
    return float(mean[0, 0]), float(spread[0, 0])


def _length(across: NDArray[Any], down: NDArray[Any]) -> NDArray[np.float32]:
    """Return the lengths of vectors; OpenCV's differ in the last bit with where in memory the arrays lie."""
    return np.asarray(np.sqrt(across * across + down * down), np.float32)


def edges(grey: Grey) -> Numbers:
    """Return EDGE_NAMES of one picture: where and how much structure there is."""
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = _length(across, down)
    strong = np.count_nonzero(strength > STRONG_EDGE) / strength.size
    _, sharpness = _mean_and_spread(cv2.Laplacian(grey, cv2.CV_16S))
    scalars = [_mean_and_spread(strength)[1], strong * 100, np.log1p(sharpness**2)]
    return np.concatenate([grid_means(strength), scalars]).astype(np.float32)


def make_flow() -> Any:
    """Return the dense flow estimator (DIS, the fastest preset)."""
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)


def flow_between(estimator: Any, before: Grey, after: Grey, dt_s: float) -> Flow:
    """Return the flow from `before` to `after`, dt_s seconds apart, in per cent of width a second."""
    size = FLOW_SIZE[::-1]
    small = [cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR) for picture in (before, after)]
    pixels = estimator.calc(small[0], small[1], None)[::KEPT, ::KEPT]
    return np.asarray(pixels * np.float32(100 / FLOW_SIZE[1] / dt_s), np.float32)


def without_camera(flow: Flow) -> tuple[Flow, float]:
    """Return (flow minus its median, speed of that median): a pan or shake is not action."""
    middle = flow.shape[0] * flow.shape[1] // 2
    ordered = np.partition(flow.reshape(-1, 2).T, middle, axis=1)
    median = ordered[:, middle]
    return flow - median, float(np.hypot(*median))


def describe_flow(flow: Flow, camera: float) -> Numbers:
    """Return FLOW_NAMES of a camera-free flow."""
    across, down = np.ascontiguousarray(flow[..., 0]), np.ascontiguousarray(flow[..., 1])
    speed, angle = cv2.cartToPolar(across, down)
    mean, spread = _mean_and_spread(speed)
    total = mean * speed.size + 1e-3
    towards = _directions(angle, speed)
    shares = towards / (towards.sum() + 1e-3)
    cells = grid_means(speed)
    scalars = [
        camera,
        mean,
        spread,
        *_quantiles(speed, (0.5, 0.75, 0.9, 0.97, 1.0)),
        np.count_nonzero(speed > FAST) / speed.size * 100,
        np.hypot(across.sum(), down.sum()) / total,
        np.abs(_rise_across(across) + _rise_down(down)).mean(),
        np.abs(_rise_across(down) - _rise_down(across)).mean(),
        -(shares * np.log(shares + 1e-6)).sum(),
    ]
    return np.concatenate([scalars, towards, shares, cells, np.sort(cells)]).astype(np.float32)


def _rise_across(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[:-1, 1:] - values[:-1, :-1]


def _rise_down(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[1:, :-1] - values[:-1, :-1]


def _quantiles(values: NDArray[Any], shares: tuple[float, ...]) -> Numbers:
    """Return quantiles by rank."""
    ranks = [int(share * (values.size - 1)) for share in shares]
    return np.asarray(np.partition(values, ranks, axis=None)[ranks], np.float32)


def _directions(angle: NDArray[Any], speed: NDArray[Any]) -> Numbers:
    """Return the mean speed towards each of eight directions, (8,); angle: 0..2 pi."""
    octant = (angle * (8 / (2 * np.pi))).astype(np.uint8) & 7
    sums = np.bincount(octant.reshape(-1), weights=speed.reshape(-1), minlength=8)
    return (sums / speed.size).astype(np.float32)


def describe_acceleration(before: Flow, after: Flow) -> Numbers:
    """Return ACCELERATION_NAMES: how much the camera-free flow changed since the last step."""
    change = after - before
    size = _length(change[..., 0], change[..., 1])
    scalars = [*_mean_and_spread(size), *_quantiles(size, (0.9, 1.0))]
    return np.concatenate([scalars, grid_means(size)]).astype(np.float32)


def describe_difference(before: Grey, after: Grey) -> Numbers:
    """Return the absolute difference's numbers (0..255 grey levels, shares in per cent)."""
    size = cv2.absdiff(before, after)
    counts = cv2.calcHist([size], [0], None, [256], [0, 256]).reshape(-1)
    below = np.cumsum(counts, dtype=np.float64) / size.size
    mean, spread = _mean_and_spread(size)
    cells = grid_means(size)
    scalars = [
        mean,
        spread,
        *np.searchsorted(below, (0.75, 0.9, 0.99)),
        *((1 - below[level]) * 100 for level in (10, 25, 50)),
        cells.max() / (cells.mean() + 1.0),
    ]
    return np.concatenate([scalars, cells]).astype(np.float32)
