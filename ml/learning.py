"""A table of steps -> a fitted network, calibrated and with thresholds.

The order matters: each head's linear consensus is fitted convexly first, blended and calibrated on rows it
has not seen, and only then does each annotator get a lean away from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ml.calibrate import precision_threshold
from ml.embeddings import VIEWS
from ml.folds import HoldOutPlan, plan_folds
from ml.metrics import average_precision, calibration_error, roc_auc
from ml.models.fit import L2_GRID, choose_l2, fit_logistic, held_out_logits, standardise_on
from ml.models.fusion import TypeFusion, fit_fusion, fuse
from ml.models.heads import EmbeddingHead, Head, ModelConfig, ReviewModel, build_review_model
from ml.models.panel import fit_panel
from ml.models.reduction import REDUCED
from ml.models.windows import EMBEDDING_STATISTICS
from ml.table import StepTable
from ml.types import FloatArray, ViolationSpec

PANEL_SIZE = 32  # annotators whose spread makes the band: those with the most labels
RANK = 4

# What a progress bar says while each head is fitted.
FITTING = {
    "picture": "learning from the pictures",
    "sound": "learning from the sound",
    "both": "learning from pictures and sound together",
    "picture_embedding": "learning from what the networks see",
    "sound_embedding": "learning from what the networks hear",
}

OnProgress = Callable[[float, str, dict[str, float]], None]
MODALITY_OF = {view.name: view.modality for view in VIEWS}
Heads = dict[str, tuple[str, ...]]  # head -> slugs it scores


@dataclass(frozen=True)
class Learned:
    """Everything fitting decides."""

    model: ReviewModel
    heads: Heads
    fusions: dict[str, TypeFusion]
    thresholds: dict[str, float]
    per_type: dict[str, dict[str, Any]]


def learn(
    table: StepTable,
    violations: Sequence[ViolationSpec],
    known: list[int],
    seed: int,
    precision_floor: float,
    report: OnProgress,
) -> Learned:
    """Fit, blend, calibrate and judge the `known` violation types; `report` hears .3 to .9."""
    specs = [violations[k] for k in known]
    heads = _heads(specs, table)
    model = build_review_model(config_of(table, heads))
    plan = plan_folds(table.label[:, known], table.weight[:, known], table.group, table.validation, seed=seed)
    held, inputs = {}, {}
    for number, head in enumerate(heads):
        report(0.3 + 0.6 * number / len(heads), FITTING[head], {})
        held[head], inputs[head] = _fit_head(model, head, heads[head], table, violations, specs, plan)
    report(0.9, "learning how reviewers differ", {})
    _fit_annotators(model, heads, inputs, table, violations, seed)
    fusions, thresholds, per_type = {}, {}, {}
    for number, (k, spec) in enumerate(zip(known, specs, strict=True)):
        logits = {h: held[h][:, slugs.index(spec.slug)] for h, slugs in heads.items() if spec.slug in slugs}
        fusion = fit_fusion(
            spec.modality,
            logits,
            table.label[:, k],
            table.weight[:, k],
            table.picture_ok,
            table.sound_ok,
            table.group,
        )
        fusions[spec.slug] = fusion
        threshold, metrics = _judge(table, k, fusion, logits, precision_floor)
        thresholds[spec.slug], per_type[spec.slug] = threshold, metrics | {"held_out_by": plan.by[number]}
    return Learned(model, heads, fusions, thresholds, per_type)


def _heads(specs: Sequence[ViolationSpec], table: StepTable) -> Heads:
    """Which types each head scores; a type of both modalities is scored apart and together."""
    heads: Heads = {
        "picture": tuple(s.slug for s in specs if s.modality != "sound"),
        "sound": tuple(s.slug for s in specs if s.modality != "picture"),
        "both": tuple(s.slug for s in specs if s.modality == "both"),
    }
    return heads | {name: heads[MODALITY_OF[name]] for name in table.embeddings}


def config_of(table: StepTable, heads: Heads) -> ModelConfig:
    return ModelConfig(
        picture_inputs=table.picture.shape[1],
        sound_inputs=table.sound.shape[1],
        picture_types=len(heads["picture"]),
        sound_types=len(heads["sound"]),
        joint_types=len(heads["both"]),
        annotators=len(table.annotators),
        rank=RANK,
        picture_embedding_inputs=EMBEDDING_STATISTICS * table.extractor.picture_embedding_width,
        sound_embedding_inputs=EMBEDDING_STATISTICS * table.extractor.sound_embedding_width,
        reduced=REDUCED if table.embeddings else 0,
    )


def _fit_head(
    model: ReviewModel,
    name: str,
    slugs: tuple[str, ...],
    table: StepTable,
    violations: Sequence[ViolationSpec],
    specs: Sequence[ViolationSpec],
    plan: HoldOutPlan,
) -> tuple[FloatArray, Tensor]:
    """Fit one head in place; returns its held-out logits (N, K) and its standardised inputs (N, D)."""
    head, (x, ok) = model.heads()[name], _inputs(table, name)
    h = _standardised(head, name, x, ok, table)
    columns = _columns(violations, slugs)
    label = torch.from_numpy(table.label[:, columns])
    weight = torch.from_numpy(table.weight[:, columns]) * ok[:, None]
    held = torch.from_numpy(plan.fold[:, _columns(specs, slugs)])
    seen, of, share = _with_views(table, name, x, h, head)
    trials = held_out_logits(seen, label[of], weight[of] * share, held[of])[:, : len(h)]
    choice = choose_l2(trials, label, weight)
    # Types judged on validation videos must not have learned from them.
    by_validation = torch.tensor(
        [plan.by[k] == "validation" for k in _columns(specs, slugs)], dtype=torch.bool
    )
    apart = torch.from_numpy(table.validation)[:, None] & by_validation
    taught = (weight * ~apart)[of] * share
    w, b = fit_logistic(seen, label[of], taught, torch.tensor(L2_GRID)[choice])
    with torch.no_grad():
        head.weight.copy_(w)
        head.bias.copy_(b)
        own = head.consensus(h)
    chosen = trials.gather(0, choice.expand(1, *label.shape))[0]
    never = torch.tensor(
        [plan.by[k] == "own training data" for k in _columns(specs, slugs)], dtype=torch.bool
    )
    return torch.where(never, own, chosen).numpy(), h


def _with_views(
    table: StepTable, name: str, x: Tensor, h: Tensor, head: Head
) -> tuple[Tensor, Tensor, Tensor]:
    """What a head is fitted on: the N steps' h and then their views'; the step of each; and its share (., 1).

    The share makes a step and its views together weigh what the step weighs. Judged are the N steps alone.
    """
    steps = torch.arange(len(h))
    again = _inputs_of_views(table, name, x)
    if table.views is None or again is None:
        return h, steps, torch.ones(len(h), 1)
    views_of = torch.from_numpy(table.views.of)
    of = torch.cat([steps, views_of])
    share = 1 / (1 + torch.bincount(views_of, minlength=len(h)))
    more = again if isinstance(head, EmbeddingHead) else head.standardise(again)
    return torch.cat([h, more]), of, share[of][:, None]


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


def _standardised(head: Head, name: str, x: Tensor, ok: Tensor, table: StepTable) -> Tensor:
    """Set how the head sees its inputs, from training rows alone, and see them so: (N, D) h."""
    if isinstance(head, EmbeddingHead):
        table.reductions[name].write_into(head)
        return x  # reduced when it was read: whole statistics would not fit in memory
    # Validation judges, so it must not shape what it judges; not even by its mean and spread.
    training = ok & ~torch.from_numpy(table.validation)
    standardise_on(head, x, training if training.any() else ok)
    return head.standardise(x)


def _inputs(table: StepTable, head: str) -> tuple[Tensor, Tensor]:
    """Statistics (N, D) a head looks at, and the rows (N,) where it may."""
    picture, sound = torch.from_numpy(table.picture), torch.from_numpy(table.sound)
    picture_ok, sound_ok = torch.from_numpy(table.picture_ok), torch.from_numpy(table.sound_ok)
    if head == "both":
        return torch.cat([picture, sound], dim=1), picture_ok & sound_ok
    ok = picture_ok if MODALITY_OF.get(head, head) == "picture" else sound_ok
    if head in table.embeddings:
        return torch.from_numpy(table.embeddings[head]), ok
    return (picture if head == "picture" else sound), ok


def _columns(specs: Sequence[ViolationSpec], slugs: tuple[str, ...]) -> list[int]:
    order = [spec.slug for spec in specs]
    return [order.index(slug) for slug in slugs]


def _fit_annotators(
    model: ReviewModel,
    heads: Heads,
    inputs: dict[str, Tensor],
    table: StepTable,
    violations: Sequence[ViolationSpec],
    seed: int,
) -> None:
    labels = {}
    step = torch.from_numpy(table.opinion_step)
    for name, slugs in heads.items():
        columns = _columns(violations, slugs)
        ok = _inputs(table, name)[1][step]
        weight = torch.from_numpy(table.opinion_weight[:, columns]) * ok[:, None]
        labels[name] = (torch.from_numpy(table.opinion_label[:, columns]), weight)
    people, trust = torch.from_numpy(table.opinion_annotator), torch.from_numpy(table.labels_of)
    fit_panel(model, inputs, labels, step, people, trust, seed=seed)


def panel_of(table: StepTable) -> tuple[int, ...]:
    if len(table.annotators) < 2:
        return ()
    most = np.argsort(-table.labels_of, kind="stable")[:PANEL_SIZE]
    return tuple(int(number) for number in np.sort(most))


def _judge(
    table: StepTable,
    k: int,
    fusion: TypeFusion,
    logits: Mapping[str, FloatArray],
    precision_floor: float,
) -> tuple[float, dict[str, Any]]:
    """Threshold and honest figures of one type, on held-out rows alone."""
    rows = (table.weight[:, k] > 0) & ~np.all([np.isnan(z) for z in logits.values()], axis=0)
    heads = {name: np.nan_to_num(z[rows]) for name, z in logits.items()}
    p = fuse(fusion, heads, table.picture_ok[rows], table.sound_ok[rows])
    truth = table.label[rows, k] >= 0.5
    groups = len(np.unique(table.group[rows][truth]))
    threshold, reached = precision_threshold(truth, p, floor=precision_floor, groups=groups)
    notes = (
        []
        if reached
        else [f"No threshold reaches a precision of {precision_floor:g}: hints are few and may be wrong."]
    )
    return threshold, {
        "auc": roc_auc(truth, p),
        "auc_by_head": {name: roc_auc(truth, z) for name, z in heads.items()},
        "ap": average_precision(truth, p),
        "calibration_error": calibration_error(truth, p),
        "base_rate": float(truth.mean()),
        "steps": len(truth),
        "positive_steps": int(truth.sum()),
        "positive_groups": groups,
        "notes": notes,
    }
