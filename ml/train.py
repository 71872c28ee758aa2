"""Labelled videos -> a bundle.

The order matters: the linear consensus is fitted convexly first, calibrated on rows it has not seen, and
only then does each annotator get a lean away from it. Holdout videos are never opened here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ml.bundle import Bundle, Extractor, save_bundle
from ml.calibrate import precision_threshold
from ml.errors import TrainingDataError
from ml.folds import HoldOutPlan, plan_folds
from ml.metrics import average_precision, calibration_error, roc_auc
from ml.models.fit import L2_GRID, choose_l2, fit_logistic, held_out_logits, standardise_on, threads
from ml.models.fusion import TypeFusion, fit_fusion, fuse
from ml.models.heads import ModelConfig, ReviewModel, build_review_model
from ml.models.panel import fit_panel
from ml.table import StepTable, read_table
from ml.types import BoolArray, Example, FloatArray, ViolationSpec

PRECISION_FLOOR = 0.7
PANEL_SIZE = 32  # annotators whose spread makes the band: those with the most labels
RANK = 4

# What a progress bar says while each head is fitted.
FITTING = {
    "picture": "learning from the pictures",
    "sound": "learning from the sound",
    "both": "learning from pictures and sound together",
}

OnProgress = Callable[[float, str, dict[str, float]], None]
Heads = dict[str, tuple[str, ...]]  # head -> slugs it scores


@dataclass(frozen=True)
class _Learned:
    """Everything fitting decides."""

    model: ReviewModel
    heads: Heads
    fusions: dict[str, TypeFusion]
    thresholds: dict[str, float]
    per_type: dict[str, dict[str, Any]]


def train_bundle(
    examples: Sequence[Example],
    *,
    violations: Sequence[ViolationSpec],
    out_dir: Path,
    name: str,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    code_version: str = "",
    data_hash: str = "",
    created_at: str = "",
    precision_floor: float = PRECISION_FLOOR,
) -> dict[str, Any]:
    """Learn from train and validation examples, write the bundle folder whole, and return its metrics.

    Types that cannot be learned from these labels are left out, each with a reason; with none left this
    raises TrainingDataError. The same examples and seed give the same bytes.
    """
    report = on_progress or _silent
    usable = [e for e in examples if e.split != "holdout" and e.annotations]
    _check(usable, violations)
    _check_apart(examples)
    table = read_table(
        usable,
        violations,
        seed=seed,
        on_video=lambda done: report(0.3 * done / len(usable), "reading features", {"videos": float(done)}),
    )
    known, left_out = _learnable(table, violations)
    with threads():
        learned = _learn(table, violations, known, seed, precision_floor, report)
    metrics = _summary(usable, table, learned.per_type)
    bundle = replace(
        _bundle(table, [violations[k] for k in known], learned, metrics),
        name=name,
        left_out=left_out,
        seed=seed,
        data_hash=data_hash,
        code_version=code_version,
        created_at=created_at,
    )
    digest = save_bundle(bundle, out_dir)
    report(1.0, "done", {})
    return metrics | {"digest": digest, "left_out": left_out}


def _bundle(
    table: StepTable, specs: Sequence[ViolationSpec], learned: _Learned, metrics: dict[str, Any]
) -> Bundle:
    """What was learned, not yet named or dated."""
    return Bundle(
        name="",
        violations=tuple(specs),
        left_out={},
        extractor=_extractor(table),
        config=_config(table, learned.heads),
        scored_by=learned.heads,
        fusions=learned.fusions,
        thresholds=learned.thresholds,
        annotators=table.annotators,
        panel=_panel(table),
        metrics=metrics,
        seed=0,
        data_hash="",
        code_version="",
        created_at="",
        model=learned.model,
    )


def _silent(_done: float, _stage: str, _figures: dict[str, float]) -> None:
    """For callers who do not watch."""


def _check(examples: Sequence[Example], violations: Sequence[ViolationSpec]) -> None:
    if not violations:
        raise TrainingDataError(
            "no_violations", "There is no violation type to learn. Add one to a policy first."
        )
    if len({v.slug for v in violations}) != len(violations):
        raise TrainingDataError("violation_twice", "A violation type is listed twice. List each once.")
    if not examples:
        raise TrainingDataError(
            "no_examples",
            "There are no reviewed videos to learn from outside holdout. Review some videos first.",
        )


def _check_apart(examples: Sequence[Example]) -> None:
    """What belongs together must not both teach and measure."""
    split_of: dict[str, str] = {}
    for example in examples:
        if split_of.setdefault(example.group, example.split) != example.split:
            raise TrainingDataError(
                "group_in_two_splits",
                f'Videos of the split group "{example.group}" lie in {split_of[example.group]} and in '
                f"{example.split}: what one teaches would leak into what the other measures. Put all in one.",
            )


def _learnable(table: StepTable, violations: Sequence[ViolationSpec]) -> tuple[list[int], dict[str, str]]:
    """Numbers of the types with something to learn, and for the others the reason in a sentence."""
    known, left_out = [], {}
    for k, violation in enumerate(violations):
        weight = table.weight[:, k] * _perceivable(table, violation)
        positive = bool(((weight > 0) & (table.label[:, k] >= 0.5)).any())
        negative = bool(((weight > 0) & (table.label[:, k] < 0.5)).any())
        if positive and negative:
            known.append(k)
        else:
            marked = bool(((weight > 0) & (table.label[:, k] > 0)).any())
            left_out[violation.slug] = _why_left_out(violation, positive, negative, marked)
    if not known:
        raise TrainingDataError(
            "nothing_learnable",
            f"None of the violation types can be learned from these labels. {left_out[violations[0].slug]}",
        )
    return known, left_out


def _perceivable(table: StepTable, violation: ViolationSpec) -> BoolArray:
    if violation.modality == "both":
        return table.picture_ok | table.sound_ok
    return table.picture_ok if violation.modality == "picture" else table.sound_ok


def _why_left_out(violation: ViolationSpec, positive: bool, negative: bool, marked: bool) -> str:
    senses = {"picture": "watched", "sound": "heard", "both": "watched and heard"}[violation.modality]
    if marked and not positive:
        return f"Fewer than half of those who could tell marked {violation.slug} anywhere."
    if not positive and not negative:
        return f"No step was {senses} for {violation.slug}."
    lacking = "shows it" if not positive else "is free of it"
    return f"No {senses} step {lacking} ({violation.slug}): both kinds are needed to tell them apart."


def _learn(
    table: StepTable,
    violations: Sequence[ViolationSpec],
    known: list[int],
    seed: int,
    precision_floor: float,
    report: OnProgress,
) -> _Learned:
    specs = [violations[k] for k in known]
    heads = _heads(specs)
    model = build_review_model(_config(table, heads))
    plan = plan_folds(table.label[:, known], table.weight[:, known], table.group, table.validation, seed=seed)
    held, inputs = {}, {}
    for number, head in enumerate(heads):
        report(0.3 + 0.2 * number, FITTING[head], {})
        held[head], inputs[head] = _fit_head(model, head, heads[head], table, violations, specs, plan)
    report(0.9, "learning how reviewers differ", {})
    _fit_annotators(model, heads, inputs, table, violations, seed)
    fusions, thresholds, per_type = {}, {}, {}
    for number, (k, spec) in enumerate(zip(known, specs, strict=True)):
        logits = {h: held[h][:, slugs.index(spec.slug)] for h, slugs in heads.items() if spec.slug in slugs}
        fusion = fit_fusion(
            spec.modality, logits, table.label[:, k], table.weight[:, k], table.picture_ok, table.sound_ok
        )
        fusions[spec.slug] = fusion
        threshold, metrics = _judge(table, k, fusion, logits, precision_floor)
        thresholds[spec.slug], per_type[spec.slug] = threshold, metrics | {"held_out_by": plan.by[number]}
    return _Learned(model, heads, fusions, thresholds, per_type)


def _heads(specs: Sequence[ViolationSpec]) -> Heads:
    """Which types each head scores; a type of both modalities is scored apart and together."""
    return {
        "picture": tuple(s.slug for s in specs if s.modality != "sound"),
        "sound": tuple(s.slug for s in specs if s.modality != "picture"),
        "both": tuple(s.slug for s in specs if s.modality == "both"),
    }


def _config(table: StepTable, heads: Heads) -> ModelConfig:
    return ModelConfig(
        picture_inputs=table.picture.shape[1],
        sound_inputs=table.sound.shape[1],
        picture_types=len(heads["picture"]),
        sound_types=len(heads["sound"]),
        joint_types=len(heads["both"]),
        annotators=len(table.annotators),
        rank=RANK,
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
    # Validation judges, so it must not shape what it judges; not even by its mean and spread.
    training = ok & ~torch.from_numpy(table.validation)
    standardise_on(head, x, training if training.any() else ok)
    h = head.standardise(x)
    columns = _columns(violations, slugs)
    label = torch.from_numpy(table.label[:, columns])
    weight = torch.from_numpy(table.weight[:, columns]) * ok[:, None]
    held = torch.from_numpy(plan.fold[:, _columns(specs, slugs)])
    trials = held_out_logits(h, label, weight, held)
    choice = choose_l2(trials, label, weight)
    # Types judged on validation videos must not have learned from them.
    by_validation = torch.tensor(
        [plan.by[k] == "validation" for k in _columns(specs, slugs)], dtype=torch.bool
    )
    apart = torch.from_numpy(table.validation)[:, None] & by_validation
    w, b = fit_logistic(h, label, weight * ~apart, torch.tensor(L2_GRID)[choice])
    with torch.no_grad():
        head.weight.copy_(w)
        head.bias.copy_(b)
        own = head.consensus(h)
    chosen = trials.gather(0, choice.expand(1, *label.shape))[0]
    never = torch.tensor(
        [plan.by[k] == "own training data" for k in _columns(specs, slugs)], dtype=torch.bool
    )
    return torch.where(never, own, chosen).numpy(), h


def _inputs(table: StepTable, head: str) -> tuple[Tensor, Tensor]:
    """Raw statistics (N, D) a head looks at, and the rows (N,) where it may."""
    picture, sound = torch.from_numpy(table.picture), torch.from_numpy(table.sound)
    picture_ok, sound_ok = torch.from_numpy(table.picture_ok), torch.from_numpy(table.sound_ok)
    if head == "both":
        return torch.cat([picture, sound], dim=1), picture_ok & sound_ok
    return (picture, picture_ok) if head == "picture" else (sound, sound_ok)


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


def _panel(table: StepTable) -> tuple[int, ...]:
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
    heads = [
        None if z is None else np.nan_to_num(z[rows]) for z in map(logits.get, ("picture", "sound", "both"))
    ]
    p = fuse(fusion, heads[0], heads[1], heads[2], table.picture_ok[rows], table.sound_ok[rows])
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
        "ap": average_precision(truth, p),
        "calibration_error": calibration_error(truth, p),
        "base_rate": float(truth.mean()),
        "steps": len(truth),
        "positive_steps": int(truth.sum()),
        "positive_groups": groups,
        "notes": notes,
    }


def _summary(examples: Sequence[Example], table: StepTable, per_type: dict[str, Any]) -> dict[str, Any]:
    aucs = [m["auc"] for m in per_type.values() if m["auc"] is not None]
    return {
        "violations": per_type,
        "macro_auc": float(np.mean(aucs)) if aucs else None,
        "videos": len(examples),
        "groups": len({e.group for e in examples}),
        "steps": len(table.label),
        "annotators": len(table.annotators),
        "tier": table.tier,
        "extractor": table.version,
    }


def _extractor(table: StepTable) -> Extractor:
    widths = table.picture.shape[1] // 4, table.sound.shape[1] // 4
    return Extractor(table.version, table.tier, table.step_s, *widths)
