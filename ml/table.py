"""Examples -> one table of training steps: window statistics, consensus labels, everybody's own labels."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

import numpy as np

from ml.bundle import Extractor, extractor_of
from ml.embeddings import VIEWS, reduced_at, statistics_at, width_of
from ml.errors import FeatureMismatch, TrainingDataError, first_few
from ml.features import SOUND_NAMES, Features, Tier, load_features
from ml.models.reduction import SAMPLE, Reduction, fit_reduction
from ml.models.windows import RADIUS, no_cuts, window_statistics_at
from ml.targets import Targets, annotation_targets, consensus, inside_any, step_middles
from ml.thinning import evenly, mixed, stands_for, thinned
from ml.training_views import Viewed, ViewRows, read_view_rows
from ml.types import BoolArray, Example, FloatArray, IntArray, Modality, ViolationSpec

# In all: bounds memory (about 2 GB) and time however many hours were labelled. Windows reach a second to each
# side, so of film this long most steps say what their neighbours say.
MAX_STEPS = 50_000
READERS = 2  # threads: NumPy lets others run while it computes, and each video is read apart from the others
SILENT_SHARE = 0.99  # of a step: what is quieter throughout cannot be heard
MAX_OPINIONS = 60_000  # rows of (annotator, step) the panel learns from


Read = TypeVar("Read")


@dataclass(frozen=True)
class StepTable:
    """N steps of all videos, and M opinions: one annotator about one step."""

    picture: FloatArray  # (N, 5 Dp)
    sound: FloatArray  # (N, 5 Ds)
    picture_ok: BoolArray  # (N,)
    sound_ok: BoolArray  # (N,)
    label: FloatArray  # (N, K) consensus
    weight: FloatArray  # (N, K) 0 = unknown
    video: IntArray  # (N,) number of the example
    step: IntArray  # (N,) where in the video, rising
    group: IntArray  # (N,) number of the split group
    validation: BoolArray  # (N,)
    corrected: BoolArray  # (N,) somebody overruled a hint here
    stands_for: FloatArray  # (N,) known steps of its video, itself among them, that it was kept for
    annotators: tuple[str, ...]
    labels_of: IntArray  # (A,) judgements each annotator made: how far they are believed to differ
    opinion_step: IntArray  # (M,)
    opinion_annotator: IntArray  # (M,)
    opinion_label: FloatArray  # (M, K)
    opinion_weight: FloatArray  # (M, K)
    extractor: Extractor  # what the features of all have in common
    embeddings: dict[str, FloatArray]  # (N, Q) reduced statistics by head; none in the embedded tier
    reductions: dict[str, Reduction]
    views: ViewRows | None = None  # training steps seen another way


@dataclass(frozen=True)
class _Part:
    """One video's rows of the table. Its features are let go: those of all videos would not fit."""

    extractor: Extractor
    picture: FloatArray
    sound: FloatArray
    picture_ok: BoolArray
    sound_ok: BoolArray
    keep: IntArray
    corrected: BoolArray
    stands_for: FloatArray
    consensus: Targets
    opinions: list[tuple[str, Targets]]
    sample: dict[str, FloatArray]  # rows of embedding statistics to fit the reductions on


