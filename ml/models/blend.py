"""Two heads of one modality (descriptors, embedding) -> the factors of their sum, by evidence."""

import numpy as np

from ml.calibrate import EFFECTIVE_STEPS, fit_platt
from ml.evidence import clearly_less
from ml.folds import grouped_folds
from ml.types import DoubleArray, FloatArray, IntArray

EQUAL_PRIOR = 2.0  # how strongly two heads of a modality are held to equal weights, in units of evidence
CLEAR = 2.0  # standard errors by which one must be better before it counts for more, or alone
MOST_ROWS = 20_000  # rows that evidence is asked of: neighbours say nearly the same
_ROUNDS = 30


def choose_blend(
    one: FloatArray, other: FloatArray, label: FloatArray, weight: FloatArray, group: IntArray
) -> tuple[float, float]:
    """Factors for the sum of two heads' held-out logits (N,), NaN where there are none; 0 for one left out.

    The blend is the rule. A head that does not earn its place in it, on split groups that neither the factors
    nor the calibration have seen, is left out: noise in a sum costs a little everywhere.
    """
    rows = np.flatnonzero(~np.isnan(one) & ~np.isnan(other) & (weight > 0))
    rows = rows[:: max(1, -(-len(rows) // MOST_ROWS))]
    few = one[rows], other[rows], label[rows], weight[rows], group[rows]
    together = _held_out_losses(*few, alone=None)
    if together is not None:
        for factors in ((1.0, 0.0), (0.0, 1.0)):
            alone = _held_out_losses(*few, alone=factors)
            if alone is not None and clearly_less(alone, together, group[rows], CLEAR):
                return factors
    return fit_blend(one, other, label, weight, group)


def log_losses(p: FloatArray, label: FloatArray, weight: FloatArray) -> DoubleArray:
    """(N,) what each row adds to the log loss."""
    safe = np.clip(p.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(-weight * (label * np.log(safe) + (1 - label) * np.log(1 - safe)))


def _held_out_losses(
    one: FloatArray,
    other: FloatArray,
    label: FloatArray,
    weight: FloatArray,
    group: IntArray,
    *,
    alone: tuple[float, float] | None,
) -> DoubleArray | None:
    """(N,) log losses of rows whose split group factors and calibration have not seen; None if too few."""
    fold = grouped_folds(label >= 0.5, group, seed=0)
    losses = np.zeros(len(label))
    for number in np.unique(fold):
        taught, judged = fold != number, fold == number
        first, second = alone or fit_blend(
            one[taught], other[taught], label[taught], weight[taught], group[taught]
        )
        z = np.asarray(first * one + second * other, dtype=np.float32)
        line = fit_platt(z[taught], label[taught], weight[taught])
        if line is None:
            return None
        losses[judged] = log_losses(line(z[judged]), label[judged], weight[judged])
    return losses


def fit_blend(
    one: FloatArray, other: FloatArray, label: FloatArray, weight: FloatArray, group: IntArray
) -> tuple[float, float]:
    """Factors for the sum of two heads' held-out logits (N,), NaN where there are none.

    Each logit counts by its spread, both alike until the labels say otherwise: with z the logits in their own
    standard deviations, log-odds = m (z1 + z2) + d (z1 - z2) + b, where d is drawn towards 0, and dropped
    unless it stands clear of its uncertainty over split groups. No factor is negative.
    """
    rows = ~np.isnan(one) & ~np.isnan(other) & (weight > 0)
    z = np.stack([one[rows], other[rows]]).astype(np.float64)
    spreads = np.maximum(z.std(axis=1), 1e-6) if rows.any() else np.ones(2)
    z /= spreads[:, None]
    design = np.column_stack([z[0] + z[1], z[0] - z[1], np.ones(z.shape[1])])
    (m, d, _), variance = _fit_blend(
        design, label[rows].astype(np.float64), weight[rows].astype(np.float64) / EFFECTIVE_STEPS, group[rows]
    )
    common = m if m > 0 else 0.5
    lean = float(np.clip(d * max(0.0, 1 - CLEAR**2 * variance / max(d * d, 1e-12)), -common, common))
    return float((common + lean) / spreads[0]), float((common - lean) / spreads[1])


def _fit_blend(
    design: DoubleArray, label: DoubleArray, weight: DoubleArray, group: IntArray
) -> tuple[DoubleArray, float]:
    """(m, d, b) by Newton's method under a Gaussian prior around (1/2, 0, 0), and the variance of d."""
    prior, centre = np.array([0.1, EQUAL_PRIOR, 1e-3]), np.array([0.5, 0.0, 0.0])
    beta: DoubleArray = centre.copy()
    for _ in range(_ROUNDS):
        p = 0.5 * (1 + np.tanh(0.5 * (design @ beta)))
        gradient = design.T @ (weight * (label - p)) - prior * (beta - centre)
        curvature = design.T @ (design * (weight * p * (1 - p))[:, None]) + np.diag(prior)
        step = np.clip(np.linalg.solve(curvature, gradient), -2.0, 2.0)
        beta = np.asarray(beta + step, dtype=np.float64)
        if np.abs(step).max() < 1e-8:
            break
    # Sandwich by split group: neighbours agree with each other, whole videos need not.
    pull = design * (weight * (label - p))[:, None]
    by_group = np.stack([np.bincount(group, pull[:, i]) for i in range(3)])
    inverse = np.linalg.inv(curvature)
    return beta, float((inverse @ by_group @ by_group.T @ inverse)[1, 1])
