"""A table of steps -> a fitted network, calibrated and with thresholds.

The order matters: each head's consensus is fitted first, straight and then bent where that pays; then each
annotator gets a lean away from it; and what was held out blends, calibrates and judges.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ml.bands import BandEvidence
from ml.bundle import Bundle
from ml.checkpoints import NOT_KEPT, Checkpoints, phase
from ml.fitting import MODALITY_OF, HeadFit, fit_head, inputs_of, nothing_warm, seen_by
from ml.floors import FLOORS, count_hints, floor_thresholds, held_out_curves
from ml.folds import plan_folds
from ml.metrics import average_precision, calibration_error, roc_auc
from ml.models.fusion import TypeFusion, cross_fitted, fit_fusion, fuse
from ml.models.heads import Annotators, ModelConfig, ReviewModel, build_review_model
from ml.models.panel import HeldOutLeans
from ml.models.reduction import REDUCED
from ml.models.windows import EMBEDDING_STATISTICS
from ml.people import ANNOTATORS_RANK, People, band_of, hardened, learn_people
from ml.table import StepTable
from ml.types import FloatArray, ViolationSpec
from ml.warm_start import warm_lines

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
    floors: dict[str, dict[str, float]]  # slug -> precision floor -> threshold
    per_type: dict[str, dict[str, Any]]
    panel: tuple[int, ...]  # annotators whose spread is the band
    bands: dict[str, BandEvidence]


def learn(
    table: StepTable,
    violations: Sequence[ViolationSpec],
    known: list[int],
    seed: int,
    precision_floor: float,
    report: OnProgress,
    annotators: Annotators = "low-rank",
    kept: Checkpoints = NOT_KEPT,
    warm: Bundle | None = None,
) -> Learned:
    """Fit, blend, calibrate and judge the `known` violation types; `report` hears .3 to .9.

    What was `kept` of an earlier attempt is not fitted again; fitting begins at what `warm` learned.
    """
    specs = [violations[k] for k in known]
    table = hardened(table) if annotators == "majority" else table
    heads = _heads(specs, table)
    model = build_review_model(config_of(table, heads, annotators))
    plan = plan_folds(table.label[:, known], table.weight[:, known], table.group, table.validation, seed=seed)
    held, inputs, notes = {}, {}, {}
    for number, (head, slugs) in enumerate(heads.items()):
        module, stage = model.heads()[head], FITTING[head]
        fit = phase(
            kept,
            f"head-{head}",
            module,
            partial(
                fit_head,
                module,
                head,
                table,
                _columns(violations, slugs),
                plan,
                _columns(specs, slugs),
                seed,
                _teller(report, number, len(heads), stage),
                nothing_warm if warm is None else partial(warm_lines, warm, head, slugs),
            ),
            (HeadFit,),
            _sayer(report, 0.3 + 0.6 * number / len(heads), stage),
        )
        held[head], inputs[head] = fit.held, seen_by(module, head, table)
        notes[head] = dict(zip(slugs, fit.notes, strict=True))
    report(0.9, "learning how reviewers differ", {})
    columns = {name: _columns(violations, slugs) for name, slugs in heads.items()}
    ok = {name: inputs_of(table, name)[1] for name in heads}
    l2 = {name: [float(by_slug[slug]["l2"]) for slug in heads[name]] for name, by_slug in notes.items()}
    places_of = {name: _columns(specs, slugs) for name, slugs in heads.items()}
    people = phase(
        kept,
        "people",
        model,
        lambda: learn_people(annotators, model, inputs, held, columns, ok, l2, plan, places_of, table, seed),
        (People, HeldOutLeans),
        _sayer(report, 0.9, "learning how reviewers differ"),
    )
    held = people.held
    own = {name: head.consensus(inputs[name]).detach().numpy() for name, head in model.heads().items()}
    fusions, thresholds, floors, per_type, bands = {}, {}, {}, {}, {}
    for number, (k, spec) in enumerate(zip(known, specs, strict=True)):
        logits = {h: held[h][:, slugs.index(spec.slug)] for h, slugs in heads.items() if spec.slug in slugs}
        given = (table.label[:, k], table.weight[:, k], table.picture_ok, table.sound_ok, table.group)
        fusion = fit_fusion(spec.modality, logits, *given)
        fusions[spec.slug] = fusion
        p = cross_fitted(spec.modality, logits, *given, seed=seed)
        floors[spec.slug], metrics = _judge(table, k, fusion, logits, p, precision_floor)
        fitted = {head: by_slug[spec.slug] for head, by_slug in notes.items() if spec.slug in by_slug}
        thresholds[spec.slug] = floors[spec.slug][f"{precision_floor:g}"]
        per_type[spec.slug] = metrics | {"held_out_by": plan.by[number], "fit": fitted}
        places = {name: slugs.index(spec.slug) for name, slugs in heads.items() if spec.slug in slugs}
        honest = {h: np.where(np.isnan(z), own[h][:, places[h]], z) for h, z in logits.items()}
        bands[spec.slug] = band_of(people, table, k, fusion, honest, places, seed)
    return Learned(model, heads, fusions, thresholds, floors, per_type, people.panel, bands)


def _teller(report: OnProgress, number: int, heads: int, stage: str) -> Callable[[float], None]:
    """Tells `report` how much of a head is fitted, in its share of .3 to .9; at once that it is begun."""
    report(0.3 + 0.6 * number / heads, stage, {})
    return lambda done: report(0.3 + 0.6 * (number + done) / heads, stage, {})


def _sayer(report: OnProgress, done: float, stage: str) -> Callable[[str], None]:
    return lambda words: report(done, f"{stage}: {words}", {})


def _heads(specs: Sequence[ViolationSpec], table: StepTable) -> Heads:
    """Which types each head scores; a type of both modalities is scored apart and together."""
    heads: Heads = {
        "picture": tuple(s.slug for s in specs if s.modality != "sound"),
        "sound": tuple(s.slug for s in specs if s.modality != "picture"),
        "both": tuple(s.slug for s in specs if s.modality == "both"),
    }
    return heads | {name: heads[MODALITY_OF[name]] for name in table.embeddings}


def config_of(table: StepTable, heads: Heads, annotators: Annotators = "low-rank") -> ModelConfig:
    return ModelConfig(
        picture_inputs=table.picture.shape[1],
        sound_inputs=table.sound.shape[1],
        picture_types=len(heads["picture"]),
        sound_types=len(heads["sound"]),
        joint_types=len(heads["both"]),
        annotators=len(table.annotators),
        rank=ANNOTATORS_RANK if annotators == "low-rank" else 0,
        annotators_by=annotators,
        picture_embedding_inputs=EMBEDDING_STATISTICS * table.extractor.picture_embedding_width,
        sound_embedding_inputs=EMBEDDING_STATISTICS * table.extractor.sound_embedding_width,
        reduced=REDUCED if table.embeddings else 0,
    )


def _columns(specs: Sequence[ViolationSpec], slugs: tuple[str, ...]) -> list[int]:
    order = [spec.slug for spec in specs]
    return [order.index(slug) for slug in slugs]


def _judge(
    table: StepTable,
    k: int,
    fusion: TypeFusion,
    logits: Mapping[str, FloatArray],
    cross_fit: FloatArray | None,  # (N,) probabilities of calibrations that had not seen the row
    precision_floor: float,
) -> tuple[dict[str, float], dict[str, Any]]:
    """Thresholds by precision floor and honest figures of one type, on held-out rows alone."""
    label, known = table.label[:, k], table.weight[:, k] > 0
    rows = known & ~np.all([np.isnan(z) for z in logits.values()], axis=0)
    heads = {name: np.nan_to_num(z[rows]) for name, z in logits.items()}
    own = fuse(fusion, heads, table.picture_ok[rows], table.sound_ok[rows])
    # Ranking is judged as it will be used; only what is said of probabilities needs calibrations that have
    # not seen the row, and those of several folds, pooled, would rank worse than any one of them.
    p = own if cross_fit is None else cross_fit[rows]
    truth = label[rows] >= 0.5
    groups = len(np.unique(table.group[rows][truth]))
    curves = held_out_curves(table.video[rows], table.step[rows], p, truth)
    counts = count_hints(curves, step_s=table.extractor.step_s)
    floors, reached = floor_thresholds(counts, sorted({*FLOORS, precision_floor}))
    notes = []
    if precision_floor not in reached:
        notes.append(
            f"No threshold reaches a precision of {precision_floor:g}: hints are few and may be wrong."
        )
    if cross_fit is None:
        notes.append(
            "Its calibration is measured on what it was fitted on: too few split groups show the type."
        )
    return floors, {
        "auc": roc_auc(truth, own),
        "auc_by_head": {name: roc_auc(truth, z) for name, z in heads.items()},
        "ap": average_precision(truth, own),
        "calibration_error": calibration_error(truth, p),
        "calibration_measured": "on the rows it was fitted on" if cross_fit is None else "cross-fitted",
        "base_rate": float(truth.mean()),
        "steps": len(truth),
        "positive_steps": int(truth.sum()),
        "positive_groups": groups,
        "events": counts.events,
        "floors_reached": sorted(reached),
        "taught_steps": int(known.sum()),
        "taught_positive_steps": int((known & (label >= 0.5)).sum()),
        # Where annotators contradict each other, the step teaches both ways, each as much as it was said.
        "disputed_steps": int((known & (label > 0) & (label < 1)).sum()),
        "unknown_steps": int((~known).sum()),
        "notes": notes,
    }
