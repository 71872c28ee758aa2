"""An embedding's window statistics -> the few directions in which training videos vary most."""

from dataclasses import dataclass

import numpy as np
import torch

from ml.models.heads import EmbeddingHead
from ml.models.standard import CLIP
from ml.types import FloatArray

REDUCED = 128  # directions: as good as all 3,840 on the fights, and a whole table of them fits in memory
SAMPLE = 2048  # rows the directions are fitted on


@dataclass(frozen=True)
class Reduction:
    """(n, D) statistics -> (n, Q): standardised, clipped, projected. A direction keeps its spread."""

    mean: FloatArray  # (D,)
    scale: FloatArray  # (D,)
    basis: FloatArray  # (D, Q)

    def __call__(self, statistics: FloatArray) -> FloatArray:
        """The same numbers as `EmbeddingHead.standardise`."""
        return np.asarray(_clipped(statistics, self.mean, self.scale) @ self.basis, dtype=np.float32)

    def write_into(self, head: EmbeddingHead) -> None:
        """Make `head` look through this reduction."""
        for buffer, values in ((head.mean, self.mean), (head.scale, self.scale), (head.basis, self.basis)):
            buffer.copy_(torch.from_numpy(values))


def _clipped(statistics: FloatArray, mean: FloatArray, scale: FloatArray) -> FloatArray:
    return np.asarray(np.clip((statistics - mean) / scale, -CLIP, CLIP), dtype=np.float32)


def fit_reduction(sample: FloatArray, reduced: int = REDUCED) -> Reduction:
    """Principal directions of (n, D) training rows; unused directions are zero where n or D is small.

    Scaled as a whole, so that the mean square of a direction is 1 on average and L2 means the same for all.
    """
    width = sample.shape[1]
    if len(sample) == 0:
        return Reduction(np.zeros(width, np.float32), np.ones(width, np.float32), _no_basis(width, reduced))
    mean, spread = sample.mean(axis=0), sample.std(axis=0)
    scale = np.where(spread > 1e-6, spread, np.float32(1))
    h = _clipped(sample, mean, scale)
    basis = _no_basis(width, reduced)
    directions = _principal(h, reduced)
    projected = h @ directions
    total = float(np.square(projected).sum() / len(h))
    basis[:, : directions.shape[1]] = directions * np.sqrt(reduced / max(total, 1e-6))
    return Reduction(mean, scale, basis)


def _no_basis(width: int, reduced: int) -> FloatArray:
    return np.zeros((width, reduced), np.float32)


def _principal(h: FloatArray, most: int) -> FloatArray:
    """(n, D) -> (D, q) orthonormal directions of the largest spread; signs fixed."""
    # Whichever of n x n and D x D is smaller holds the same directions.
    few_rows = len(h) < h.shape[1]
    values, vectors = np.linalg.eigh(h @ h.T if few_rows else h.T @ h)
    kept = [i for i in range(len(values) - 1, -1, -1) if values[i] > 1e-4 * max(values[-1], 1e-12)][:most]
    directions = vectors[:, kept]
    if few_rows:
        directions = h.T @ directions
        directions /= np.linalg.norm(directions, axis=0, keepdims=True)
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])])
    return np.asarray(directions * signs, dtype=np.float32)
