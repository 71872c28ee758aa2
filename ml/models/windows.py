"""The trunk: statistics of the steps around each step: of the picture inside its shot, of sound across cuts.

Every statistic costs the same whatever its window: means and spreads are differences of running sums, maxima
those of two overlapping halves. The sums are float64 around the stretch's own mean: float32 would cancel.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ml.types import BoolArray, DoubleArray, FloatArray, HalfArray, IntArray

RADIUS = 4  # steps on each side: 9 steps of 0.25 s, worth .03 AUC on real fights against single steps
NARROW_RADIUS = 1  # a short view keeps the edges of brief events sharp
LONG_RADIUS = 20  # the shot around the step, five seconds of it on each side: what kind of scene this is
STRETCH = 256  # rows looked at once: running sums of more would not fit in the processor's cache
EMBEDDING_STATISTICS = 4  # mean, spread and maximum of the wide window, mean of the long one
STATISTICS = 5  # the same of descriptors, and the mean of the narrow window before that of the long one


def window_statistics(values: FloatArray, mask: BoolArray, cuts: BoolArray) -> FloatArray:
    """(T, D) descriptors -> (T, 5 D): mean, spread, maximum over the wide window, narrow and long mean.

    Steps outside `mask` are left out of every statistic; where nothing is left the row is zero.
    `cuts[t]` says that step t begins a new shot.
    """
    return window_statistics_at(values, mask, cuts, np.arange(len(values)))


def window_statistics_at(values: FloatArray, mask: BoolArray, cuts: BoolArray, rows: IntArray) -> FloatArray:
    """The chosen rows of `window_statistics`, (len(rows), 5 D); only theirs are computed."""
    chosen = np.zeros((len(rows), STATISTICS * values.shape[1]), dtype=np.float32)
    for here, sums in _stretches(values, mask, cuts, rows, LONG_RADIUS):
        parts = [*sums.wide(RADIUS), sums.mean(NARROW_RADIUS), sums.mean(LONG_RADIUS)]
        chosen[here] = np.concatenate(parts, axis=1)
    return chosen


def embedding_statistics_at(
    values: HalfArray, mask: BoolArray, cuts: BoolArray, radius: int, long_radius: int, rows: IntArray
) -> Iterator[tuple[BoolArray, FloatArray]]:
    """(R, E) embeddings -> mean, spread and maximum over `radius` rows on each side, and the long mean.

    Of the chosen rows, a stretch at a time: which of `rows`, and theirs (n, 4 E). All of them at once would
    not fit in memory: reduce each stretch before asking for the next. Rows outside `mask` are left out; where
    nothing is left the row is zero.
    """
    for here, sums in _stretches(values, mask, cuts, rows, long_radius):
        yield here, np.concatenate([*sums.wide(radius), sums.mean(long_radius)], axis=1)


def no_cuts(cuts: BoolArray) -> BoolArray:
    """For sound, which does not end where the picture is cut: windows that do, cost .003 to .005 AUC."""
    return np.zeros_like(cuts)


def shot_bounds(cuts: BoolArray) -> tuple[IntArray, IntArray]:
    """(T,) cut flags -> (T,) first step of each step's shot, and (T,) the first step after it."""
    starts = np.flatnonzero(np.concatenate([[True], cuts[1:]]))[: len(cuts)]
    ends = np.concatenate([starts[1:], [len(cuts)]])
    shot = np.cumsum(np.concatenate([[0], cuts[1:]]))[: len(cuts)]
    return starts[shot].astype(np.int64), ends[shot].astype(np.int64)


