"""The band of a curve, and whether it is shown: does the panel's spread follow real disagreement?"""

from dataclasses import dataclass

import numpy as np

from ml.resampling import group_weights, interval_of
from ml.types import BoolArray, DoubleArray, FloatArray, IntArray

BAND = (0.1, 0.9)  # share of the panel below the band's edges
LEAST_CORRELATION = 0.1
LEAST_GROUPS = 8  # split groups below which the bootstrap's interval means nothing
ROUNDS = 1000


@dataclass(frozen=True)
class BandEvidence:
    """Whether a type's band is shown, and why: the correlation of its width with real disagreement.

    Measured at `steps` steps of `groups` split groups about which at least two annotators spoke, by panels
    that were fitted without those groups. `interval` is 95 %, by bootstrap over split groups. None where
    undefined.
    """

    shown: bool
    correlation: float | None
    interval: tuple[float, float] | None
    steps: int
    groups: int
    reason: str


def band_edges(p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(n, 1 + P) consensus, then panel -> (n,) low and high edge; the consensus lies between them."""
    if p.shape[1] == 1:
        return p[:, 0], p[:, 0]
    low, high = np.quantile(p[:, 1:], BAND, axis=1).astype(np.float32)
    return np.minimum(low, p[:, 0]), np.maximum(high, p[:, 0])


def no_band(reason: str) -> BandEvidence:
    """There is nothing to measure: a sentence says why."""
    return BandEvidence(False, None, None, 0, 0, reason)


def disagreement(
    step: IntArray, label: FloatArray, known: BoolArray, steps: int
) -> tuple[FloatArray, IntArray]:
    """M opinions -> (N,) share of the pairs of annotators that disagree about a step, and who spoke of it."""
    voices = np.bincount(step[known], minlength=steps)
    marked = np.bincount(step[known & (label >= 0.5)], minlength=steps)
    pairs = np.maximum(voices * (voices - 1), 1)
    return (2 * marked * (voices - marked) / pairs).astype(np.float32), voices.astype(np.int64)


def band_evidence(width: FloatArray, differs: FloatArray, group: IntArray, *, seed: int) -> BandEvidence:
    """(S,) predicted width, real disagreement and split group of each step -> is the band shown?

    Shown if the correlation is at least .1 and its interval lies above 0. Both, because with very many steps
    a correlation of .02 would stand clear of 0 and tell nobody anything, and with few a large one is luck.
    Where people are merely careless the true correlation is 0, where they differ systematically .3 was
    measured; two annotators a step are so coarse a measure of disagreement that more than .1 cannot be asked.
    """
    sums, groups = _sums_by_group(width, differs, group)
    whole = float(_correlations(sums.sum(axis=0)[None])[0])
    correlation = None if np.isnan(whole) else whole
    if groups < LEAST_GROUPS:
        many = f"{groups} split groups" if groups != 1 else "1 split group"
        why = f"Only {many} were judged by two people or more; {LEAST_GROUPS} are needed to tell."
        return BandEvidence(False, correlation, None, len(width), groups, why)
    if correlation is None:
        why = (
            "The people who judged the same steps never differed, or the panel sees no difference among them."
        )
        return BandEvidence(False, None, None, len(width), groups, why)
    interval = _interval(sums, seed)
    shown = correlation >= LEAST_CORRELATION and interval is not None and interval[0] > 0
    return BandEvidence(shown, correlation, interval, len(width), groups, _why(shown, correlation, interval))


def _why(shown: bool, correlation: float, interval: tuple[float, float] | None) -> str:
    bounds = "" if interval is None else f" [{interval[0]:.2f}, {interval[1]:.2f}]"
    if shown:
        return f"Its width follows how far people really differed (correlation {correlation:.2f}{bounds})."
    return (
        f"Its width does not follow how far people really differed (correlation {correlation:.2f}{bounds})."
    )


def _sums_by_group(width: FloatArray, differs: FloatArray, group: IntArray) -> tuple[DoubleArray, int]:
    """(G, 6): n, x, y, x squared, y squared and xy; enough to draw whole groups a thousand times."""
    if len(group) == 0:
        return np.zeros((0, 6)), 0
    _, member = np.unique(group, return_inverse=True)
    x, y = width.astype(np.float64), differs.astype(np.float64)
    columns = [np.bincount(member, part) for part in (np.ones_like(x), x, y, x * x, y * y, x * y)]
    return np.stack(columns, axis=1), int(member.max()) + 1


def _correlations(sums: DoubleArray) -> DoubleArray:
    """(R, 6) sums -> (R,) Pearson's correlations; NaN where one of the two never changes."""
    n, x, y, xx, yy, xy = sums.T
    across, along = n * xx - x * x, n * yy - y * y
    moving = (n >= 2) & (across > 1e-9 * n * n) & (along > 1e-9 * n * n)
    spread = np.sqrt(np.where(moving, across * along, 1.0))
    return np.asarray(np.where(moving, (n * xy - x * y) / spread, np.nan), dtype=np.float64)


def _interval(sums: DoubleArray, seed: int) -> tuple[float, float] | None:
    drawn = group_weights(len(sums), seed=seed, rounds=ROUNDS)[1:]
    return interval_of(_correlations(drawn @ sums))
