"""Training learns, is deterministic, leaves out what it cannot learn, and never opens holdout."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from ml.bundle import load_bundle
from ml.errors import FeatureMismatch, TrainingDataError
from ml.evaluate import evaluate_bundle
from ml.features import load_features, save_features
from ml.models.fit import CONVERGED, fit_lines, spread_of, threads
from ml.train import train_bundle
from ml.types import Example, Mark, ViolationSpec
from tests.ml.making import FLASHING, GUNFIRE, SCREAM, SPECS, make_annotation, make_examples


def test_every_type_is_learned_and_holds_on_films_never_seen(
    bundle_folder: Path, holdout: list[Example]
) -> None:
    figures = evaluate_bundle(load_bundle(bundle_folder), holdout)
    for spec in SPECS:
        assert figures["violations"][spec.slug]["auc"] > 0.9, spec.slug


def test_the_same_examples_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 5, people=2)
    digests = {
        train_bundle(examples, violations=SPECS, out_dir=tmp_path / f"b{n}", name="x", seed=3)["digest"]
        for n in range(2)
    }
    assert len(digests) == 1


def test_holdout_videos_are_never_opened(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 5)
    gone = replace(examples[0], video="gone", group="gone", split="holdout", features_path=tmp_path / "no")
    metrics = train_bundle([*examples, gone], violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert metrics["videos"] == 5


def test_a_split_group_that_both_teaches_and_measures_is_refused(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 5)
    leak = replace(examples[0], video="other", split="holdout")
    with pytest.raises(TrainingDataError, match="leak") as refusal:
        train_bundle([*examples, leak], violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert refusal.value.code == "group_in_two_splits"


def test_validation_videos_leave_no_trace_in_the_network(tmp_path: Path) -> None:
    train = make_examples(tmp_path, 6)
    weights = []
    for n, shift in enumerate((0.0, 3.0)):
        validation = make_examples(tmp_path, 8, "validation", first=50)
        for example in validation:
            features = load_features(example.features_path)
            moved = replace(features, picture=features.picture + np.float32(shift))
            save_features(moved, example.features_path)
        train_bundle([*train, *validation], violations=SPECS, out_dir=tmp_path / f"b{n}", name="x")
        head = load_bundle(tmp_path / f"b{n}").model.picture
        weights.append((head.mean, head.scale))
    assert all(torch.equal(one, other) for one, other in zip(*weights, strict=True))


def test_what_others_heard_suffices_when_some_watched_muted(tmp_path: Path) -> None:
    """Gunfire needs sound: a muted reviewer's silence about it is no vote against those who heard it."""
    examples = [
        replace(
            example,
            annotations=(
                *example.annotations,
                *(replace(make_annotation((), annotator=f"muted-{n}"), unmuted=()) for n in range(4)),
            ),
        )
        for example in make_examples(tmp_path, 6)
    ]
    metrics = train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert GUNFIRE.slug not in metrics["left_out"]
    assert SCREAM.slug not in metrics["left_out"]


def test_enough_validation_videos_decide_instead_of_folds(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 6) + make_examples(tmp_path, 8, "validation", first=50)
    metrics = train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert {m["held_out_by"] for m in metrics["violations"].values()} == {"validation"}


def test_without_validation_grouped_folds_decide_and_the_card_says_so(bundle_folder: Path) -> None:
    metrics = load_bundle(bundle_folder).metrics
    assert {m["held_out_by"] for m in metrics["violations"].values()} == {"cross-validation"}
    assert "cross-validation" in (bundle_folder / "CARD.md").read_text()


def test_a_type_nobody_marked_is_left_out_with_a_reason(tmp_path: Path) -> None:
    never = ViolationSpec("never-seen", "picture")
    examples = [
        replace(e, annotations=tuple(replace(a, covers=(*a.covers, never.slug)) for a in e.annotations))
        for e in make_examples(tmp_path, 5)
    ]
    metrics = train_bundle(examples, violations=[*SPECS, never], out_dir=tmp_path / "b", name="x")
    bundle = load_bundle(tmp_path / "b")
    assert never.slug not in bundle.slugs()
    assert "shows it" in metrics["left_out"][never.slug]
    assert bundle.left_out == metrics["left_out"]


