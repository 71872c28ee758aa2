"""Every annotator scored apart, to compare with: by heads of their own over what all see, or by whole models.

The "multi-task" and the "ensemble" model of Davani, Díaz and Prabhakaran (TACL 2022). The consensus is the
mean of those who could be learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ml.models.fit import Problems, Spread, by_unseeing_fit, fit_lines, l2_path, spread_of
from ml.models.standard import mean_and_scale, standardised


class Separate(nn.Module):
    """A annotators' lines over (N, D) h; in an ensemble each sees h through their own mean and scale."""

    mean: Tensor
    scale: Tensor
    known: Tensor

    def __init__(self, inputs: int, types: int, annotators: int, *, own_eyes: bool) -> None:
        super().__init__()
        eyes = annotators if own_eyes else 1
        self.register_buffer("mean", torch.zeros(eyes, inputs))
        self.register_buffer("scale", torch.ones(eyes, inputs))
        self.register_buffer("known", torch.zeros(annotators, types))  # 1: could be learned
        self.weight = nn.Parameter(torch.zeros(annotators, types, inputs))
        self.bias = nn.Parameter(torch.zeros(annotators, types))

    def seen_by(self, number: int, h: Tensor) -> Tensor:
        """(N, D) h as one annotator's model sees it."""
        if len(self.mean) == 1:
            return h
        return standardised(h, self.mean[number], self.scale[number])

    def logits(self, number: int, h: Tensor) -> Tensor:
        """(N, K) of one annotator; 0 for types they could not be learned on."""
        return self.seen_by(number, h) @ self.weight[number].T + self.bias[number]

    def consensus(self, h: Tensor) -> Tensor:
        """(N, K) mean of the annotators' logits, over those who could be learned."""
        total = h.new_zeros(len(h), self.weight.shape[1])
        for number in torch.nonzero(self.known.any(dim=1))[:, 0].tolist():
            total += self.logits(number, h) * self.known[number]
        mean: Tensor = total / self.known.sum(dim=0).clamp_min(1)
        return mean

    def panel(self, h: Tensor, members: Tensor) -> Tensor:
        """(N, P, K) as each of P annotators would score; of who could not be learned, the consensus."""
        agreed = self.consensus(h)
        each = [torch.where(self.known[n] > 0, self.logits(n, h), agreed) for n in members.tolist()]
        return torch.stack(each, dim=1) if each else agreed[:, None, :][:, :0]


@dataclass(frozen=True)
class HeldOut:
    """Logits by fits that had not seen the row's split group; NaN where every fit had."""

    consensus: Tensor  # (N,)
    members: Tensor  # (S, P) of the members, at the asked steps


def fit_separate(
    separate: Separate,
    number: int,  # the type's place among the head's outputs
    h: Tensor,  # (N, D)
    step: Tensor,  # (M,) which row each opinion is about
    annotator: Tensor,  # (M,)
    label: Tensor,  # (M,)
    weight: Tensor,  # (M,)
    fold: Tensor,  # (N,) -1 = never held out
    *,
    apart: bool,  # validation videos judge: the fits for use have not seen them either
    l2: float,  # of the shared heads; an ensemble's models choose their own
    spread: Spread,
    members: Sequence[int],
    asked: Tensor,  # (S,) steps
) -> HeldOut:
    """Fit every annotator's lines of one type, each from their own opinions alone; writes into `separate`."""
    fits = int(fold.max()) + 1 + (not apart)
    total, learned = torch.zeros(len(h), fits), torch.zeros(fits)
    own = torch.full((len(asked), len(members)), torch.nan)
    for person in range(len(separate.weight)):
        rows = torch.nonzero((annotator == person) & (weight > 0))[:, 0]
        if not len(rows):  # of another queue: nothing is known of how they see this type
            continue
        held = fold[step[rows]]
        judging = apart and bool((held >= 0).any())
        problems = Problems(label[rows], weight[rows], held, len(rows), judging)
        able = _able(problems)
        if not able[-1]:
            continue
        _see(separate, person, h[step[rows[held < 0]]] if apart else h[step[rows]])
        seen = separate.seen_by(person, h[step[rows]])
        if len(separate.mean) > 1:
            lines = l2_path(seen, problems, spread_of(seen), held)
        else:
            lines = fit_lines(seen, problems.label, problems.seen(), l2, spread)
        # The fit for use, which is the last, judges folds in which this annotator said nothing.
        fit_of = [min(fit, len(able) - 1) for fit in range(fits)]
        with torch.no_grad():
            separate.weight[person, number], separate.bias[person, number] = lines.weight[-1], lines.bias[-1]
            separate.known[person, number] = 1
            said, able = lines(separate.seen_by(person, h))[:, fit_of], able[fit_of]
        total += said * able
        learned += able
        if person in members:
            own[:, list(members).index(person)] = by_unseeing_fit(said, fold)[asked]
    consensus = by_unseeing_fit(total / learned.clamp_min(1), fold)
    return HeldOut(consensus, torch.where(own.isnan(), consensus[asked][:, None], own))


def _able(problems: Problems) -> Tensor:
    """(C,) 1 where the fit saw both marked and unmarked steps."""
    seen, label = problems.seen(), problems.label[:, None]
    return (((seen * label).sum(dim=0) > 0) & ((seen * (1 - label)).sum(dim=0) > 0)).float()


def _see(separate: Separate, person: int, own: Tensor) -> None:
    """An ensemble's model standardises on its annotator's rows alone, and on none that judge it."""
    if len(separate.mean) == 1 or separate.known[person].any():
        return
    separate.mean[person], separate.scale[person] = mean_and_scale(own)
