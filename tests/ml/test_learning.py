"""What types may not do to each other, what a missing sense adds, and how odd labels are counted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ml.bundle import Bundle, load_bundle
from ml.features import SOUND_NAMES, STEP_S, Features, load_features, save_features
from ml.scoring import score
from ml.train import train_bundle
from ml.types import Example, Mark, ViolationSpec
from tests.ml.making import (
    FLASHING,
    GUNFIRE,
    SCREAM,
    SLUGS,
    SPECS,
    STEPS,
    make_annotation,
    make_example,
    make_examples,
    make_features,
    make_marks,
    make_pretrained_example,
)


def trained(folder: Path, examples: list[Example], violations: tuple[ViolationSpec, ...]) -> Bundle:
    slugs = {violation.slug for violation in violations}
    train_bundle([about(e, slugs) for e in examples], violations=violations, out_dir=folder, name="x")
    return load_bundle(folder)


def about(example: Example, slugs: set[str]) -> Example:
    """What its annotators said of these types: the queue covered no others."""
    words = tuple(
        replace(
            word,
            marks=tuple(mark for mark in word.marks if mark.violation in slugs),
            covers=tuple(slug for slug in word.covers if slug in slugs),
        )
        for word in example.annotations
    )
    return replace(example, annotations=words)


@pytest.mark.parametrize("is_pretrained", [False, True])
def test_a_new_violation_type_changes_no_other(tmp_path: Path, is_pretrained: bool) -> None:
    make = make_pretrained_example if is_pretrained else make_example
    examples = [make(tmp_path, number, people=2) for number in range(10)]
    before = trained(tmp_path / "before", examples, (FLASHING, GUNFIRE))
    after = trained(tmp_path / "after", examples, (SCREAM, FLASHING, GUNFIRE))
    for slug in (FLASHING.slug, GUNFIRE.slug):
        assert after.fusions[slug] == before.fusions[slug]
        assert after.thresholds[slug] == before.thresholds[slug]
        assert after.metrics["violations"][slug]["auc"] == before.metrics["violations"][slug]["auc"]
        for head, slugs in before.scored_by.items():
            if slug in slugs:
                old, new = (consensus_of(bundle, head, slug) for bundle in (before, after))
                assert all(torch.equal(one, other) for one, other in zip(old, new, strict=True)), (slug, head)


def consensus_of(bundle: Bundle, name: str, slug: str) -> list[torch.Tensor]:
    """All that decides one type's consensus in one head."""
    head, number = bundle.model.heads()[name], bundle.scored_by[name].index(slug)
    own = (head.weight, head.bias, head.residual.inward, head.residual.offset, head.residual.outward)
    return [head.mean, head.scale, head.residual.basis, *(tensor[number] for tensor in own)]


def without_sound(features: Features) -> Features:
    nothing = np.zeros(len(features.sound), np.bool_)
    return replace(features, sound=np.zeros_like(features.sound), sound_mask=nothing)


def test_a_film_without_sound_is_judged_by_its_picture_alone(bundle: Bundle) -> None:
    features = make_features(make_marks(7), seed=7)
    whatever = replace(
        features, sound=features.sound + np.float32(9), sound_mask=without_sound(features).sound_mask
    )
    none, masked = score(without_sound(features), bundle), score(whatever, bundle)
    for slug in SLUGS:
        assert np.array_equal(none.curves[slug], masked.curves[slug]), "what is masked has no say"
    assert not none.curves[SCREAM.slug].any(), "nothing heard, nothing claimed"
    assert none.curves[GUNFIRE.slug].any()
    assert np.array_equal(none.curves[FLASHING.slug], score(features, bundle).curves[FLASHING.slug])


def test_a_silent_track_adds_no_more_than_no_track(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 8)
    for example in examples:
        save_features(as_heard(load_features(example.features_path), silent=0.0), example.features_path)
    bundle = trained(tmp_path / "b", examples, SPECS)
    film = make_features(make_marks(7), seed=7)
    silent, none = as_heard(film, silent=1.0), without_sound(as_heard(film, silent=0.0))
    for slug in SLUGS:
        assert np.array_equal(score(silent, bundle).curves[slug], score(none, bundle).curves[slug])
    assert score(as_heard(film, silent=0.0), bundle).curves[GUNFIRE.slug].any()


def as_heard(features: Features, *, silent: float) -> Features:
    """The same with as many descriptors of sound as film has, and so much of each step silent."""
    rng = np.random.default_rng(0)
    sound = rng.standard_normal((len(features.sound), len(SOUND_NAMES))).astype(np.float32)
    sound[:, : features.sound.shape[1]] = features.sound
    sound[:, SOUND_NAMES.index("silent_share")] = silent
    return replace(features, sound=sound)


def test_a_film_without_picture_is_judged_by_its_sound_alone(bundle: Bundle) -> None:
    features = make_features([Mark(SCREAM.slug, 5.0, 9.0), Mark(GUNFIRE.slug, 14.0, 18.0)], seed=7)
    unseen = replace(
        features,
        picture=np.zeros_like(features.picture),
        picture_mask=np.zeros(STEPS, np.bool_),
        cuts=np.zeros(STEPS, np.bool_),
    )
    scores = score(unseen, bundle)
    assert not scores.curves[FLASHING.slug].any(), "nothing seen, nothing claimed"
    assert scores.curves[GUNFIRE.slug].any()
    assert scores.curves[SCREAM.slug].max() > 0.5 or not any(
        m.violation == SCREAM.slug for m in make_marks(7)
    )


