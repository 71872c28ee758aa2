"""Convex fitting: class-balanced logistic regression with strong L2, deterministic, one type at a time.

Problems of one type that differ only in which rows they may see (folds, and all of them) are solved side by
side: they share every product with the data. Types do not: what one learns cannot depend on another.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from ml.calibrate import fit_platt
from ml.evidence import clearly_less

L2_GRID = (1.0, 0.3, 0.1, 0.03, 0.01)  # from strong to weak: each starts where the one before ended
USUAL_L2 = 0.1  # unless held-out split groups clearly speak for another
USUAL_EMBEDDING_L2 = 0.03  # the same of an embedding, reduced to fewer directions
CLEAR = 2.0  # standard errors over split groups by which another must be better
CONVERGED = 1e-4  # largest slope left, in coordinates in which the curvature is about 1
_AIM = 1e-5  # as far as single precision lets most problems go
_ROUGHLY = 1e-3  # while an L2 is only tried
FEW_ROWS = 20_000  # that do not show the type, while an L2 is only tried
_ROUNDS = 100
_SAMPLE = 4096  # rows that tell how the data spread


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


def balanced(label: Tensor, weight: Tensor) -> Tensor:
    """(N, K) soft labels and weights -> (2, N, K) weights of the positive and the negative loss.

    Each class carries half of a type's loss, so that a rare violation is not outvoted by silence.
    """
    positive, negative = weight * label, weight * (1 - label)
    return torch.stack([0.5 * part / part.sum(dim=0).clamp_min(1e-9) for part in (positive, negative)])


def row_losses(logits: Tensor, halves: Tensor) -> Tensor:
    """(N, K) logits -> (N, K) what each row adds to the class-balanced log loss."""
    return halves[0] * functional.softplus(-logits) + halves[1] * functional.softplus(logits)


def by_unseeing_fit(logits: Tensor, fold: Tensor) -> Tensor:
    """(N, C) logits, (N,) folds -> (N,) of the fit that had not seen the row, NaN where every fit had."""
    own = logits.gather(1, fold.clamp_min(0)[:, None])[:, 0]
    return torch.where(fold >= 0, own, torch.nan)


@dataclass(frozen=True)
class Problems:
    """One type's rows, and fits of it side by side that see different rows; the last is the one for use.

    Fit f has not seen the rows of fold f, so it judges them. The first `judged` rows are steps; those after
    them are training views, which teach in their step's fold and are judged in none.
    """

    label: Tensor  # (M,) soft
    weight: Tensor  # (M,) 0 = unknown
    fold: Tensor  # (M,) -1 = never held out
    judged: int
    apart: bool  # validation videos judge: the fit for use has not seen them either

    def seen(self) -> Tensor:
        """(M, C) weight of each row in each fit."""
        columns = [self.weight * (self.fold != f) for f in range(int(self.fold.max()) + 1)]
        return torch.stack(columns if self.apart else [*columns, self.weight], dim=1)

    def held_out(self, logits: Tensor) -> Tensor:
        """(M, C) logits -> (judged,) of the fit that had not seen the row, NaN where every fit had."""
        return by_unseeing_fit(logits[: self.judged], self.fold[: self.judged])

    def losses(self, held_out: Tensor) -> Tensor:
        """(judged,) held-out logits -> (judged,) what each row adds to the class-balanced log loss."""
        label, weight = self.label[: self.judged], self.weight[: self.judged]
        halves = balanced(label[:, None], (weight * ~held_out.isnan())[:, None])
        return row_losses(held_out.nan_to_num()[:, None], halves)[:, 0]

    def to_scale(self, held_out: Tensor) -> Tensor:
        """(judged,) logits as calibration will turn them: what is merely too large is not wrong."""
        known = ~held_out.isnan()
        label, weight = self.label[: self.judged], self.weight[: self.judged]
        halves = balanced(label[:, None], (weight * known)[:, None])[:, known, 0] * len(known)
        both = halves.sum(dim=0)
        share = halves[0] / both.clamp_min(1e-9)
        line = fit_platt(held_out[known].numpy(), share.numpy(), both.numpy())
        nothing = torch.where(known, 0.0, torch.nan)
        return nothing if line is None else torch.from_numpy(line.log_odds(held_out.numpy()))

    def few(self, most: int) -> Tensor:
        """Numbers of the rows that show the type, and of about so many of the others, evenly."""
        numbers, others = torch.arange(len(self.label)), self.label * self.weight <= 0
        stride = max(1, -(-int(others.sum()) // most))
        return numbers[~others | (others.cumsum(0) % stride == 0)]

    def at(self, rows: Tensor) -> "Problems":
        """The same of some rows, given by rising numbers."""
        judged = int((rows < self.judged).sum())
        return Problems(self.label[rows], self.weight[rows], self.fold[rows], judged, self.apart)


@dataclass(frozen=True)
class Spread:
    """In which directions standardised rows vary, and how much: D of them, the strongest last."""

    directions: Tensor  # (D, D) orthonormal columns
    variance: Tensor  # (D,) rising


def spread_of(h: Tensor) -> Spread:
    """(n, D) standardised training rows -> their spread, estimated from some thousands of them."""
    sample = h[:: max(1, -(-len(h) // _SAMPLE))]
    variance, directions = torch.linalg.eigh(sample.T @ sample / max(len(sample), 1))
    return Spread(directions, variance.clamp_min(0))


@dataclass(frozen=True)
class Lines:
    """C logistic regressions of one type under one L2, and how far from the optimum they were left."""

    weight: Tensor  # (C, D)
    bias: Tensor  # (C,)
    l2: float
    gradient: float  # largest slope left; at most CONVERGED unless the rounds ran out
    evaluations: int

    def __call__(self, h: Tensor) -> Tensor:
        """(N, D) -> (N, C) logits."""
        return torch.addmm(self.bias, h, self.weight.T)


def no_lines(count: int, width: int) -> Lines:
    """C lines that say nothing."""
    return Lines(torch.zeros(count, width), torch.zeros(count), USUAL_L2, 0.0, 0)


def fit_lines(
    h: Tensor,
    label: Tensor,
    weight: Tensor,
    l2: float,
    spread: Spread,
    start: Lines | None = None,
    aim: float = _AIM,
) -> Lines:
    """(M, D) rows, (M,) soft labels, (M, C) weights -> C regressions, each of the rows that weigh in it.

    L-BFGS in coordinates in which the problem is nearly round: along each direction of the data the curvature
    is about variance / 4 + L2. Descriptors overlap so much that without this it takes hundreds of rounds.
    """
    before = start or no_lines(weight.shape[1], h.shape[1])
    halves = balanced(label[:, None], weight)
    both = halves[0] + halves[1]
    stiff = (0.25 * spread.variance + l2).sqrt()
    onto = spread.directions / stiff  # (D, D): w = v @ onto.T, b = 2 c
    v = ((before.weight @ spread.directions) * stiff).requires_grad_()
    c = (before.bias / 2).clone().requires_grad_()
    asked, left = 0, 0.0

    @torch.no_grad()
    def slope() -> Tensor:
        nonlocal asked, left
        asked, w = asked + 1, v @ onto.T
        z = torch.addmm(2 * c, h, w.T)
        pull = torch.sigmoid(z).mul_(both).sub_(halves[0])
        v.grad, c.grad = (pull.T @ h + l2 * w) @ onto, 2 * pull.sum(dim=0)
        left = max(float(v.grad.abs().max()), float(c.grad.abs().max()))
        # Summed in double precision: near the optimum the line search compares nearly equal losses.
        data = (both * functional.softplus(z) - halves[0] * z).sum(dtype=torch.float64)
        return data + 0.5 * l2 * w.double().square().sum()

    if 0 not in h.shape:
        solver = torch.optim.LBFGS(
            [v, c],
            max_iter=_ROUNDS,
            tolerance_grad=aim,
            tolerance_change=1e-12,
            history_size=10,
            line_search_fn="strong_wolfe",
        )
        solver.step(slope)  # type: ignore[no-untyped-call]
        slope()  # the line search may have looked elsewhere last
    return Lines((v @ onto.T).detach(), 2 * c.detach(), l2, left, asked)


def l2_path(
    h: Tensor,
    problems: Problems,
    spread: Spread,
    group: Tensor,
    usual: float = USUAL_L2,
    grid: Sequence[float] = L2_GRID,
    warm: tuple[Tensor, Tensor] | None = None,
) -> Lines:
    """The lines under the usual L2, or under another of the grid whose held-out loss is clearly less.

    Clearly: by two standard errors over split groups, group (judged,), and apart from the logits' scale,
    which is set later. The least loss alone cost .06 AUC on fights, in parts of film that nobody had seen.
    From strong to weak, each begun at the one before. Chosen roughly and among few rows, as neighbours say
    nearly the same; fitted to the optimum on all, from weights (D,) and bias () that are `warm` if there are.
    """
    rows = problems.few(FEW_ROWS)
    few, h_few, whole = problems.at(rows), h[rows], problems.seen()
    tried: list[Lines] = []
    losses: list[Tensor] = []
    for l2 in grid if (few.fold >= 0).any() else (usual,):
        start = tried[-1] if tried else None
        tried.append(fit_lines(h_few, few.label, whole[rows], l2, spread, start, _ROUGHLY))
        losses.append(few.losses(few.to_scale(few.held_out(tried[-1](h_few)))))
    best = tried[_clearly_least(tried, losses, group[rows[: few.judged]], usual)]
    if warm is not None:
        count = whole.shape[1]
        best = replace(best, weight=warm[0].expand(count, -1), bias=warm[1].expand(count))
    return fit_lines(h, problems.label, whole, best.l2, spread, best)


def _clearly_least(tried: Sequence[Lines], losses: Sequence[Tensor], group: Tensor, usual_l2: float) -> int:
    usual = min(range(len(tried)), key=lambda n: abs(math.log(tried[n].l2 / usual_l2)))
    least = min(range(len(tried)), key=lambda n: float(losses[n].sum()))
    clear = clearly_less(losses[least].numpy(), losses[usual].numpy(), group.numpy(), CLEAR)
    return least if clear else usual
