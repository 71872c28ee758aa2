"""Statistics in standard deviations of what taught: the one way every head sees its inputs."""

import torch
from torch import Tensor

CLIP = 5.0  # standard deviations: one odd descriptor must not decide alone


def mean_and_scale(rows: Tensor) -> tuple[Tensor, Tensor]:
    """(n, D) training rows, at least one -> (D,) mean and (D,) standard deviation.

    A descriptor that never moved in training says nothing later either: a scale of 1 keeps it finite.
    """
    spread = rows.std(dim=0, unbiased=False)
    return rows.mean(dim=0), torch.where(spread > 1e-6, spread, torch.ones_like(spread))


def standardised(x: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """(N, D) -> (N, D) in standard deviations, within CLIP of 0."""
    return (x - mean).div_(scale).clamp_(-CLIP, CLIP)