def read_table(
    examples: Sequence[Example],
    violations: Sequence[ViolationSpec],
    *,
    seed: int,
    tier: Tier = "embedded",
    on_video: Callable[[float], None] = lambda _: None,
) -> StepTable:
    """Load every example's features in `tier` and lay out what their annotations teach.

    Embeddings are read twice: once for the directions in which training videos vary, once to reduce every row
    to those. Training views fill what steps leave of MAX_STEPS. `on_video` hears how many of the examples are
    read, in parts of one.
    """
    budget = max(2, MAX_STEPS // max(len(examples), 1))
    share = 0.5 if tier == "pretrained" else 1.0
    sampled = _sampled_rows(examples)
    parts: list[_Part] = []

    def read(number: int) -> _Part:
        return _read_part(examples[number], violations, budget, tier, sampled[number])

    with closing(_each(read, len(examples))) as done:
        for part in done:
            parts.append(part)
            _check_alike(parts[0].extractor, part.extractor, examples[len(parts) - 1].video)
            on_video(share * len(parts))
    for number, rows in enumerate(mixed([part.corrected for part in parts])):
        if len(rows) < len(parts[number].keep):
            parts[number] = _only(parts[number], rows)
    if not any(part.consensus.weight.any() for part in parts):
        raise TrainingDataError(
            "nothing_labelled",
            "No step of these videos was watched for a violation type of this training, so there is nothing "
            "to learn from. Review some videos first.",
        )
    table = _joined(examples, parts, violations, seed)
    if tier == "pretrained":
        table = _with_embeddings(table, examples, parts, on_video)
    return replace(table, views=_views(table, examples, parts))


def _each(work: Callable[[int], Read], count: int) -> Generator[Read, None, None]:
    """work(0), work(1) ... in order, computed side by side. Closed, it begins no more of them."""
    with ThreadPoolExecutor(READERS) as pool:
        try:
            yield from pool.map(work, range(count))
        finally:
            pool.shutdown(cancel_futures=True)


def _views(table: StepTable, examples: Sequence[Example], parts: Sequence[_Part]) -> ViewRows | None:
    """The views of videos that teach alone: what judges must be film as it is."""
    first = np.cumsum([0, *(len(part.keep) for part in parts)])
    viewed = [
        Viewed(example.views_path, part.keep, int(first[number]))
        for number, (example, part) in enumerate(zip(examples, parts, strict=True))
        if example.views_path is not None and example.split == "train"
    ]
    return read_view_rows(
        viewed,
        most=MAX_STEPS - len(table.label),
        picture_width=table.extractor.picture_width,
        weights=dict(table.extractor.weights),
        reduction=table.reductions.get("picture_embedding"),
    )


def _sampled_rows(examples: Sequence[Example]) -> list[int]:
    """How many rows of each example the reductions are fitted on: training videos alone, evenly."""
    teaching = [e.split == "train" for e in examples]
    if not any(teaching):
        teaching = [True] * len(examples)
    each, stride = -(-SAMPLE // sum(teaching)), -(-sum(teaching) // SAMPLE)
    place = np.cumsum(teaching)
    return [each if taught and at % stride == 0 else 0 for taught, at in zip(teaching, place, strict=True)]


def _with_embeddings(
    table: StepTable,
    examples: Sequence[Example],
    parts: Sequence[_Part],
    on_video: Callable[[float], None],
) -> StepTable:
    """Fit the reductions on the sampled rows, then reduce the rows of all videos."""
    reductions = {
        view.name: fit_reduction(np.concatenate([part.sample[view.name] for part in parts])) for view in VIEWS
    }

    def read(number: int) -> dict[str, FloatArray]:
        features = load_features(examples[number].features_path, tier="pretrained")
        return {
            view.name: reduced_at(features, view, parts[number].keep, reductions[view.name]) for view in VIEWS
        }

    rows = []
    with closing(_each(read, len(examples))) as done:
        for own in done:
            rows.append(own)
            on_video(0.5 * (len(examples) + len(rows)))
    embeddings = {view.name: np.concatenate([own[view.name] for own in rows]) for view in VIEWS}
    return replace(table, embeddings=embeddings, reductions=reductions)


def _sample(features: Features, keep: IntArray, rows: int) -> dict[str, FloatArray]:
    """Up to `rows` rows of each embedding's statistics, evenly from the steps that teach."""
    samples = {}
    for view in VIEWS:
        mask = features.picture_mask if view.modality == "picture" else features.sound_mask
        steps = evenly(keep[mask[keep]], rows)
        parts = [part for _, part in statistics_at(features, view, steps)]
        samples[view.name] = np.concatenate([np.zeros((0, width_of(features, view)), np.float32), *parts])
    return samples


def statistics_of(features: Features, steps: IntArray) -> tuple[FloatArray, FloatArray]:
    """Window statistics of both modalities at n steps: (n, 5 Dp) and (n, 5 Ds)."""
    return (
        window_statistics_at(features.picture, features.picture_mask, features.cuts, steps),
        window_statistics_at(features.sound, features.sound_mask, no_cuts(features.cuts), steps),
    )


def perceivable(table: StepTable, modality: Modality) -> BoolArray:
    """(N,) steps where a violation of this modality could be seen or heard at all."""
    if modality == "both":
        return table.picture_ok | table.sound_ok
    return table.picture_ok if modality == "picture" else table.sound_ok


def audible(features: Features) -> BoolArray:
    """(T,) steps with something to hear in the window around them: a silent track is evidence of nothing."""
    heard = features.sound_mask.copy()
    if features.sound.shape[1] == len(SOUND_NAMES):
        heard &= features.sound[:, SOUND_NAMES.index("silent_share")] < SILENT_SHARE
    near = np.convolve(heard.astype(np.float32), np.ones(2 * RADIUS + 1), mode="same") > 0
    # np.convolve returns the longer of both: a very short video must keep its own length.
    return (
        features.sound_mask & near[: len(heard)]
        if len(heard) > 2 * RADIUS
        else features.sound_mask & heard.any()
    )


def _read_part(
    example: Example, violations: Sequence[ViolationSpec], budget: int, tier: Tier, sampled: int
) -> _Part:
    features = _loaded(example, tier)
    about = _targets(example, violations, features)
    empty = Targets(*(np.zeros((len(features.picture), len(violations)), np.float32) for _ in range(2)))
    agreed = consensus(example.annotations, about) if about else empty
    corrected = _corrected(example, len(features.picture), features.step_s)
    keep = thinned(agreed, corrected, budget)
    picture, sound = statistics_of(features, keep)
    names = [annotation.annotator for annotation in example.annotations]
    opinions = [(name, _at(targets, keep)) for name, targets in zip(names, about, strict=True)]
    return _Part(
        extractor=extractor_of(features),
        picture=picture,
        sound=sound,
        picture_ok=features.picture_mask[keep],
        sound_ok=audible(features)[keep],
        keep=keep,
        corrected=corrected[keep],
        stands_for=stands_for(agreed, corrected, keep),
        consensus=_at(agreed, keep),
        opinions=opinions,
        sample=_sample(features, keep, sampled) if tier == "pretrained" else {},
    )


def _loaded(example: Example, tier: Tier) -> Features:
    """Its features; what is wrong with them is said with the video's name."""
    try:
        return load_features(example.features_path, tier=tier)
    except FeatureMismatch as error:
        raise FeatureMismatch(error.code, f"Video {first_few([example.video])}: {error.sentence}") from error


def _targets(example: Example, violations: Sequence[ViolationSpec], features: Features) -> list[Targets]:
    """What each annotation says of every step; what is wrong with one is said with the video's name."""
    length = {"step_s": features.step_s, "duration_s": features.duration_s}
    try:
        return [
            annotation_targets(annotation, violations, steps=len(features.picture), **length)
            for annotation in example.annotations
        ]
    except TrainingDataError as error:
        raise TrainingDataError(
            error.code, f"Video {first_few([example.video])}: {error.sentence}"
        ) from error


def _corrected(example: Example, steps: int, step_s: float) -> BoolArray:
    """(T,) steps where anybody overruled a hint."""
    stretches = [stretch for annotation in example.annotations for stretch in annotation.corrected]
    return inside_any(stretches, step_middles(steps, step_s))


def _only(part: _Part, rows: IntArray) -> _Part:
    of = ("picture", "sound", "picture_ok", "sound_ok", "keep", "corrected")
    fewer = part.corrected.sum() / max(int(part.corrected[rows].sum()), 1)
    return replace(
        part,
        **{name: getattr(part, name)[rows] for name in of},
        stands_for=(part.stands_for * np.where(part.corrected, fewer, 1)).astype(np.float32)[rows],
        consensus=_at(part.consensus, rows),
        opinions=[(name, _at(targets, rows)) for name, targets in part.opinions],
    )


def _at(targets: Targets, rows: IntArray) -> Targets:
    return Targets(targets.label[rows], targets.weight[rows])


def _check_alike(first: Extractor, other: Extractor, video: str) -> None:
    """Refuse features that differ from the first video's, and say in what."""
    if first == other:
        return
    was, got = asdict(first), asdict(other)
    differing = [name for name in was if was[name] != got[name] and name != "weights"]
    said = [f"{name.replace('_', ' ')} {got[name]} and not {was[name]}" for name in differing]
    raise FeatureMismatch(
        "features_mixed",
        f"Video {first_few([video])}: its features were made by a different extractor than those before it "
        f"({'; '.join(said or ['other weights'])}). Extract the older ones again before training.",
    )


def _joined(
    examples: Sequence[Example], parts: Sequence[_Part], violations: Sequence[ViolationSpec], seed: int
) -> StepTable:
    counts = [len(part.keep) for part in parts]
    groups = {name: number for number, name in enumerate(sorted({e.group for e in examples}))}
    annotators = tuple(sorted({a.annotator for e in examples for a in e.annotations}))
    step, who, label, weight = _opinions(parts, annotators, len(violations), seed)
    return StepTable(
        picture=np.concatenate([part.picture for part in parts]),
        sound=np.concatenate([part.sound for part in parts]),
        picture_ok=np.concatenate([part.picture_ok for part in parts]),
        sound_ok=np.concatenate([part.sound_ok for part in parts]),
        label=np.concatenate([part.consensus.label for part in parts]),
        weight=np.concatenate([part.consensus.weight for part in parts]),
        video=np.repeat(np.arange(len(parts)), counts),
        step=np.concatenate([part.keep for part in parts]),
        group=np.repeat([groups[e.group] for e in examples], counts),
        validation=np.repeat([e.split == "validation" for e in examples], counts),
        corrected=np.concatenate([part.corrected for part in parts]),
        stands_for=np.concatenate([part.stands_for for part in parts]),
        annotators=annotators,
        labels_of=_labels_of(annotators, examples),
        opinion_step=step,
        opinion_annotator=who,
        opinion_label=label,
        opinion_weight=weight,
        extractor=parts[0].extractor,
        embeddings={},
        reductions={},
    )


def _labels_of(annotators: tuple[str, ...], examples: Sequence[Example]) -> IntArray:
    """(A,) judgements: everybody's marks, and each type they looked for and did not find in a video."""
    judged: Counter[str] = Counter()
    for annotation in (a for example in examples for a in example.annotations):
        found_nothing = set(annotation.covers) - {mark.violation for mark in annotation.marks}
        judged[annotation.annotator] += len(found_nothing) + len(annotation.marks)
    return np.array([judged[name] for name in annotators], dtype=np.int64)


def _opinions(
    parts: Sequence[_Part], annotators: tuple[str, ...], types: int, seed: int
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Every (annotator, step) that says anything, thinned at random when there are very many."""
    number_of = {name: number for number, name in enumerate(annotators)}
    empty = np.zeros((0, types), np.float32)
    steps, who, labels, weights = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [empty], [empty]
    first = 0
    for part in parts:
        for name, target in part.opinions:
            said = np.flatnonzero((target.weight > 0).any(axis=1))
            steps.append(said + first)
            who.append(np.full(len(said), number_of[name]))
            labels.append(target.label[said])
            weights.append(target.weight[said])
        first += len(part.keep)
    step, annotator = np.concatenate(steps), np.concatenate(who)
    chosen = np.arange(len(step))
    if len(step) > MAX_OPINIONS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(step), MAX_OPINIONS, replace=False))
    return step[chosen], annotator[chosen], np.concatenate(labels)[chosen], np.concatenate(weights)[chosen]