@dataclass(frozen=True)
class _Sums:
    """Running sums over a stretch of T rows, asked about n of them."""

    values: FloatArray  # (T, D) masked rows are -inf: for maxima
    centre: DoubleArray  # (D,)
    total: DoubleArray  # (T + 1, D) of what differs from the centre
    squares: Callable[[], DoubleArray]  # (T + 1, D) of its squares; not everybody asks
    count: IntArray  # (T + 1,) of rows inside the mask
    shot: tuple[IntArray, IntArray]  # (n,) first and end of each asked row's shot
    rows: IntArray  # (n,)

    def mean(self, radius: int) -> FloatArray:
        """(n, D) mean over `radius` rows on each side."""
        first, end = self._window(radius)
        count = self._count(first, end)
        mean = _between(self.total, first, end, count)
        mean += self.centre
        return _filled(mean, count)

    def wide(self, radius: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(n, D) each: mean, spread and maximum over `radius` rows on each side."""
        first, end = self._window(radius)
        count = self._count(first, end)
        off, spread = (_between(sums, first, end, count) for sums in (self.total, self.squares()))
        spread -= np.square(off)
        np.sqrt(np.maximum(spread, 0.0, out=spread), out=spread)
        off += self.centre
        top = _maximum(self.values, first, end)
        return _filled(off, count), spread.astype(np.float32), _filled(top, count)

    def _window(self, radius: int) -> tuple[IntArray, IntArray]:
        begin, end = self.shot
        return np.maximum(self.rows - radius, begin), np.minimum(self.rows + radius + 1, end)

    def _count(self, first: IntArray, end: IntArray) -> IntArray:
        return (self.count[end] - self.count[first])[:, None]


def _stretches(
    values: FloatArray | HalfArray, mask: BoolArray, cuts: BoolArray, rows: IntArray, reach: int
) -> Iterator[tuple[BoolArray, _Sums]]:
    """Which of `rows` lie in each stretch, and sums that reach far enough around it for them."""
    for begin in range(0, len(values), STRETCH):
        here = (rows >= begin) & (rows < begin + STRETCH)
        if here.any():
            start, end = max(begin - reach, 0), begin + STRETCH + reach
            yield here, _sums(values[start:end], mask[start:end], cuts[start:end], rows[here] - start)


def _sums(values: FloatArray | HalfArray, mask: BoolArray, cuts: BoolArray, rows: IntArray) -> _Sums:
    whole = values.astype(np.float64)
    seen = whole.astype(np.float32)
    seen[~mask] = -np.inf
    centre = mask.astype(np.float64) @ whole / max(int(mask.sum()), 1)
    whole -= centre
    whole[~mask] = 0.0
    first, end = shot_bounds(cuts)
    return _Sums(
        values=seen,
        centre=centre,
        total=_running(whole),
        squares=lambda: _running(np.square(whole)),
        count=np.concatenate([[0], np.cumsum(mask)]),
        shot=(first[rows], end[rows]),
        rows=rows,
    )


def _running(values: DoubleArray) -> DoubleArray:
    """(T, D) -> (T + 1, D): the sum of the rows before each row."""
    sums = np.zeros((len(values) + 1, values.shape[1]))
    for row in range(len(values)):  # five times as fast as np.cumsum along this axis
        np.add(sums[row], values[row], out=sums[row + 1])
    return sums


def _between(sums: DoubleArray, first: IntArray, end: IntArray, count: IntArray) -> DoubleArray:
    """(n, D) mean of rows [first, end), of which `count` (n, 1) count."""
    mean = sums[end]
    mean -= sums[first]
    mean /= np.maximum(count, 1)
    return mean


def _filled(statistic: DoubleArray | FloatArray, count: IntArray) -> FloatArray:
    """Zero where no row was inside the mask."""
    filled = statistic.astype(np.float32)
    if not count.all():
        filled[count[:, 0] == 0] = 0.0
    return filled


def _maximum(values: FloatArray, first: IntArray, end: IntArray) -> FloatArray:
    """(n, D) maximum of rows [first, end), each at least one, as that of two halves that may overlap."""
    top = np.full((len(first), values.shape[1]), -np.inf, dtype=np.float32)
    length, power, level = end - first, 1, values  # level[t]: the maximum of `power` rows from t on
    while power <= length.max(initial=0):
        here = (length >= power) & (length < 2 * power)
        top[here] = np.maximum(level[first[here]], level[end[here] - power])
        level, power = np.maximum(level[:-power], level[power:]), 2 * power
    return top
