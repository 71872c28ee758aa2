"""Examples -> what was true and what a bundle said, step by step and event by event."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ml.analyse import hints_along, thresholds_of
from ml.bundle import Bundle
from ml.errors import FeatureMismatch, SpotterMLError
from ml.features import Features, load_features
from ml.hints import ProposedHint, smoothed
from ml.intervals import spans_of
from ml.metrics import Interval
from ml.scoring import people_curves
from ml.targets import Targets, annotation_targets, consensus, inside_any, step_middles
from ml.types import Annotation, BoolArray, Example, FloatArray, Mark, ViolationSpec

CHANCE_SMOOTHING = 7  # steps; random scores get the same post-processing, and real events are not white noise
TIE = 0.5  # a label with as much weight for as against; exact, for votes are small whole numbers


@dataclass(frozen=True)
class Hints:
    """Hints of one video and class, best first: those shown, and those behind "show more"."""

    shown: tuple[Interval, ...] = ()
    more: tuple[Interval, ...] = ()

    def ranked(self) -> tuple[Interval, ...]:
        """All, in the order in which a reviewer would meet them."""
        return self.shown + self.more


@dataclass(frozen=True)
class Judged:
    """One video and one violation type: truth and score on the known steps, true events, and hints."""

    group: str
    truth: BoolArray
    score: FloatArray
    events: tuple[Interval, ...]
    hints: Hints
    chance: tuple[Hints, ...]  # those of each random curve
    disputed: int = 0  # steps about which annotators contradict each other
    tied: int = 0  # ... with as many votes for as against: unknown


@dataclass(frozen=True)
class Opinion:
    """One annotator's own labels of one type on the steps they can be held to, and two curves there."""

    annotator: str
    violation: str
    group: str
    truth: BoolArray
    own: FloatArray  # as this annotator would draw it; of one the bundle never met, the consensus
    agreed: FloatArray  # the consensus


@dataclass(frozen=True)
class JudgedVideo:
    """One video: each type by its slug, all types as one class, and every annotator's own opinion."""

    video: str
    group: str
    types: dict[str, Judged]
    anything: Judged
    opinions: tuple[Opinion, ...]
    unknown_types: Counter[str] = field(default_factory=Counter)  # labels of types the bundle does not know


def judged_videos(
    bundle: Bundle,
    examples: Sequence[Example],
    *,
    blind_only: bool = False,
    seed: int = 0,
    chance_draws: int = 1,
    precision_floor: float | None = None,
) -> Iterator[JudgedVideo]:
    """Each example with usable labels: what was true and what was said.

    `precision_floor`: of the queue whose hints are judged, 0..1; None for what the bundle was trained for.
    Videos that cannot be measured do not stop the others from being looked at: all are counted, then the
    first one's error is raised, its class and code kept.
    """
    rng = np.random.default_rng(seed)
    opened = replace(bundle, thresholds=thresholds_of(bundle, precision_floor))
    refused: list[tuple[Example, SpotterMLError]] = []
    for example in examples:
        annotations = truth_tellers(example, blind_only=blind_only)
        if not annotations:
            continue
        try:
            features = _features(bundle, example)
            judged = _judge(opened, example, annotations, features, rng, chance_draws)
        except SpotterMLError as error:
            refused.append((example, error))
            continue
        if not refused:
            yield judged
    if refused:
        raise _all_refused(refused, len(examples))


def _features(bundle: Bundle, example: Example) -> Features:
    try:
        features = load_features(example.features_path, tier=bundle.extractor.tier)
    except FileNotFoundError as error:
        raise FeatureMismatch(
            "missing_features",
            f'There is no features file "{example.features_path.name}": analyse the video again.',
        ) from error
    bundle.check(features)
    return features


def _all_refused(refused: Sequence[tuple[Example, SpotterMLError]], examples: int) -> SpotterMLError:
    """One error for all: how many there are, and what the first is."""
    example, first = refused[0]
    videos = f"{len(refused)} of {examples} videos" if examples > 1 else "The video"
    sentence = f'{videos} cannot be measured. "{example.video}": {first.sentence}'
    return type(first)(first.code, sentence)


