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
from ml.fitting import MODALITY_OF, fit_head, inputs_of
from ml.folds import plan_folds
from ml.metrics import average_precision, calibration_error, roc_auc
from ml.models.fusion import TypeFusion, fit_fusion, fuse
from ml.models.heads import ModelConfig, ReviewModel, build_review_model
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
    held, inputs, notes = {}, {}, {}
    for number, (head, slugs) in enumerate(heads.items()):
        fit = fit_head(
            model.heads()[head],
            head,
            table,
            _columns(violations, slugs),
            plan,
            _columns(specs, slugs),
            seed,
            _teller(report, number, len(heads), FITTING[head]),
        )
        held[head], inputs[head] = fit.held, fit.h
        notes[head] = dict(zip(slugs, fit.notes, strict=True))
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
        fitted = {head: by_slug[spec.slug] for head, by_slug in notes.items() if spec.slug in by_slug}
        thresholds[spec.slug] = threshold
        per_type[spec.slug] = metrics | {"held_out_by": plan.by[number], "fit": fitted}
    return Learned(model, heads, fusions, thresholds, per_type)


def _teller(report: OnProgress, number: int, heads: int, stage: str) -> Callable[[float], None]:
    """Tells `report` how much of a head is fitted, in its share of .3 to .9; at once that it is begun."""
    report(0.3 + 0.6 * number / heads, stage, {})
    return lambda done: report(0.3 + 0.6 * (number + done) / heads, stage, {})


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
        ok = inputs_of(table, name)[1][step]
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
