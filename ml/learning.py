"""A table of steps -> a fitted network, calibrated and with thresholds.

The order matters: each head's consensus is fitted first, straight and then bent where that pays; then each
annotator gets a lean away from it; and what was held out blends, calibrates and judges.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from ml.bands import BandEvidence
from ml.bundle import Bundle
from ml.checkpoints import NOT_KEPT, Checkpoints, phase
from ml.fitting import MODALITY_OF, HeadFit, fit_head, inputs_of, nothing_warm, seen_by
from ml.floors import FLOORS, count_hints, floor_thresholds, held_out_curves
from ml.folds import HoldOutPlan, plan_folds
from ml.metrics import average_precision, calibration_error, roc_auc
from ml.models.fusion import TypeFusion, cross_fitted, fit_fusion, fuse
from ml.models.heads import Annotators, ModelConfig, ReviewModel, build_review_model
from ml.models.panel import HeldOutLeans
from ml.models.reduction import REDUCED
from ml.models.windows import EMBEDDING_STATISTICS
from ml.people import ANNOTATORS_RANK, People, band_of, hardened, learn_people
from ml.table import StepTable, perceivable
from ml.types import FloatArray, Modality, ViolationSpec
from ml.warm_start import warm_lines

# What a progress bar says while each head is fitted.
FITTING = {
    "picture": "learning from the pictures",
    "sound": "learning from the sound",
    "both": "learning from pictures and sound together",
    "picture_embedding": "learning from what the networks see",
    "sound_embedding": "learning from what the networks hear",
}
DIFFERING = "learning how reviewers differ"

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


@dataclass(frozen=True)
class _Layout:
    """Where the learned types are found: by head, in its order of outputs."""

    heads: Heads
    columns: dict[str, list[int]]  # of the table
    places: dict[str, list[int]]  # among the learned types, and so in the plan
    plan: HoldOutPlan

    def of(self, slug: str) -> dict[str, int]:
        """By head that scores the type, its place among the outputs."""
        return {name: slugs.index(slug) for name, slugs in self.heads.items() if slug in slugs}


@dataclass(frozen=True)
class _LearnedType:
    """What is decided of one type once its heads are fitted."""

    fusion: TypeFusion
    floors: dict[str, float]
    metrics: dict[str, Any]
    band: BandEvidence


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
    table = hardened(table) if annotators == "majority" else table
    layout = _layout(table, violations, known, seed)
    model = build_review_model(config_of(table, layout.heads, annotators))
    fits = {head: _fit_head(model, head, table, layout, seed, report, kept, warm) for head in layout.heads}
    inputs = {name: seen_by(head, name, table) for name, head in model.heads().items()}
    people = _fit_people(model, inputs, fits, table, layout, annotators, seed, report, kept)
    own = {name: head.consensus(inputs[name]).detach().numpy() for name, head in model.heads().items()}
    types = {
        violations[k].slug: _learn_type(
            table, k, violations[k], layout, fits, people, own, precision_floor, seed
        )
        for k in known
    }
    return Learned(
        model,
        layout.heads,
        fusions={slug: of.fusion for slug, of in types.items()},
        thresholds={slug: of.floors[f"{precision_floor:g}"] for slug, of in types.items()},
        floors={slug: of.floors for slug, of in types.items()},
        per_type={slug: of.metrics for slug, of in types.items()},
        panel=people.panel,
        bands={slug: of.band for slug, of in types.items()},
    )


def _layout(
    table: StepTable, violations: Sequence[ViolationSpec], known: Sequence[int], seed: int
) -> _Layout:
    specs = [violations[k] for k in known]
    heads = _heads(specs, table)
    # What could be neither seen nor heard teaches nothing, so it must not count as a group to hold out.
    there = np.stack([perceivable(table, spec.modality) for spec in specs], axis=1)
    plan = plan_folds(
        table.label[:, known], table.weight[:, known] * there, table.group, table.validation, seed=seed
    )
    columns, places = (
        {name: _columns(among, slugs) for name, slugs in heads.items()} for among in (violations, specs)
    )
    return _Layout(heads, columns, places, plan)


def _fit_head(
    model: ReviewModel,
    name: str,
    table: StepTable,
    layout: _Layout,
    seed: int,
    report: OnProgress,
    kept: Checkpoints,
    warm: Bundle | None,
) -> HeadFit:
    """Fit one head in place, or take it as it was kept."""
    head, stage, number = model.heads()[name], FITTING[name], list(layout.heads).index(name)
    work = partial(
        fit_head,
        head,
        name,
        table,
        layout.columns[name],
        layout.plan,
        layout.places[name],
        seed,
        _teller(report, number, len(layout.heads), stage),
        nothing_warm if warm is None else partial(warm_lines, warm, name, layout.heads[name]),
    )
    say = _sayer(report, 0.3 + 0.6 * number / len(layout.heads), stage)
    return phase(kept, f"head-{name}", head, work, (HeadFit,), say)


def _fit_people(
    model: ReviewModel,
    inputs: dict[str, Tensor],
    fits: Mapping[str, HeadFit],
    table: StepTable,
    layout: _Layout,
    annotators: Annotators,
    seed: int,
    report: OnProgress,
    kept: Checkpoints,
) -> People:
    """Fit how annotators differ, in place, or take it as it was kept."""
    report(0.9, DIFFERING, {})
    held = {name: fit.held for name, fit in fits.items()}
    l2 = {name: [float(note["l2"]) for note in fit.notes] for name, fit in fits.items()}
    ok = {name: inputs_of(table, name)[1] for name in layout.heads}
    work = partial(
        learn_people,
        annotators,
        model,
        inputs,
        held,
        layout.columns,
        ok,
        l2,
        layout.plan,
        layout.places,
        table,
        seed,
    )
    return phase(kept, "people", model, work, (People, HeldOutLeans), _sayer(report, 0.9, DIFFERING))


def _learn_type(
    table: StepTable,
    k: int,  # the type's column in the table
    spec: ViolationSpec,
    layout: _Layout,
    fits: Mapping[str, HeadFit],
    people: People,
    own: Mapping[str, FloatArray],  # (N, K) consensus of the fitted heads
    precision_floor: float,
    seed: int,
) -> _LearnedType:
    """Blend and calibrate one type on held-out logits, and judge it by them."""
    places = layout.of(spec.slug)
    logits = {name: people.held[name][:, place] for name, place in places.items()}
    weight = table.weight[:, k] * table.stands_for
    given = (table.label[:, k], weight, table.picture_ok, table.sound_ok, table.group)
    fusion = fit_fusion(spec.modality, logits, *given)
    p = cross_fitted(spec.modality, logits, *given, seed=seed)
    floors, metrics = _judge(table, k, spec.modality, fusion, logits, p, precision_floor)
    held_out_by = next(layout.plan.by[layout.places[name][place]] for name, place in places.items())
    fit = {name: fits[name].notes[place] for name, place in places.items()}
    honest = {name: np.where(np.isnan(z), own[name][:, places[name]], z) for name, z in logits.items()}
    band = band_of(people, table, k, fusion, honest, places, seed)
    return _LearnedType(fusion, floors, metrics | {"held_out_by": held_out_by, "fit": fit}, band)


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
    modality: Modality,
    fusion: TypeFusion,
    logits: Mapping[str, FloatArray],
    cross_fit: FloatArray | None,  # (N,) probabilities of calibrations that had not seen the row
    precision_floor: float,
) -> tuple[dict[str, float], dict[str, Any]]:
    """Thresholds by precision floor and honest figures of one type, on held-out rows alone."""
    rows = (table.weight[:, k] > 0) & ~np.all([np.isnan(z) for z in logits.values()], axis=0)
    heads = {name: np.nan_to_num(z[rows]) for name, z in logits.items()}
    own = fuse(fusion, heads, table.picture_ok[rows], table.sound_ok[rows])
    # Ranking is judged as it will be used; only what is said of probabilities needs calibrations that have
    # not seen the row, and those of several folds, pooled, would rank worse than any one of them.
    p = own if cross_fit is None else cross_fit[rows]
    truth, each = table.label[rows, k] >= 0.5, table.stands_for[rows]
    curves = held_out_curves(table.video[rows], table.step[rows], p, truth, each)
    counts = count_hints(curves, step_s=table.extractor.step_s)
    floors, reached = floor_thresholds(counts, sorted({*FLOORS, precision_floor}))
    return floors, {
        "auc": roc_auc(truth, own),
        "auc_by_head": {name: roc_auc(truth, z) for name, z in heads.items()},
        "ap": average_precision(truth, own, each),
        "calibration_error": calibration_error(truth, p, each),
        "calibration_measured": "on the rows it was fitted on" if cross_fit is None else "cross-fitted",
        "base_rate": float(np.average(truth, weights=each.astype(np.float64))),
        "steps": len(truth),
        "positive_steps": int(truth.sum()),
        "positive_groups": len(np.unique(table.group[rows][truth])),
        "events": counts.events,
        "floors_reached": sorted(reached),
        "notes": _notes(
            precision_floor, is_reached=precision_floor in reached, is_fair=cross_fit is not None
        ),
    } | _taught(table, k, modality)


def _notes(floor: float, *, is_reached: bool, is_fair: bool) -> list[str]:
    few = f"No threshold reaches a precision of {floor:g}: hints are few and may be wrong."
    seen = "Its calibration is measured on what it was fitted on: too few split groups show the type."
    return [*([] if is_reached else [few]), *([] if is_fair else [seen])]


def _taught(table: StepTable, k: int, modality: Modality) -> dict[str, int]:
    """How many steps of the table taught the type, and which."""
    label, known = table.label[:, k], (table.weight[:, k] > 0) & perceivable(table, modality)
    return {
        "taught_steps": int(known.sum()),
        "taught_positive_steps": int((known & (label >= 0.5)).sum()),
        # Where annotators contradict each other, the step teaches both ways, each as much as it was said.
        "disputed_steps": int((known & (label > 0) & (label < 1)).sum()),
        "unknown_steps": int((~known).sum()),
    }