def truth_tellers(example: Example, *, blind_only: bool = False) -> tuple[Annotation, ...]:
    """Whose word counts when measuring: the blind annotations, as hinted ones lean towards the model.

    Without any, all of them, unless `blind_only`.
    """
    blind = tuple(annotation for annotation in example.annotations if annotation.blind)
    return blind if blind or blind_only else example.annotations


def truth_of(
    annotations: Sequence[Annotation], violations: Sequence[ViolationSpec], features: Features
) -> Targets:
    """Majority labels per step, with marks taken at their word (no tolerance at the edges).

    Where as many say yes as no nobody knows: a tie has weight 0.
    """
    return _untied(consensus(annotations, [own_truth(each, violations, features) for each in annotations]))


def _untied(agreed: Targets) -> Targets:
    return replace(agreed, weight=np.where(agreed.label == TIE, np.float32(0), agreed.weight))


def own_truth(annotation: Annotation, violations: Sequence[ViolationSpec], features: Features) -> Targets:
    """What one annotator said, at their word; labels of types not in `violations` are passed over."""
    return annotation_targets(
        _only(annotation, {violation.slug for violation in violations}),
        violations,
        steps=len(features.picture),
        step_s=features.step_s,
        duration_s=features.duration_s,
        edge_s=0.0,
    )


def _only(annotation: Annotation, slugs: set[str]) -> Annotation:
    # A bundle is judged on the types it knows; labels of newer types are no mistake of the annotator.
    return replace(
        annotation,
        marks=tuple(mark for mark in annotation.marks if mark.violation in slugs),
        covers=tuple(slug for slug in annotation.covers if slug in slugs),
    )


def _judge(
    bundle: Bundle,
    example: Example,
    annotations: Sequence[Annotation],
    features: Features,
    rng: np.random.Generator,
    chance_draws: int,
) -> JudgedVideo:
    people = [annotation.annotator for annotation in annotations]
    own = [own_truth(annotation, bundle.violations, features) for annotation in annotations]
    curves = people_curves(features, bundle, people)
    agreed = {slug: rows[0] for slug, rows in curves.items()}
    hints = [
        hints_along(each, features, bundle)
        for each in (agreed, *(_shuffled(agreed, rng) for _ in range(chance_draws)))
    ]
    marks = [mark for annotation in annotations for mark in annotation.marks]
    targets = consensus(annotations, own)
    types, anything = _classes(bundle, example.group, targets, agreed, marks, hints, features.step_s)
    return JudgedVideo(
        example.video,
        example.group,
        types,
        anything,
        tuple(_opinions(example.group, bundle, annotations, own, curves)),
        Counter(mark.violation for mark in marks if mark.violation not in types),
    )


def _classes(
    bundle: Bundle,
    group: str,
    targets: Targets,
    agreed: Mapping[str, FloatArray],
    marks: Sequence[Mark],
    hints: Sequence[Sequence[ProposedHint]],
    step_s: float,
) -> tuple[dict[str, Judged], Judged]:
    """Each type by its slug, and all of them as one class; `hints` as for `_judged`."""
    told = targets.weight > 0
    disputed = told & (targets.label > 0) & (targets.label < 1)
    known, label = _untied(targets).weight > 0, targets.label > TIE
    types = {}
    for k, slug in enumerate(bundle.slugs()):
        own_marks = [mark for mark in marks if mark.violation == slug]
        own_hints = [_of_type(each, slug) for each in hints]
        one = _judged(group, known[:, k], label[:, k], agreed[slug], own_marks, own_hints, step_s)
        types[slug] = replace(one, disputed=int(disputed[:, k].sum()), tied=int((told & ~known)[:, k].sum()))
    everywhere, any_label = np.asarray(known.all(axis=1)), np.asarray(label.any(axis=1))
    groups = [_groups(each) for each in hints]
    anything = _judged(group, everywhere, any_label, any_of(agreed), marks, groups, step_s)
    ties = (told & ~known).any(axis=1)
    return types, replace(anything, disputed=int(disputed.any(axis=1).sum()), tied=int(ties.sum()))


