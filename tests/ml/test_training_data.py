"""What cannot be learned from is refused with a code and a sentence, or has a defined, counted effect."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from ml.bundle import load_bundle
from ml.errors import FeatureMismatch, SpotterMLError, TrainingDataError
from ml.features import load_features, save_features
from ml.train import train_bundle
from ml.types import Example, Mark, ViolationSpec
from tests.ml.making import FLASHING, SPECS, WEIGHTS, make_annotation, make_examples, make_pretrained_example


def refused(examples: list[Example], folder: Path) -> SpotterMLError:
    with pytest.raises((TrainingDataError, FeatureMismatch)) as refusal:
        train_bundle(examples, violations=SPECS, out_dir=folder / "b", name="x")
    assert refusal.value.sentence.endswith(".")
    assert not (folder / "b").exists()
    return refusal.value


def with_mark(example: Example, mark: Mark) -> Example:
    (annotation, *others) = example.annotations
    return replace(example, annotations=(replace(annotation, marks=(*annotation.marks, mark)), *others))


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        (Mark(FLASHING.slug, 20.0, 40.0), "label_outside_video"),
        (Mark("dancing", 1.0, 2.0), "unknown_violation"),
    ],
)
def test_a_label_that_cannot_be_meant_is_refused_with_its_video(
    mark: Mark, code: str, tmp_path: Path
) -> None:
    examples = make_examples(tmp_path, 4)
    refusal = refused([*examples[:3], with_mark(examples[3], mark)], tmp_path)
    assert refusal.code == code
    assert refusal.sentence.startswith('Video "film-3":')


def test_features_of_an_older_extractor_are_refused(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 3)
    old = replace(load_features(examples[1].features_path), version="embedded-0")
    save_features(old, examples[1].features_path)
    refusal = refused(examples, tmp_path)
    assert refusal.code == "features_version"
    assert '"film-1"' in refusal.sentence


def test_features_that_are_gone_are_refused(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 3)
    examples[2].features_path.unlink()
    refusal = refused(examples, tmp_path)
    assert refusal.code == "missing_features"
    assert '1 of 3 videos are gone: "film-2"' in refusal.sentence
    assert str(tmp_path) not in refusal.sentence
    for example in examples[:2]:
        example.features_path.unlink()
    assert '3 of 3 videos are gone: "film-0", "film-1", "film-2".' in refused(examples, tmp_path).sentence


@pytest.mark.parametrize(("tier", "said"), [(None, "step s 0.5 and not 0.25"), ("embedded", "step s 0.5")])
def test_features_on_another_grid_are_refused_with_what_differs(
    tier: Literal["embedded"] | None, said: str, tmp_path: Path
) -> None:
    examples = make_examples(tmp_path, 3)
    save_features(replace(load_features(examples[2].features_path), step_s=0.5), examples[2].features_path)
    with pytest.raises(FeatureMismatch, match=f'"film-2".*{said}'):
        train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="x", tier=tier)


def test_embeddings_of_another_width_are_refused(tmp_path: Path) -> None:
    examples = [make_pretrained_example(tmp_path, number) for number in range(3)]
    features = load_features(examples[1].features_path)
    narrow = replace(features, sound_embedding=features.sound_embedding[:, :-1])
    save_features(narrow, examples[1].features_path)
    assert refused(examples, tmp_path).code == "features_mixed"


def test_examples_without_annotations_teach_nothing_and_are_not_counted(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 6)
    silent = replace(examples[0], video="silent", group="silent", annotations=())
    metrics = train_bundle([*examples, silent], violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert metrics["videos"] == 6
    assert refused([silent], tmp_path / "alone").code == "no_examples"


def test_videos_nobody_watched_for_these_types_are_refused(tmp_path: Path) -> None:
    unwatched = [
        replace(e, annotations=tuple(replace(a, watched=(), marks=()) for a in e.annotations))
        for e in make_examples(tmp_path, 3)
    ]
    assert refused(unwatched, tmp_path).code == "nothing_labelled"


def test_one_annotator_alone_gives_curves_and_no_band_and_it_is_said(tmp_path: Path) -> None:
    metrics = train_bundle(make_examples(tmp_path, 6), violations=SPECS, out_dir=tmp_path / "b", name="x")
    bundle = load_bundle(tmp_path / "b")
    assert (metrics["annotators"], bundle.panel) == (1, ())
    for evidence in bundle.bands.values():
        assert not evidence.shown
        assert "one annotator" in evidence.reason


def test_corrections_are_counted(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 6)
    (annotation,) = examples[0].annotations
    overruled = replace(annotation, corrected=((2.0, 4.0), (float("nan"), 9.0), (90.0, 99.0)))
    examples[0] = replace(examples[0], annotations=(overruled,))
    metrics = train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert 0 < metrics["corrected_steps"] <= 8


def test_a_training_names_the_weights_its_features_were_made_with(tmp_path: Path) -> None:
    examples = [make_pretrained_example(tmp_path, number) for number in range(6)]
    train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert dict(load_bundle(tmp_path / "b").extractor.weights) == WEIGHTS


def test_labels_the_last_step_rounds_past_the_end_are_taken(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 6)
    end = len(load_features(examples[0].features_path).picture) * 0.25
    examples[0] = with_mark(examples[0], Mark(FLASHING.slug, end - 2, end + 0.5))
    metrics = train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert np.isfinite(metrics["macro_auc"])


@pytest.mark.parametrize("floor", [1.5, -0.1, float("nan")])
def test_a_precision_floor_that_is_no_share_is_refused(floor: float, tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError) as refusal:
        train_bundle([], violations=SPECS, out_dir=tmp_path / "b", name="x", precision_floor=floor)
    assert refusal.value.code == "bad_precision_floor"


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"tier": "foo"}, "unknown_tier", '"foo"'),
        ({"violations": [ViolationSpec("x", "smell")]}, "unknown_modality", '"smell"'),  # type: ignore[arg-type]
        ({"checkpoints": "file"}, "checkpoints_no_folder", "a file in the way"),
        ({"checkpoints": "file/below"}, "checkpoints_no_folder", "a file in the way"),
        ({"out_dir": "file"}, "bundle_exists", "already something"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_video_is_read(
    asked: dict[str, Any], code: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    places = {name: tmp_path / asked[name] for name in ("checkpoints", "out_dir") if name in asked}
    gone = Example("gone", tmp_path / "gone", "g", "train", (make_annotation(()),))
    wanted: dict[str, Any] = {"violations": SPECS, "out_dir": tmp_path / "b"} | asked | places
    with pytest.raises(SpotterMLError, match=said) as refusal:
        train_bundle([gone], name="x", **wanted)
    assert refusal.value.code == code


def test_a_type_whose_every_step_is_disputed_says_so(tmp_path: Path) -> None:
    def contradicted(example: Example) -> Example:
        ((own,), whole) = example.annotations, Mark(FLASHING.slug, 0.0, 24.0)
        others = [mark for mark in own.marks if mark.violation != FLASHING.slug]
        yes, no = replace(own, marks=(whole, *others)), replace(own, annotator="no", marks=tuple(others))
        return replace(example, annotations=(yes, no))

    examples = [contradicted(example) for example in make_examples(tmp_path, 4)]
    metrics = train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="x")
    sentence = metrics["left_out"][FLASHING.slug]
    assert f"contradict each other about flashing on all {metrics['steps']} watched steps" in sentence
