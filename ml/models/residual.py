"""What a straight line cannot say: a small network beside each head, beginning at 0, kept where it pays.

    logit_k = w_k . h + b_k  +  o_k . tanh(I_k u + c_k),    u = the directions in which h varies most

The window statistics say mean, spread and maximum; how they count together is learned here. The straight
part stands still while this is fitted (joint training lost .02 AUC on the fights), and the network of one
violation type shares nothing with another's, so that a new type changes none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from ml.evidence import fall_of
from ml.models.fit import Problems, Spread, balanced

DIRECTIONS = 32  # of the data, whitened
UNITS = 16  # for each violation type
FEWEST_GROUPS = 8  # split groups that show the type: with fewer, better on them is luck
CLEAR = 2.0  # standard errors over split groups by which it must lower the held-out loss
BATCH = 256  # half of it shows the type
MOST_BATCHES = 480
LOOK_EVERY = 40  # batches between two looks at the held-out rows
PATIENCE = 3  # looks without a better loss before it stops
_RATE = 0.002
_DECAY = 0.1


class Residual(nn.Module):
    """(N, D) standardised statistics -> (N, K), 0 for every type until it is taught."""

    basis: Tensor

    def __init__(self, inputs: int, types: int, directions: int = DIRECTIONS, units: int = UNITS) -> None:
        super().__init__()
        directions = min(directions, inputs)
        self.register_buffer("basis", torch.zeros(inputs, directions))
        self.inward = nn.Parameter(torch.zeros(types, units, directions))
        self.offset = nn.Parameter(torch.zeros(types, units))
        self.outward = nn.Parameter(torch.zeros(types, units))

    def forward(self, h: Tensor) -> Tensor:
        if not self.outward.any():
            return h.new_zeros(len(h), len(self.outward))
        return bent(h @ self.basis, self.inward, self.offset, self.outward)


def bent(u: Tensor, inward: Tensor, offset: Tensor, outward: Tensor) -> Tensor:
    """(N, R) inputs of C networks -> (N, C)."""
    units = torch.tanh(torch.einsum("nr,cur->ncu", u, inward) + offset)
    return (units * outward).sum(dim=2)


def whitening(spread: Spread, directions: int = DIRECTIONS) -> Tensor:
    """(D, R): projects h onto its strongest directions, each to a spread of about 1."""
    strong = slice(max(len(spread.variance) - directions, 0), None)
    return spread.directions[:, strong] / spread.variance[strong].clamp_min(1e-2).sqrt()


@dataclass(frozen=True)
class Taught:
    """The network of one type, and whether it earned its place on split groups it had not seen."""

    kept: bool
    gain: float  # fall of the held-out class-balanced log loss
    error: float  # one standard error of it over split groups
    batches: int  # after which it was best; 0: never better than nothing
    network: tuple[Tensor, ...]  # inward (U, R), offset (U,), outward (U,)
    adds: Tensor  # (judged,) to the held-out logits; 0 where it is not kept


def teach_residual(u: Tensor, straight: Tensor, problems: Problems, group: Tensor, *, seed: int) -> Taught:
    """Fit one type's networks (M, R) on top of its straight logits (M, C), and judge them held out.

    All C problems learn from the same batches, each from the rows it may see. When to stop is decided by the
    held-out rows of all folds together; the network for use, the last, is taken as it was then.
    group: (judged,) split groups. With too few of them that show the type nothing is learned.
    """
    generator = torch.Generator().manual_seed(seed)
    free = _beginning(straight.shape[1], u.shape[1], generator)
    nothing = torch.zeros(problems.judged)
    if _groups_showing(problems, group) < FEWEST_GROUPS:
        return Taught(False, 0.0, 0.0, 0, tuple(tensor[-1].detach() for tensor in free), nothing)
    seen, alone = problems.seen() > 0, problems.held_out(straight)
    before = problems.losses(problems.to_scale(alone))
    best, least, best_at, adds = _copied(free), float(problems.losses(alone).sum()), 0, nothing
    solver = torch.optim.AdamW(free, lr=_RATE, weight_decay=_DECAY)
    for number, rows in enumerate(_batches(problems.label, problems.seen()[:, -1], generator), start=1):
        solver.zero_grad()
        loss = _loss(straight[rows] + bent(u[rows], *free), problems.label[rows], seen[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        solver.step()
        if number % LOOK_EVERY:
            continue
        now = _held_out(u, free, problems)
        outcome = float(problems.losses(alone + now).sum())
        if outcome < least:
            best, least, best_at, adds = _copied(free), outcome, number, now
        elif number >= best_at + PATIENCE * LOOK_EVERY:
            break
    held = ~alone.isnan()
    after = problems.losses(problems.to_scale(alone + adds))
    gain, error = fall_of(*(part[held].numpy() for part in (after, before, group)))
    kept = gain > CLEAR * error and best_at > 0
    network = tuple(tensor[-1] for tensor in best)
    return Taught(kept, gain, error, best_at, network, adds if kept else nothing)


def _beginning(count: int, directions: int, generator: torch.Generator) -> list[Tensor]:
    """Random inward, zero outward: they say nothing yet, and can learn. All C begin alike."""
    inward = torch.randn(UNITS, directions, generator=generator) / max(directions, 1) ** 0.5
    parts = (inward, torch.zeros(UNITS), torch.zeros(UNITS))
    return [part.expand(count, *part.shape).clone().requires_grad_() for part in parts]


def _copied(free: list[Tensor]) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in free]


def _groups_showing(problems: Problems, group: Tensor) -> int:
    held = problems.fold[: problems.judged] >= 0
    shows = (problems.label * problems.weight)[: problems.judged] > 0
    return len(torch.unique(group[held & shows]))


def _batches(label: Tensor, weight: Tensor, generator: torch.Generator) -> Iterator[Tensor]:
    """Numbers of rows: as many that show the type as that do not, each as likely as it weighs."""
    halves = balanced(label[:, None], weight[:, None])
    likely = halves.sum(dim=0)[:, 0].double()
    drawn = torch.multinomial(likely, MOST_BATCHES * BATCH, replacement=True, generator=generator)
    return iter(drawn.reshape(MOST_BATCHES, BATCH))


def _loss(logits: Tensor, label: Tensor, seen: Tensor) -> Tensor:
    """(B, C) -> the sum of the C problems' mean log losses, each over the rows it may see."""
    losses = functional.softplus(logits) - label[:, None] * logits
    return ((losses * seen).sum(dim=0) / seen.sum(dim=0).clamp_min(1)).sum()


@torch.no_grad()
def _held_out(u: Tensor, free: list[Tensor], problems: Problems) -> Tensor:
    """(judged,) what the network of the fit that had not seen the row adds to it; 0 where every fit had."""
    fold = problems.fold[: problems.judged]
    adds = torch.zeros(problems.judged)
    for number in range(int(fold.max()) + 1):
        rows = torch.nonzero(fold == number)[:, 0]
        adds[rows] = bent(u[rows], *(tensor[number : number + 1] for tensor in free))[:, 0]
    return adds
