"""The trunk: statistics of a few steps around each step, never looking across a cut."""

from collections.abc import Iterator

import numpy as np

from ml.types import BoolArray, FloatArray, HalfArray, IntArray

RADIUS = 4  # steps on each side: 9 steps of 0.25 s, worth .03 AUC on real fights against single steps
NARROW_RADIUS = 1  # a short view keeps the edges of brief events sharp
STRETCH = 4096  # steps looked at once: ten hours of statistics would not fit in memory
EMBEDDING_STRETCH = 1024
EMBEDDING_STATISTICS = 3  # mean, spread and maximum
STATISTICS = 4  # mean, spread and maximum of the wide window, mean of the narrow one


def window_statistics(values: FloatArray, mask: BoolArray, cuts: BoolArray) -> FloatArray:
    """(T, D) descriptors -> (T, 4 D): mean, spread, maximum over the wide window, mean over the narrow.

    Steps outside `mask` are left out of every statistic; where nothing is left the row is zero.
    `cuts[t]` says that step t begins a new shot.
    """
    shots = shot_numbers(cuts)
    mean, spread, top = _wide(values, _reach(shots, mask, RADIUS))
    near = _reach(shots, mask, NARROW_RADIUS)
    near_count = np.maximum(sum(ok for _, ok in near), 1).astype(np.float32)[:, None]
    return np.concatenate([mean, spread, top, _total(values, near) / near_count], axis=1)


def window_statistics_at(values: FloatArray, mask: BoolArray, cuts: BoolArray, rows: IntArray) -> FloatArray:
    """The chosen rows of `window_statistics`, (len(rows), 4 D), without ever holding the others."""
    chosen = np.zeros((len(rows), STATISTICS * values.shape[1]), dtype=np.float32)
    for first in range(0, len(values), STRETCH):
        here = (rows >= first) & (rows < first + STRETCH)
        if here.any():
            start, end = max(first - RADIUS, 0), first + STRETCH + RADIUS
            part = window_statistics(values[start:end], mask[start:end], cuts[start:end])
            chosen[here] = part[rows[here] - start]
    return chosen


def embedding_statistics(values: HalfArray, mask: BoolArray, cuts: BoolArray, radius: int) -> FloatArray:
    """(R, E) embeddings -> (R, 3 E): mean, spread and maximum over `radius` rows on each side, in one shot.

    Rows outside `mask` are left out; where nothing is left the row is zero.
    """
    reach = _reach(shot_numbers(cuts), mask, radius)
    return np.concatenate(_wide(values.astype(np.float32), reach), axis=1)


def embedding_statistics_at(
    values: HalfArray, mask: BoolArray, cuts: BoolArray, radius: int, rows: IntArray
) -> Iterator[tuple[BoolArray, FloatArray]]:
    """The chosen rows of `embedding_statistics`, a stretch at a time: which of `rows`, and (n, 3 E).

    All of them at once would not fit in memory: reduce each stretch before asking for the next.
    """
    for first in range(0, len(values), EMBEDDING_STRETCH):
        here = (rows >= first) & (rows < first + EMBEDDING_STRETCH)
        if here.any():
            start, end = max(first - radius, 0), first + EMBEDDING_STRETCH + radius
            part = embedding_statistics(values[start:end], mask[start:end], cuts[start:end], radius)
            yield here, part[rows[here] - start]


def _wide(
    values: FloatArray, reach: list[tuple[IntArray, BoolArray]]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean, spread and maximum over the neighbours in reach."""
    count = np.maximum(sum(ok for _, ok in reach), 1).astype(np.float32)[:, None]
    mean = _total(values, reach) / count
    spread = np.sqrt(_total_of_squares(values, mean, reach) / count)
    return mean, spread, _maximum(values, reach)


def shot_numbers(cuts: BoolArray) -> IntArray:
    """(T,) cut flags -> (T,) running number of the shot each step belongs to."""
    return np.cumsum(cuts).astype(np.int64)


def _reach(shots: IntArray, mask: BoolArray, radius: int) -> list[tuple[IntArray, BoolArray]]:
    """For each offset: the neighbour of every step, and whether it may be looked at."""
    steps = np.arange(len(shots))
    reach = []
    for offset in range(-radius, radius + 1):
        neighbour = np.clip(steps + offset, 0, max(len(shots) - 1, 0))
        ok = (steps + offset == neighbour) & (shots[neighbour] == shots) & mask[neighbour]
        reach.append((neighbour, ok))
    return reach


def _total(values: FloatArray, reach: list[tuple[IntArray, BoolArray]]) -> FloatArray:
    total = np.zeros_like(values)
    for neighbour, ok in reach:
        total += values[neighbour] * ok[:, None]
    return total


def _total_of_squares(
    values: FloatArray, mean: FloatArray, reach: list[tuple[IntArray, BoolArray]]
) -> FloatArray:
    # Around the mean, not E[x2] - E[x]2: that cancels badly in float32.
    total = np.zeros_like(values)
    for neighbour, ok in reach:
        total += np.square(values[neighbour] - mean) * ok[:, None]
    return total


def _maximum(values: FloatArray, reach: list[tuple[IntArray, BoolArray]]) -> FloatArray:
    top = np.full_like(values, -np.inf)
    for neighbour, ok in reach:
        np.maximum(top, np.where(ok[:, None], values[neighbour], -np.inf), out=top)
    return np.where(np.isfinite(top), top, np.float32(0))
