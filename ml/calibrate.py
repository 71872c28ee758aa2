"""Logits -> probabilities: one Platt line per head (Platt, "Probabilistic outputs for SVMs", 1999).

Isotonic regression was no better on held-out parts (docs/log.md), and needs more labels than most types have.
"""

from dataclasses import dataclass

import numpy as np

from ml.types import DoubleArray, FloatArray

MIN_SLOPE = 0.05  # a type whose only head learned nothing keeps a nearly flat, still increasing line
EFFECTIVE_STEPS = 8.0  # steps that together say about as much as one independent label: two seconds
SLOPE_PRIOR = 1.0  # how strongly the slope is held near 1, in units of evidence
_ROUNDS = 50


@dataclass(frozen=True)
class Platt:
    """probability = sigmoid(slope x logit + offset), slope > 0 so that ranking is kept."""

    slope: float
    offset: float

    def log_odds(self, logit: FloatArray) -> FloatArray:
        """Calibrated log-odds."""
        return np.asarray(self.slope * logit + self.offset, dtype=np.float32)

    def __call__(self, logit: FloatArray) -> FloatArray:
        """Calibrated probability."""
        return sigmoid(self.log_odds(logit))


def sigmoid(x: FloatArray) -> FloatArray:
    """Logistic function that does not overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)), dtype=np.float32)


def log_odds(p: FloatArray) -> FloatArray:
    """Inverse of `sigmoid`, finite at 0 and 1."""
    clipped = np.clip(p.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float32)


def fit_platt(logit: FloatArray, label: FloatArray, weight: FloatArray) -> Platt | None:
    """Most likely line by Newton's method; None when held-out logits do not rise with the labels.

    Neighbouring steps are not independent evidence, so they count an eighth each, and until there is more of
    it the slope stays near 1: three events, perfectly told apart, are no reason to be certain.
    """
    x, w = logit.astype(np.float64), weight.astype(np.float64) / EFFECTIVE_STEPS
    positive, total = float((w * label).sum()), float(w.sum())
    if positive <= 0 or positive >= total:
        return None
    # Platt's targets: never certain, so that a perfectly separated type keeps a finite slope.
    high, low = (positive + 1) / (positive + 2), 1 / (total - positive + 2)
    target = low + (high - low) * label.astype(np.float64)
    beta: DoubleArray = np.array([1.0, np.log(positive / (total - positive))], dtype=np.float64)
    design: DoubleArray = np.column_stack([x, np.ones_like(x)])
    for _ in range(_ROUNDS):
        step = _newton_step(design, target, w, beta)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    slope, offset = float(beta[0]), float(beta[1])
    return Platt(slope, offset) if np.isfinite(beta).all() and slope > MIN_SLOPE else None


def _newton_step(design: DoubleArray, target: DoubleArray, w: DoubleArray, beta: DoubleArray) -> DoubleArray:
    p = 0.5 * (1 + np.tanh(0.5 * (design @ beta)))
    prior = np.array([SLOPE_PRIOR, 1e-3])
    gradient = design.T @ (w * (target - p)) - prior * (beta - np.array([1.0, 0.0]))
    curvature = design.T @ (design * (w * p * (1 - p))[:, None]) + np.diag(prior)
    # A damped step: from a poor start the full one can overshoot into a flat region.
    return np.asarray(np.clip(np.linalg.solve(curvature, gradient), -2.0, 2.0), dtype=np.float64)


def flat_platt(label: FloatArray, weight: FloatArray) -> Platt:
    """For a head that learned nothing: the base rate, barely tilted by the logit."""
    total = max(float(weight.sum()), 1e-9)
    rate = float(np.clip((weight * label).sum() / total, 1e-3, 1 - 1e-3))
    return Platt(MIN_SLOPE, float(np.log(rate / (1 - rate))))
