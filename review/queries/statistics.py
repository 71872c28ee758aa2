"""Pure figures with their uncertainty, as docs/metrics.md defines them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Rate:
    """`count` of `total`, with its Wilson 95 % interval; `value` is empty where `total` is 0."""

    count: int
    total: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class TimeRatio:
    """Active ms over video ms: median and mean over reviews, the mean with its 95 % interval."""

    reviews: int
    median: float | None
    mean: float | None
    low: float | None
    high: float | None


def rate(count: int, total: int) -> Rate:
    """A share with its Wilson 95 % interval, which stays within [0, 1] and is honest for few counts."""
    if total == 0:
        return Rate(0, 0, None, None, None)
    share, square = count / total, Z_95**2
    centre = share + square / (2 * total)
    spread = Z_95 * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    scale = 1 + square / total
    # Exact at the ends: rounding would leave 4e-19 where the formula says 0.
    low = (centre - spread) / scale if count > 0 else 0.0
    high = (centre + spread) / scale if count < total else 1.0
    return Rate(count, total, share, low, high)


def time_ratio(ratios: Sequence[float]) -> TimeRatio:
    """Median and mean of review-time ratios; an interval needs two reviews."""
    if not ratios:
        return TimeRatio(0, None, None, None, None)
    mean = fmean(ratios)
    if len(ratios) < 2:
        return TimeRatio(1, median(ratios), mean, None, None)
    spread = Z_95 * stdev(ratios) / math.sqrt(len(ratios))
    return TimeRatio(len(ratios), median(ratios), mean, max(0.0, mean - spread), mean + spread)