def _judged(
    group: str,
    known: BoolArray,
    label: BoolArray,
    score: FloatArray,
    marks: Sequence[Mark],
    hints: Sequence[Hints],
    step_s: float,
) -> Judged:
    """One class on its known steps; `hints` are its own, then those of each random curve."""
    own, *random = (
        Hints(_on_known(each.shown, known, step_s), _on_known(each.more, known, step_s)) for each in hints
    )
    events = _at_marks(spans_of(label & known, step_s), marks, step_s)
    return Judged(group, label[known], score[known], tuple(events), own, tuple(random))


def any_of(curves: Mapping[str, FloatArray]) -> FloatArray:
    """(T,) probability that any type is violated, the types taken for independent."""
    clean = np.prod([1.0 - curve for curve in curves.values()], axis=0)
    return np.asarray(1.0 - clean, dtype=np.float32)


def _of_type(hints: Sequence[ProposedHint], slug: str) -> Hints:
    own = [hint for hint in hints if hint.violation == slug]
    shown, more = ([(h.start_s, h.end_s) for h in own if h.capped == capped] for capped in (False, True))
    return Hints(tuple(shown), tuple(more))


def _groups(hints: Sequence[ProposedHint]) -> Hints:
    """Coinciding hints are drawn as one group: it counts once here, with the bounds of its best shown one."""
    best: dict[int, ProposedHint] = {}
    for hint in sorted(hints, key=lambda hint: (hint.capped, hint.rank)):
        best.setdefault(hint.group, hint)
    return _of_type([replace(hint, violation="") for hint in best.values()], "")


def _opinions(
    group: str,
    bundle: Bundle,
    annotations: Sequence[Annotation],
    own: Sequence[Targets],
    curves: Mapping[str, FloatArray],
) -> Iterator[Opinion]:
    for number, (annotation, targets) in enumerate(zip(annotations, own, strict=True), start=1):
        for k, slug in enumerate(bundle.slugs()):
            known = targets.weight[:, k] > 0
            if known.any():
                truth, curve = targets.label[known, k] >= 0.5, curves[slug][:, known]
                yield Opinion(annotation.annotator, slug, group, truth, curve[number], curve[0])


def _on_known(hints: Sequence[Interval], known: BoolArray, step_s: float) -> tuple[Interval, ...]:
    """Hints that lie mostly where somebody looked: elsewhere nobody knows whether they are right."""
    middles = step_middles(len(known), step_s)
    return tuple(span for span in hints if known[inside_any([span], middles)].mean() >= 0.5)


def _at_marks(events: Sequence[Interval], marks: Sequence[Mark], step_s: float) -> list[Interval]:
    """Events with the bounds people gave, where these lie within a step of the grid's."""
    bounds = np.array([bound for mark in marks for bound in (mark.start_s, mark.end_s)])

    def moved(bound: float) -> float:
        nearest = float(bounds[np.abs(bounds - bound).argmin()]) if len(bounds) else bound
        return nearest if abs(nearest - bound) < step_s else bound

    return [(a, b) if moved(a) >= moved(b) else (moved(a), moved(b)) for a, b in events]


def _shuffled(curves: Mapping[str, FloatArray], rng: np.random.Generator) -> dict[str, FloatArray]:
    """Smooth noise that has exactly each curve's values, in another order."""
    shuffled = {}
    for slug, curve in curves.items():
        noise = smoothed(rng.standard_normal(len(curve)).astype(np.float32), CHANCE_SMOOTHING)
        shuffled[slug] = np.empty_like(curve)
        shuffled[slug][np.argsort(noise, kind="stable")] = np.sort(curve)
    return shuffled
