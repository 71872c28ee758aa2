"""Convex fitting: class-balanced logistic heads with strong L2, many outputs at once, deterministic."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional

from ml.models.heads import Head

L2_GRID = (0.003, 0.01, 0.03, 0.1, 0.3)
_ITERATIONS = 80


@contextmanager
def threads(number: int = 1) -> Iterator[None]:
    """Run torch on so many threads, then give it back what it had.

    One by default: sums come out the same on every machine, and the other cores belong to others.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def standardise_on(head: Head, x: Tensor, rows: Tensor) -> None:
    """Set the head's mean and scale from the chosen training rows of (N, D) statistics."""
    chosen = x[rows]
    if len(chosen) == 0:
        return
    head.mean.copy_(chosen.mean(dim=0))
    spread = chosen.std(dim=0, unbiased=False)
    # A descriptor that never moved in training says nothing later either: 1 keeps it finite.
    head.scale.copy_(torch.where(spread > 1e-6, spread, torch.ones_like(spread)))


def balanced(label: Tensor, weight: Tensor) -> Tensor:
    """(N, K) soft labels and weights -> (2, N, K) weights of the positive and the negative loss.

    Each class carries half of a type's loss, so that a rare violation is not outvoted by silence.
    """
    positive, negative = weight * label, weight * (1 - label)
    return torch.stack([0.5 * part / part.sum(dim=0).clamp_min(1e-9) for part in (positive, negative)])


def balanced_loss(logits: Tensor, halves: Tensor) -> Tensor:
    """(N, K) logits -> (K,) class-balanced log loss."""
    return (halves[0] * functional.softplus(-logits) + halves[1] * functional.softplus(logits)).sum(dim=0)


def fit_logistic(h: Tensor, label: Tensor, weight: Tensor, l2: Tensor) -> tuple[Tensor, Tensor]:
    """(N, D), (N, K), (N, K), (K,) -> weights (K, D) and biases (K,) of K separate logistic regressions."""
    w = torch.zeros(label.shape[1], h.shape[1], requires_grad=True)
    b = torch.zeros(label.shape[1], requires_grad=True)
    if 0 in (*h.shape, label.shape[1]):
        return w.detach(), b.detach()
    halves = balanced(label, weight)
    solver = torch.optim.LBFGS(
        [w, b], max_iter=_ITERATIONS, history_size=10, tolerance_grad=1e-5, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        solver.zero_grad()
        loss = balanced_loss(h @ w.T + b, halves).sum() + 0.5 * (l2 * w.square().sum(dim=1)).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(closure)  # type: ignore[no-untyped-call]
    return w.detach(), b.detach()


def held_out_logits(
    h: Tensor, label: Tensor, weight: Tensor, held: Tensor, grid: tuple[float, ...] = L2_GRID
) -> Tensor:
    """(N, K) fold numbers, -1 = never held out -> (L, N, K) logits by models that did not see the row.

    NaN where a row was never held out.
    """
    result = torch.full((len(grid), *label.shape), torch.nan)
    for fold in range(int(held.max()) + 1 if held.numel() else 0):
        away = held == fold
        types = away.any(dim=0)
        for number, l2 in enumerate(grid):
            seen = (weight * ~away)[:, types]
            w, b = fit_logistic(h, label[:, types], seen, torch.full((int(types.sum()),), l2))
            predicted = torch.full_like(result[number], torch.nan)
            predicted[:, types] = h @ w.T + b
            result[number] = torch.where(away, predicted, result[number])
    return result


def choose_l2(held_out: Tensor, label: Tensor, weight: Tensor, grid: tuple[float, ...] = L2_GRID) -> Tensor:
    """(K,) index into the grid of the smallest balanced log loss on held-out rows; the middle if none."""
    known = ~held_out[0].isnan()
    halves = balanced(label, weight * known)
    losses = torch.stack([balanced_loss(z.nan_to_num(), halves) for z in held_out])
    best = losses.argmin(dim=0)
    return torch.where(known.any(dim=0), best, torch.full_like(best, len(grid) // 2))
