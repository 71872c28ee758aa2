"""Examples -> what was true and what a bundle said, step by step and event by event."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ml.analyse import analyse
from ml.bundle import Bundle
from ml.features import Features, load_features
from ml.hints import propose_hints, smoothed
from ml.metrics import Interval
from ml.targets import Targets, annotation_targets, consensus, inside_any, step_middles
from ml.types import Annotation, BoolArray, Example, FloatArray, ViolationSpec

CHANCE_SMOOTHING = 7  # steps; random scores get the same post-processing, and real events are not white noise


@dataclass(frozen=True)
class Judged:
    """One video and one violation type: truth and score on the known steps, true events, and hints."""

    group: str
    truth: BoolArray
    score: FloatArray
    events: tuple[Interval, ...]
    hints: tuple[Interval, ...]  # best first, those behind "show more" left out
    chance_hints: tuple[Interval, ...]


def judged_videos(
    bundle: Bundle, examples: Sequence[Example], *, blind_only: bool = False, seed: int = 0
) -> Iterator[dict[str, Judged]]:
    """For each example with usable labels: slug -> what was true and what was said."""
    rng = np.random.default_rng(seed)
    for example in examples:
        annotations = truth_tellers(example, blind_only=blind_only)
        if annotations:
            features = load_features(example.features_path, tier=bundle.extractor.tier)
            yield _judge(bundle, example.group, annotations, features, rng)


def truth_tellers(example: Example, *, blind_only: bool = False) -> tuple[Annotation, ...]:
    """Whose word counts when measuring: the blind annotations, as hinted ones lean towards the model.

    Without any, all of them, unless `blind_only`.
    """
    blind = tuple(annotation for annotation in example.annotations if annotation.blind)
    return blind if blind or blind_only else example.annotations


def truth_of(
    annotations: Sequence[Annotation], violations: Sequence[ViolationSpec], features: Features
) -> Targets:
    """Majority labels per step, with marks taken at their word (no tolerance at the edges)."""
    slugs = {violation.slug for violation in violations}
    return consensus(
        annotations,
        [
            annotation_targets(
                _only(annotation, slugs),
                violations,
                steps=len(features.picture),
                step_s=features.step_s,
                duration_s=features.duration_s,
                edge_s=0.0,
            )
            for annotation in annotations
        ],
    )


def _only(annotation: Annotation, slugs: set[str]) -> Annotation:
    # A bundle is judged on the types it knows; labels of newer types are no mistake of the annotator.
    return Annotation(
        annotator=annotation.annotator,
        marks=tuple(mark for mark in annotation.marks if mark.violation in slugs),
        watched=annotation.watched,
        unmuted=annotation.unmuted,
        covers=tuple(slug for slug in annotation.covers if slug in slugs),
        settled=annotation.settled,
        blind=annotation.blind,
    )


def _judge(
    bundle: Bundle,
    group: str,
    annotations: Sequence[Annotation],
    features: Features,
    rng: np.random.Generator,
) -> dict[str, Judged]:
    result = analyse(features, bundle)
    targets = truth_of(annotations, bundle.violations, features)
    judged = {}
    for k, violation in enumerate(bundle.violations):
        curve = result.curves[violation.slug]
        known, label = targets.weight[:, k] > 0, targets.label[:, k] >= 0.5
        shown = [(h.start_s, h.end_s) for h in result.hints if h.violation == violation.slug and not h.capped]
        chance = _chance_hints(bundle, violation.slug, curve, features, rng)
        judged[violation.slug] = Judged(
            group,
            label[known],
            curve[known],
            tuple(_events(label & known, features.step_s)),
            tuple(_on_known(shown, known, features.step_s)),
            tuple(_on_known(chance, known, features.step_s)),
        )
    return judged


def _events(label: BoolArray, step_s: float) -> list[Interval]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], label.astype(np.int8), [0]])))
    return [(float(a * step_s), float(b * step_s)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _on_known(hints: Sequence[Interval], known: BoolArray, step_s: float) -> list[Interval]:
    """Hints that lie mostly where somebody looked: elsewhere nobody knows whether they are right."""
    middles = step_middles(len(known), step_s)
    return [span for span in hints if known[inside_any([span], middles)].mean() >= 0.5]


def _chance_hints(
    bundle: Bundle, slug: str, curve: FloatArray, features: Features, rng: np.random.Generator
) -> list[Interval]:
    """Hints from smooth noise that has exactly the curve's values, in another order."""
    noise = smoothed(rng.standard_normal(len(curve)).astype(np.float32), CHANCE_SMOOTHING)
    shuffled = np.empty_like(curve)
    shuffled[np.argsort(noise, kind="stable")] = np.sort(curve)
    hints = propose_hints(
        {slug: shuffled},
        step_s=features.step_s,
        duration_s=features.duration_s,
        thresholds=bundle.thresholds,
        severities={},
    )
    return [(hint.start_s, hint.end_s) for hint in hints if not hint.capped]
