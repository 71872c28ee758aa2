"""Small made-up features with violations in known columns: learnable in a second, never mistaken for film."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.features import (
    EMBEDDED_VERSION,
    EMBEDDING_EVERY,
    STEP_S,
    Features,
    extractor_version,
    save_features,
)
from ml.types import Annotation, Example, Mark, Split, ViolationSpec

PICTURE_WIDTH, SOUND_WIDTH, STEPS = 12, 8, 96
EMBEDDED_PICTURE, EMBEDDED_SOUND = 40, 24
WEIGHTS = {"eyes.tflite": "1" * 64, "ears.pt": "2" * 64}
FLASHING = ViolationSpec("flashing", "picture", 1.0)
GUNFIRE = ViolationSpec("gunfire", "both", 3.0)
SCREAM = ViolationSpec("scream", "sound", 2.0)
SPECS = (FLASHING, GUNFIRE, SCREAM)
SLUGS = tuple(spec.slug for spec in SPECS)


def make_features(
    marks: Sequence[Mark] = (), *, seed: int = 0, steps: int = STEPS, strength: float = 2.0
) -> Features:
    """Noise, raised in a type's own picture and sound columns while it is marked."""
    rng = np.random.default_rng(seed)
    picture = rng.standard_normal((steps, PICTURE_WIDTH)).astype(np.float32)
    sound = rng.standard_normal((steps, SOUND_WIDTH)).astype(np.float32)
    for mark in marks:
        column = SLUGS.index(mark.violation) * 2
        rows = slice(int(mark.start_s / STEP_S), int(mark.end_s / STEP_S))
        if mark.violation != SCREAM.slug:
            picture[rows, column : column + 2] += strength
        if mark.violation != FLASHING.slug:
            sound[rows, column : column + 2] += strength
    everywhere = np.ones(steps, dtype=np.bool_)
    cuts = np.zeros(steps, dtype=np.bool_)
    cuts[steps // 2] = True
    return Features(
        EMBEDDED_VERSION, "embedded", STEP_S, steps * STEP_S, picture, sound, everywhere, everywhere, cuts
    )


def make_pretrained(
    marks: Sequence[Mark] = (),
    *,
    seed: int = 0,
    steps: int = STEPS,
    strength: float = 2.0,
    weights: Mapping[str, str] = WEIGHTS,
) -> Features:
    """The same descriptors but weaker, and embeddings that know every type but flashing."""
    plain = make_features(marks, seed=seed, steps=steps, strength=0.5 * strength)
    rng = np.random.default_rng([seed, 2])
    seen = rng.standard_normal((-(-steps // EMBEDDING_EVERY), EMBEDDED_PICTURE))
    heard = rng.standard_normal((steps, EMBEDDED_SOUND))
    for mark in marks:
        rows = slice(int(mark.start_s / STEP_S), int(mark.end_s / STEP_S))
        halves = slice(rows.start // EMBEDDING_EVERY, -(-rows.stop // EMBEDDING_EVERY))
        if mark.violation == GUNFIRE.slug:
            seen[halves, :3] += strength
        if mark.violation != FLASHING.slug:
            heard[rows, SLUGS.index(mark.violation) * 3 : SLUGS.index(mark.violation) * 3 + 3] += strength
    return replace(
        plain,
        version=extractor_version(weights),
        tier="pretrained",
        picture_embedding=seen.astype(np.float16),
        sound_embedding=heard.astype(np.float16),
        speech=np.zeros(steps, np.float32),
        weights=dict(weights),
    )


def make_pretrained_example(
    folder: Path,
    number: int,
    split: Split = "train",
    *,
    people: int = 1,
    weights: Mapping[str, str] = WEIGHTS,
) -> Example:
    """The same film, its features made with pretrained networks."""
    example = make_example(folder, number, split, people=people)
    path = folder / f"film-{number}-pretrained.safetensors"
    save_features(make_pretrained(make_marks(number), seed=number, weights=weights), path)
    return replace(example, features_path=path)


def make_marks(seed: int, slugs: Sequence[str] = SLUGS, steps: int = STEPS) -> tuple[Mark, ...]:
    """About two marks a film, one after another."""
    rng = np.random.default_rng([seed, 1])
    marks, clock = [], 2.0
    for slug in rng.permutation(slugs).tolist()[:2]:
        start = clock + float(rng.integers(0, 12)) * STEP_S
        end = start + 2.0 + float(rng.integers(0, 8)) * STEP_S
        if end < steps * STEP_S - 1:
            marks.append(Mark(slug, start, end))
        clock = end + 2.0
    return tuple(marks)


def make_annotation(
    marks: Sequence[Mark],
    *,
    annotator: str = "ann",
    covers: Sequence[str] = SLUGS,
    length_s: float = STEPS * STEP_S,
    settled: bool = False,
    blind: bool = True,
) -> Annotation:
    """Someone who watched all of it with sound."""
    whole = ((0.0, length_s),)
    return Annotation(annotator, tuple(marks), whole, whole, tuple(covers), settled, blind)


def make_example(folder: Path, number: int, split: Split = "train", *, people: int = 1) -> Example:
    """One film of its own split group, reviewed alike by `people` annotators."""
    marks = make_marks(number)
    path = folder / f"film-{number}.safetensors"
    save_features(make_features(marks, seed=number), path)
    annotations = tuple(make_annotation(marks, annotator=f"person-{n}") for n in range(people))
    return Example(f"film-{number}", path, f"group-{number}", split, annotations)


def make_examples(
    folder: Path, count: int, split: Split = "train", *, first: int = 0, people: int = 1
) -> list[Example]:
    """Several films of one split."""
    return [make_example(folder, first + n, split, people=people) for n in range(count)]