def test_a_type_that_most_did_not_see_is_left_out_and_says_so(tmp_path: Path) -> None:
    doubted = [
        replace(
            example,
            annotations=(
                *example.annotations,
                *(make_annotation(_others(example), annotator=f"doubter-{n}") for n in range(2)),
            ),
        )
        for example in make_examples(tmp_path, 5)
    ]
    metrics = train_bundle(doubted, violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert "Fewer than half" in metrics["left_out"][FLASHING.slug]
    assert "none is agreed" in metrics["left_out"][FLASHING.slug]


def test_a_type_marked_everywhere_is_left_out_too(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 5)
    always = [
        replace(
            example,
            annotations=(make_annotation([Mark(FLASHING.slug, 0.0, 24.0), *_others(example)]),),
        )
        for example in examples
    ]
    train_bundle(always, violations=SPECS, out_dir=tmp_path / "b", name="x")
    steps = load_bundle(tmp_path / "b").metrics["steps"]
    sentence = load_bundle(tmp_path / "b").left_out[FLASHING.slug]
    assert sentence.startswith(f"None of the {steps} watched steps is free of it")


def _others(example: Example) -> list[Mark]:
    return [mark for mark in example.annotations[0].marks if mark.violation != FLASHING.slug]


def test_sound_types_are_left_out_when_no_video_has_sound(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 5)
    for example in examples:
        features = load_features(example.features_path)
        silent = replace(
            features, sound=np.zeros_like(features.sound), sound_mask=np.zeros_like(features.sound_mask)
        )
        save_features(silent, example.features_path)
    train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="x")
    bundle = load_bundle(tmp_path / "b")
    assert SCREAM.slug in bundle.left_out
    assert GUNFIRE.slug in bundle.slugs()


def test_positives_in_a_single_group_are_learned_and_the_metrics_say_how(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 5)
    one_group = [replace(example, group="same") for example in examples]
    metrics = train_bundle(one_group, violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert {m["held_out_by"] for m in metrics["violations"].values()} == {"own training data"}


def test_no_examples_and_nothing_learnable_are_refused_in_sentences(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="Review some videos") as refusal:
        train_bundle([], violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert refusal.value.code == "no_examples"
    clean = [replace(e, annotations=(make_annotation(()),)) for e in make_examples(tmp_path, 3)]
    with pytest.raises(TrainingDataError) as refusal:
        train_bundle(clean, violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert refusal.value.code == "nothing_learnable"
    assert not (tmp_path / "b").exists()


def test_features_of_two_extractors_are_not_mixed(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 3)
    features = load_features(examples[1].features_path)
    save_features(replace(features, picture=features.picture[:, :-1]), examples[1].features_path)
    with pytest.raises(FeatureMismatch, match=r"\"film-1\".*picture width 11 and not 12"):
        train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="x")


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    train_bundle(
        make_examples(tmp_path, 4),
        violations=SPECS,
        out_dir=tmp_path / "b",
        name="x",
        on_progress=lambda done, stage, _figures: seen.append((done, stage)),
    )
    shares = [done for done, _ in seen]
    assert shares == sorted(shares)
    assert seen[-1] == (1.0, "done")


def test_torch_gets_its_threads_back() -> None:
    before = torch.get_num_threads()
    with threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_the_convex_fit_equals_scikit_learns_balanced_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    h = rng.standard_normal((600, 5)).astype(np.float32)
    label = (h[:, 0] + rng.standard_normal(600) > 1).astype(np.float32)
    inputs, weight = torch.from_numpy(h), torch.ones(600, 1)
    lines = fit_lines(inputs, torch.from_numpy(label), weight, 0.1, spread_of(inputs))
    assert lines.gradient <= CONVERGED
    # Our loss is a mean, scikit-learn's a sum over its balanced weights (which add up to n).
    reference = LogisticRegression(C=1 / (0.1 * 600), class_weight="balanced", tol=1e-8).fit(h, label)
    assert lines.weight[0].numpy() == pytest.approx(reference.coef_[0], abs=1e-4)
    assert float(lines.bias[0]) == pytest.approx(float(reference.intercept_[0]), abs=1e-4)
