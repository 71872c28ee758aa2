"""Ranges of seconds [start, end), kept in order and apart."""

from collections.abc import Iterable

import numpy as np

from ml.metrics import Interval
from ml.types import BoolArray


def merged(ranges: Iterable[Interval], *, closer_than_s: float = 0.0) -> list[Interval]:
    """The ranges in order; those that overlap, touch, or lie closer together than that become one."""
    joined: list[Interval] = []
    for start, end in sorted(ranges):
        if joined and (start <= joined[-1][1] or start - joined[-1][1] < closer_than_s):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def runs(flags: BoolArray) -> list[tuple[int, int]]:
    """(T,) flags -> [first, end) of each run of steps that are set, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def spans_of(flags: BoolArray, step_s: float) -> list[Interval]:
    """(T,) flags -> the same runs in seconds."""
    return [(a * step_s, b * step_s) for a, b in runs(flags)]
