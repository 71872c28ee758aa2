"""One head of the network, fitted to a table: how it sees its inputs, its straight part, and the residual."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ml.embeddings import VIEWS
from ml.folds import HoldOutPlan
from ml.models.fit import (
    CONVERGED,
    USUAL_EMBEDDING_L2,
    USUAL_L2,
    Problems,
    Spread,
    l2_path,
    spread_of,
)
from ml.models.heads import EmbeddingHead, Head
from ml.models.residual import Taught, teach_residual, whitening
from ml.table import StepTable
from ml.types import FloatArray

Line = tuple[Tensor, Tensor]  # weights (D,) and bias () of one type
MODALITY_OF = {view.name: view.modality for view in VIEWS}


def nothing_warm(_head: Head) -> Mapping[int, Line]:
    """Fitting begins at zero."""
    return {}


@dataclass(frozen=True)
class HeadFit:
    """What fitting one head found, beside the weights written into it."""

    held: FloatArray  # (N, K) held-out logits; of the head itself where nothing could be held out
    notes: tuple[dict[str, Any], ...]  # by type: its L2, how well it converged, what the residual was worth


def fit_head(
    head: Head,
    name: str,
    table: StepTable,
    columns: Sequence[int],  # of the table: the types the head scores, in its order
    plan: HoldOutPlan,
    places: Sequence[int],  # the same types' places in the plan
    seed: int,
    report: Callable[[float], None],
    warm: Callable[[Head], Mapping[int, Line]] = nothing_warm,
) -> HeadFit:
    """Fit every type of one head in place, one after another; none depends on which others there are.

    `report` hears the share of the types done. `warm` says where fitting may begin, once the head knows how
    it sees its inputs.
    """
    x, ok = inputs_of(table, name)
    h = _standardised(head, name, x, ok, table)
    seen, of, share = _with_views(table, name, x, h, head)
    del x  # a fifth of all memory, for as long as the head is fitted
    spread = spread_of(h[ok & ~torch.from_numpy(table.validation)])
    head.residual.basis.copy_(whitening(spread, head.residual.basis.shape[1]))
    begin = warm(head)
    held, notes = torch.full((len(h), len(columns)), torch.nan), []
    for number, (column, place) in enumerate(zip(columns, places, strict=True)):
        problems = Problems(
            label=torch.from_numpy(table.label[:, column])[of],
            weight=(torch.from_numpy(table.weight[:, column]) * ok)[of] * share,
            fold=torch.from_numpy(plan.fold[:, place])[of],
            judged=len(h),
            apart=plan.by[place] == "validation",
        )
        held[:, number], note = _fit_type(
            head, number, seen, problems, spread, table, seed, begin.get(number)
        )
        if plan.by[place] == "own training data":
            held[:, number] = head.consensus(h)[:, number].detach()
        notes.append(note)
        report((number + 1) / len(columns))
    return HeadFit(held.numpy(), tuple(notes))


def _fit_type(
    head: Head,
    number: int,
    seen: Tensor,
    problems: Problems,
    spread: Spread,
    table: StepTable,
    seed: int,
    warm: Line | None,
) -> tuple[Tensor, dict[str, Any]]:
    """Straight first, convexly; then the residual on top of it. Gives held-out logits (N,) and a note."""
    group = torch.from_numpy(table.group)
    usual = USUAL_EMBEDDING_L2 if isinstance(head, EmbeddingHead) else USUAL_L2
    lines = l2_path(seen, problems, spread, group, usual, warm=warm)
    straight = lines(seen)
    taught = teach_residual(seen @ head.residual.basis, straight, problems, group, seed=seed)
    _write(head, number, lines.weight[-1], lines.bias[-1], taught)
    note = {
        "l2": lines.l2,
        "converged": lines.gradient <= CONVERGED,
        "gradient": lines.gradient,
        "evaluations": lines.evaluations,
        "residual": {
            "kept": taught.kept,
            "gain": taught.gain,
            "standard_error": taught.error,
            "batches": taught.batches,
        },
    }
    return problems.held_out(straight) + taught.adds, note


@torch.no_grad()
def _write(head: Head, number: int, weight: Tensor, bias: Tensor, taught: Taught) -> None:
    head.weight[number] = weight
    head.bias[number] = bias
    if taught.kept:
        own = (head.residual.inward, head.residual.offset, head.residual.outward)
        for whole, part in zip(own, taught.network, strict=True):
            whole[number] = part


def _with_views(
    table: StepTable, name: str, x: Tensor, h: Tensor, head: Head
) -> tuple[Tensor, Tensor, Tensor]:
    """What a head is fitted on: the N steps' h and then their views'; the step of each; and its share (M,).

    The share makes a step and its views together weigh what the step weighs. Judged are the N steps alone.
    """
    steps = torch.arange(len(h))
    again = _inputs_of_views(table, name, x)
    if table.views is None or again is None:
        return h, steps, torch.ones(len(h))
    views_of = torch.from_numpy(table.views.of)
    of = torch.cat([steps, views_of])
    share = 1 / (1 + torch.bincount(views_of, minlength=len(h)))
    more = again if isinstance(head, EmbeddingHead) else head.standardise(again)
    return torch.cat([h, more]), of, share[of]


def _inputs_of_views(table: StepTable, name: str, x: Tensor) -> Tensor | None:
    """Statistics (V, D) of the views for a head; None for heads that look at nothing that has views."""
    views = table.views
    if views is None or name in ("sound", "sound_embedding"):
        return None
    if name == "picture_embedding":
        return None if views.picture_embedding is None else torch.from_numpy(views.picture_embedding)
    picture = torch.from_numpy(views.picture)
    if name == "picture":
        return picture
    return torch.cat([picture, x[torch.from_numpy(views.of)][:, picture.shape[1] :]], dim=1)


def seen_by(head: Head, name: str, table: StepTable) -> Tensor:
    """The inputs as a fitted head sees them: (N, D) h."""
    x, _ = inputs_of(table, name)
    return x if isinstance(head, EmbeddingHead) else head.standardise(x)


def _standardised(head: Head, name: str, x: Tensor, ok: Tensor, table: StepTable) -> Tensor:
    """Set how the head sees its inputs, from training rows alone, and see them so: (N, D) h."""
    if isinstance(head, EmbeddingHead):
        table.reductions[name].write_into(head)
        return x  # reduced when it was read: whole statistics would not fit in memory
    # Validation judges, so it must not shape what it judges; not even by its mean and spread.
    training = ok & ~torch.from_numpy(table.validation)
    head.standardise_on(x, training if training.any() else ok)
    return head.standardise(x)


def inputs_of(table: StepTable, head: str) -> tuple[Tensor, Tensor]:
    """Statistics (N, D) a head looks at, and the rows (N,) where it may."""
    picture, sound = torch.from_numpy(table.picture), torch.from_numpy(table.sound)
    picture_ok, sound_ok = torch.from_numpy(table.picture_ok), torch.from_numpy(table.sound_ok)
    if head == "both":
        return torch.cat([picture, sound], dim=1), picture_ok & sound_ok
    ok = picture_ok if MODALITY_OF.get(head, head) == "picture" else sound_ok
    if head in table.embeddings:
        return torch.from_numpy(table.embeddings[head]), ok
    return (picture if head == "picture" else sound), ok
