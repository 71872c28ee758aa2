"""Labelled videos -> a bundle.

Here: what may be learned, from which tier of features, and what the bundle says of itself; `ml.learning`
fits it. Holdout videos are never opened.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from ml.bundle import Bundle, check_free, save_bundle
from ml.checkpoints import NOT_KEPT, Checkpoints, checkpoint_key
from ml.errors import TrainingDataError
from ml.features import Tier
from ml.learning import Learned, OnProgress, learn
from ml.models.fit import threads
from ml.models.heads import Annotators
from ml.people import check_annotators
from ml.table import StepTable, perceivable, read_table
from ml.tiers import TrainingTier, training_tier
from ml.types import Example, FloatArray, Modality, ViolationSpec
from ml.warm_start import why_not

PRECISION_FLOOR = 0.7


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
    tier: Tier | None = None,
    annotators: Annotators = "low-rank",
    warm_from: Bundle | None = None,
    checkpoints: Path | None = None,
) -> dict[str, Any]:
    """Learn from train and validation examples, write the bundle folder whole, and return its metrics.

    `tier` None reads the pretrained tier if every example's features have it, made with the same weights, and
    the embedded view of all otherwise; the metrics say which, and how many examples had what.

    Types that cannot be learned from these labels are left out, each with a reason. The same examples and
    seed give the same bytes. `precision_floor`, 0..1: the share of hints that should be right.

    `annotators`: "low-rank" learns a consensus and how each leans from it; "heads" and "ensemble" score each
    apart and take the mean; "majority" takes a vote first. For comparison: the first is what serves.

    `warm_from`: an older bundle, from whose weights fitting begins where it reads the same features. The
    optimum is the same but for rounding, so the bytes depend on it; the metrics name it.

    `checkpoints`: a folder of this training alone, where finished parts of it are kept. Begun again with the
    same, it repeats none of them and gives the same bytes. Remove the folder afterwards.

    Raises TrainingDataError when nothing can be learned or a label cannot be meant (its docstring has the
    codes), FeatureMismatch for features that are gone, damaged or of several kinds, BundleRefused
    (bundle_exists). What can be refused without reading a video is refused before.
    """
    check_free(out_dir)
    check_annotators(annotators)
    _check_floor(precision_floor)
    _check_tier(tier)
    _check_checkpoints(checkpoints)
    report = on_progress or _silent
    usable = [e for e in examples if e.split != "holdout" and e.annotations]
    _check(usable, violations)
    _check_apart(examples)
    chosen = training_tier(usable, tier)
    table = read_table(
        usable,
        violations,
        seed=seed,
        tier=chosen.tier,
        on_video=lambda done: report(0.3 * done / len(usable), "reading features", {"videos": done}),
    )
    known, left_out = _learnable(table, violations)
    afresh = None if warm_from is None else why_not(warm_from, table.extractor)
    warm = None if afresh else warm_from
    kept = _kept(checkpoints, warm, table, list(violations), known, seed, precision_floor, annotators)
    with threads():
        learned = learn(table, violations, known, seed, precision_floor, report, annotators, kept, warm)
    metrics = _summary(usable, table, chosen, learned.per_type) | {
        "warm_from": {"name": warm.name, "digest": warm.digest} if warm else None,
        "began_afresh": afresh,
    }
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


def _kept(folder: Path | None, warm: Bundle | None, *depends_on: Any) -> Checkpoints:
    """Where finished parts are kept, bound to all that this training depends on."""
    if folder is None:
        return NOT_KEPT
    return Checkpoints(folder, checkpoint_key(*depends_on, warm.digest if warm else ""))


def _bundle(
    table: StepTable, specs: Sequence[ViolationSpec], learned: Learned, metrics: dict[str, Any]
) -> Bundle:
    """What was learned, not yet named or dated."""
    return Bundle(
        name="",
        violations=tuple(specs),
        left_out={},
        extractor=table.extractor,
        config=learned.model.config,
        scored_by=learned.heads,
        fusions=learned.fusions,
        thresholds=learned.thresholds,
        floors=learned.floors,
        annotators=table.annotators,
        panel=learned.panel,
        bands=learned.bands,
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
    for violation in violations:
        if violation.modality not in get_args(Modality):
            raise TrainingDataError(
                "unknown_modality",
                f'The violation type {violation.slug} has the modality "{violation.modality}". '
                "Write picture, sound or both.",
            )
    if len({v.slug for v in violations}) != len(violations):
        raise TrainingDataError("violation_twice", "A violation type is listed twice. List each once.")
    if not examples:
        raise TrainingDataError(
            "no_examples",
            "There are no reviewed videos to learn from outside holdout. Review some videos first.",
        )


def _check_floor(precision_floor: float) -> None:
    if not 0 <= precision_floor <= 1:
        raise TrainingDataError(
            "bad_precision_floor",
            f"A precision floor of {precision_floor:g} is no share between 0 and 1. Choose one, such as 0.7.",
        )


def _check_tier(tier: str | None) -> None:
    if tier is not None and tier not in get_args(Tier):
        raise TrainingDataError(
            "unknown_tier",
            f'There is no tier "{tier}". Choose embedded or pretrained, or none for what the videos have.',
        )


def _check_checkpoints(folder: Path | None) -> None:
    """Found out here and not when the first part is done."""
    if folder is not None and any(place.is_file() for place in (folder, *folder.parents)):
        raise TrainingDataError(
            "checkpoints_no_folder",
            f'Finished parts cannot be kept in "{folder}": there is a file in the way. Name a folder.',
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
        seen = table.weight[:, k] * perceivable(table, violation.modality) > 0
        label = table.label[seen, k]
        if 0 < (label >= 0.5).sum() < len(label):
            known.append(k)
        else:
            left_out[violation.slug] = _why_left_out(violation, label)
    if not known:
        raise TrainingDataError(
            "nothing_learnable",
            f"None of the violation types can be learned from these labels. {left_out[violations[0].slug]}",
        )
    return known, left_out


def _why_left_out(violation: ViolationSpec, label: FloatArray) -> str:
    """The reason, with what was counted. label: (n,) consensus at the steps where the type is known."""
    steps, positive, marked = len(label), int((label >= 0.5).sum()), int((label > 0).sum())
    disputed = int(((label > 0) & (label < 1)).sum())
    senses = {"picture": "watched", "sound": "heard", "both": "watched and heard"}[violation.modality]
    if not steps:
        return f"No step was {senses} for {violation.slug}."
    if marked and not positive:
        return (
            f"Fewer than half of those who could tell marked {violation.slug} anywhere: {marked} of {steps} "
            "steps are in dispute, and none is agreed."
        )
    if disputed:
        share = f"all {steps}" if disputed == steps else f"{disputed} of the {steps}"
        return (
            f"Annotators contradict each other about {violation.slug} on {share} {senses} steps, and none is "
            "agreed to be free of it: both kinds are needed to tell them apart."
        )
    lacking = "is free of it" if positive else "shows it"
    return (
        f"None of the {steps} {senses} steps {lacking} ({violation.slug}): both kinds are needed to tell "
        "them apart."
    )


def _summary(
    examples: Sequence[Example], table: StepTable, chosen: TrainingTier, per_type: dict[str, Any]
) -> dict[str, Any]:
    aucs = [m["auc"] for m in per_type.values() if m["auc"] is not None]
    return {
        "violations": per_type,
        "macro_auc": float(np.mean(aucs)) if aucs else None,
        "videos": len(examples),
        "groups": len({e.group for e in examples}),
        "steps": len(table.label),
        "corrected_steps": int(table.corrected.sum()),
        "training_views": 0 if table.views is None else len(table.views.of),
        "annotators": len(table.annotators),
        "tier": chosen.tier,
        "tier_of_examples": chosen.examples,
        "extractor": table.extractor.version,
        "extractor_of_examples": chosen.versions,
    }