def test_with_neither_picture_nor_sound_nothing_is_claimed(bundle: Bundle) -> None:
    nothing = np.zeros(STEPS, np.bool_)
    dark = replace(make_features(), picture_mask=nothing, sound_mask=nothing)
    assert not any(curve.any() for curve in score(dark, bundle).curves.values())


def test_films_with_no_mark_teach_the_sound_head_what_is_harmless(tmp_path: Path) -> None:
    """Clips alone teach that loud is bad; ordinary film is loud too."""
    clips = [noisy(example) for example in make_examples(tmp_path, 8)]
    ordinary = [noisy(quiet(tmp_path, number)) for number in range(50, 58)]
    harmless = load_features(noisy(quiet(tmp_path, 99)).features_path)
    alone = trained(tmp_path / "alone", clips, (SCREAM,))
    beside = trained(tmp_path / "beside", [*clips, *ordinary], (SCREAM,))
    assert score(harmless, beside).curves[SCREAM.slug].mean() < 0.5 * (
        score(harmless, alone).curves[SCREAM.slug].mean()
    )
    figures = beside.metrics["violations"][SCREAM.slug]
    assert figures["taught_steps"] > alone.metrics["violations"][SCREAM.slug]["taught_steps"]


def quiet(folder: Path, number: int) -> Example:
    """A film watched with sound to its end, in which nobody marked anything."""
    path = folder / f"quiet-{number}.safetensors"
    save_features(make_features(seed=number), path)
    return Example(f"quiet-{number}", path, f"quiet-{number}", "train", (make_annotation(()),))


def noisy(example: Example) -> Example:
    """Loud wherever a scream is marked; where nothing is marked at all, loud throughout."""
    features, marks = load_features(example.features_path), example.annotations[0].marks
    loud = [(m.start_s, m.end_s) for m in marks if m.violation == SCREAM.slug] if marks else [(0.0, 24.0)]
    sound = features.sound.copy()
    for start_s, end_s in loud:
        sound[int(start_s / STEP_S) : int(end_s / STEP_S), 7] += 4
    save_features(replace(features, sound=sound), example.features_path)
    return example


def test_contradicting_annotators_are_counted_and_the_type_is_learned(tmp_path: Path) -> None:
    examples = []
    for number in range(6):
        example = make_example(tmp_path, number, people=3)
        marks = [m for m in example.annotations[0].marks if m.violation != FLASHING.slug]
        against = replace(example.annotations[2], marks=tuple(marks))
        examples.append(replace(example, annotations=(*example.annotations[:2], against)))
    figures = figures_of(trained(tmp_path / "b", examples, SPECS))
    assert figures[FLASHING.slug]["disputed_steps"] > 0
    assert figures[FLASHING.slug]["taught_positive_steps"] > 0
    assert figures[GUNFIRE.slug]["disputed_steps"] == 0


def test_what_nobody_watched_is_counted_as_unknown(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 6)
    half = ((0.0, 12.0),)
    first = examples[0].annotations[0]
    watched = replace(first, watched=half, marks=tuple(m for m in first.marks if m.end_s <= 12.0))
    muted = replace(examples[1].annotations[0], unmuted=())
    examples[0] = replace(examples[0], annotations=(watched,))
    examples[1] = replace(examples[1], annotations=(muted,))
    figures = figures_of(trained(tmp_path / "b", examples, SPECS))
    assert figures[SCREAM.slug]["unknown_steps"] > figures[FLASHING.slug]["unknown_steps"] >= 0


def test_a_rare_type_among_much_that_is_harmless_keeps_half_the_say(tmp_path: Path) -> None:
    """One second of flashing in a film of a minute, and films with none: it is still found."""
    examples = []
    for number in range(9):
        marks = [Mark(FLASHING.slug, 30.0, 31.0)] if number % 3 == 0 else []
        path = tmp_path / f"{number}.safetensors"
        save_features(make_features(marks, seed=number, steps=240, strength=3.0), path)
        word = make_annotation(marks, length_s=60.0)
        examples.append(Example(f"{number}", path, f"{number}", "train", (word,)))
    figures = figures_of(trained(tmp_path / "b", examples, (FLASHING,)))
    assert figures[FLASHING.slug]["base_rate"] < 0.02
    assert figures[FLASHING.slug]["auc"] > 0.9


def test_every_type_says_how_it_was_fitted(bundle: Bundle) -> None:
    for spec in SPECS:
        figures = bundle.metrics["violations"][spec.slug]
        assert figures["calibration_measured"] == "cross-fitted"
        for note in figures["fit"].values():
            assert note["converged"], note
            assert set(note["residual"]) == {"kept", "gain", "standard_error", "batches"}


def figures_of(bundle: Bundle) -> dict[str, Any]:
    figures: dict[str, Any] = bundle.metrics["violations"]
    return figures


def test_films_too_silent_to_teach_a_sound_are_no_groups_to_hold_out(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 6)
    for number, example in enumerate(examples[1:], start=1):
        features = make_features(make_marks(number), seed=number)
        save_features(without_sound(features), example.features_path)
    bundle = trained(tmp_path / "b", examples, (SCREAM,))
    figures = bundle.metrics["violations"][SCREAM.slug]
    assert figures["held_out_by"] == "own training data", "one film alone could be heard"
    assert figures["taught_steps"] <= STEPS
