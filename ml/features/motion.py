"""Edges, optical flow and frame differences of small grey pictures. Pure: arrays in, numbers out.

What is kept and why: the measurements in docs (158 numbers a step did best without pretrained weights).
Motion is what remains after the camera's own (the median), in per cent of the picture's width a second.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # (120, 160)
Flow = NDArray[np.float32]  # (72, 96, 2) per cent of width a second
Numbers = NDArray[np.float32]

FLOW_SIZE = (72, 96)
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
    """Return the means of `values` (H, W) over a 4x4 grid, (16,), row by row."""
    height, width = values.shape
    cells = values.reshape(4, height // 4, 4, width // 4)
    means: Numbers = cells.mean(axis=(1, 3), dtype=np.float32).reshape(16)
    return means


def edges(grey: Grey) -> Numbers:
    """Return EDGE_NAMES of one picture: where and how much structure there is."""
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down)
    sharpness = np.log1p(cv2.Laplacian(grey, cv2.CV_32F).var())
    scalars = [strength.std(), (strength > STRONG_EDGE).mean() * 100, sharpness]
    return np.concatenate([grid_means(strength), scalars]).astype(np.float32)


def make_flow() -> Any:
    """Return the dense flow estimator (DIS, the fastest preset)."""
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)


def flow_between(estimator: Any, before: Grey, after: Grey, dt_s: float) -> Flow:
    """Return the flow from `before` to `after`, dt_s seconds apart, in per cent of width a second."""
    size = FLOW_SIZE[::-1]
    small = [cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (before, after)]
    pixels = estimator.calc(small[0], small[1], None)
    return np.asarray(pixels * np.float32(100 / FLOW_SIZE[1] / dt_s), np.float32)


def without_camera(flow: Flow) -> tuple[Flow, float]:
    """Return (flow minus its median, speed of that median): a pan or shake is not action."""
    median = np.median(flow[::2, ::2].reshape(-1, 2), axis=0)
    return flow - median.astype(np.float32), float(np.hypot(*median))


def describe_flow(flow: Flow, camera: float) -> Numbers:
    """Return FLOW_NAMES of a camera-free flow."""
    speed = cv2.magnitude(flow[..., 0], flow[..., 1])
    total = float(speed.sum()) + 1e-3
    towards = _directions(flow, speed)
    shares = towards / (towards.sum() + 1e-3)
    cells = grid_means(speed)
    scalars = [
        camera,
        speed.mean(),
        speed.std(),
        *_quantiles(speed, (0.5, 0.75, 0.9, 0.97)),
        speed.max(),
        (speed > FAST).mean() * 100,
        np.hypot(flow[..., 0].sum(), flow[..., 1].sum()) / total,
        np.abs(np.diff(flow[:-1, :, 0], axis=1) + np.diff(flow[:, :-1, 1], axis=0)).mean(),
        np.abs(np.diff(flow[:-1, :, 1], axis=1) - np.diff(flow[:, :-1, 0], axis=0)).mean(),
        -(shares * np.log(shares + 1e-6)).sum(),
    ]
    return np.concatenate([scalars, towards, shares, cells, np.sort(cells)]).astype(np.float32)


def _quantiles(values: NDArray[Any], shares: tuple[float, ...]) -> Numbers:
    """Return quantiles by rank; half the pixels are plenty and partition is far cheaper than percentile."""
    sample = values.reshape(-1)[::2]
    ranks = [int(share * (len(sample) - 1)) for share in shares]
    return np.asarray(np.partition(sample, ranks)[ranks], np.float32)


def _directions(flow: Flow, speed: NDArray[Any]) -> Numbers:
    """Return the mean speed towards each of eight directions, (8,)."""
    angle = cv2.phase(flow[..., 0], flow[..., 1])  # 0..2 pi
    octant = (angle * (8 / (2 * np.pi))).astype(np.int32) % 8
    sums = np.bincount(octant.reshape(-1), weights=speed.reshape(-1), minlength=8)
    return (sums / speed.size).astype(np.float32)


def describe_acceleration(before: Flow, after: Flow) -> Numbers:
    """Return ACCELERATION_NAMES: how much the camera-free flow changed since the last step."""
    change = after - before
    size = cv2.magnitude(change[..., 0], change[..., 1])
    scalars = [size.mean(), size.std(), _quantiles(size, (0.9,))[0], size.max()]
    return np.concatenate([scalars, grid_means(size)]).astype(np.float32)


def describe_difference(before: Grey, after: Grey) -> Numbers:
    """Return the absolute difference's numbers (0..255 grey levels, shares in per cent)."""
    size = cv2.absdiff(before, after)
    counts = np.bincount(size.reshape(-1), minlength=256)
    below = np.cumsum(counts) / size.size
    mean, spread = (float(value[0, 0]) for value in cv2.meanStdDev(size))
    cells = grid_means(size)
    scalars = [
        mean,
        spread,
        *np.searchsorted(below, (0.75, 0.9, 0.99)),
        *((1 - below[level]) * 100 for level in (10, 25, 50)),
        cells.max() / (cells.mean() + 1.0),
    ]
    return np.concatenate([scalars, cells]).astype(np.float32)
