"""The gate promotes what is not worse, refuses what is, and says when it cannot know."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ml.bundle import Bundle, load_bundle, save_bundle
from ml.evaluate import compare_bundles
from ml.train import train_bundle
from ml.types import Example
from tests.ml.making import FLASHING, GUNFIRE, SPECS, make_examples


def spoiled(bundle: Bundle, folder: Path) -> Bundle:
    """The same bundle with its picture and sound heads pointing the other way."""
    save_bundle(bundle, folder / "spoiled")
    other = load_bundle(folder / "spoiled")
    with torch.no_grad():
        for head in other.model.heads().values():
            head.weight.neg_()
    return other


def test_the_same_bundle_again_is_promoted(bundle: Bundle, holdout: list[Example]) -> None:
    ruling = compare_bundles(bundle, bundle, holdout)
    assert ruling["verdict"] == "promote"
    assert ruling["numbers"]["difference"] == 0
    assert ruling["reasons"]


def test_a_worse_candidate_is_refused_with_the_figures(
    bundle: Bundle, holdout: list[Example], tmp_path: Path
) -> None:
    ruling = compare_bundles(spoiled(bundle, tmp_path), bundle, holdout)
    assert ruling["verdict"] == "refuse"
    assert "worse" in ruling["reasons"][0]
    assert ruling["numbers"]["difference"] < -0.3


def test_a_better_candidate_is_promoted(bundle: Bundle, holdout: list[Example], tmp_path: Path) -> None:
    assert compare_bundles(bundle, spoiled(bundle, tmp_path), holdout)["verdict"] == "promote"


def test_with_too_few_blind_videos_it_says_how_many_are_needed(
    bundle: Bundle, holdout: list[Example]
) -> None:
    ruling = compare_bundles(bundle, bundle, holdout[:2])
    assert ruling["verdict"] == "not_enough_holdout"
    assert "3 more are needed" in ruling["reasons"][0]


def test_hinted_reviews_and_other_splits_do_not_count(bundle: Bundle, holdout: list[Example]) -> None:
    hinted = [
        replace(e, annotations=tuple(replace(a, blind=False) for a in e.annotations)) for e in holdout[:4]
    ]
    trained = [replace(e, split="train") for e in holdout[4:]]
    ruling = compare_bundles(bundle, bundle, [*hinted, *trained])
    assert ruling["verdict"] == "not_enough_holdout"
    assert ruling["numbers"]["groups"] == 0


def test_many_videos_of_one_source_are_one_group(bundle: Bundle, holdout: list[Example]) -> None:
    same = [replace(example, group="one source") for example in holdout]
    assert compare_bundles(bundle, bundle, same)["verdict"] == "not_enough_holdout"


def test_the_first_bundle_only_has_to_beat_chance(
    bundle: Bundle, holdout: list[Example], tmp_path: Path
) -> None:
    assert compare_bundles(bundle, None, holdout)["verdict"] == "promote"
    ruling = compare_bundles(spoiled(bundle, tmp_path), None, holdout)
    assert ruling["verdict"] == "refuse"
    assert "chance" in ruling["reasons"][0]


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that knows flashing alone."""
    folder = tmp_path_factory.mktemp("narrow")
    examples = [
        replace(
            e,
            annotations=tuple(
                replace(
                    a,
                    covers=(FLASHING.slug,),
                    marks=tuple(mark for mark in a.marks if mark.violation == FLASHING.slug),
                )
                for a in e.annotations
            ),
        )
        for e in make_examples(folder, 8)
    ]
    train_bundle(examples, violations=SPECS[:1], out_dir=folder / "b", name="narrow")
    return load_bundle(folder / "b")


def test_a_candidate_that_forgot_a_type_is_refused(
    bundle: Bundle, narrow: Bundle, holdout: list[Example]
) -> None:
    ruling = compare_bundles(narrow, bundle, holdout)
    assert ruling["verdict"] == "refuse"
    assert any(GUNFIRE.slug in reason for reason in ruling["reasons"])


def test_a_candidate_that_knows_more_is_judged_on_the_shared_types_and_on_chance(
    bundle: Bundle, narrow: Bundle, holdout: list[Example]
) -> None:
    ruling = compare_bundles(bundle, narrow, holdout, margin=0.2)
    assert ruling["verdict"] == "promote"
    assert set(ruling["numbers"]["per_violation"]) == {FLASHING.slug}
    assert GUNFIRE.slug in ruling["numbers"]["new_violations"]


def test_a_floor_on_hint_recall_is_kept(bundle: Bundle, holdout: list[Example]) -> None:
    ruling = compare_bundles(bundle, bundle, holdout, floors={FLASHING.slug: 1.01})
    assert ruling["verdict"] == "refuse"
    assert "floor" in ruling["reasons"][0]


def test_one_type_gone_blind_is_refused_however_good_the_mean(
    bundle: Bundle, holdout: list[Example], tmp_path: Path
) -> None:
    save_bundle(bundle, tmp_path / "blind")
    blind = load_bundle(tmp_path / "blind")
    with torch.no_grad():
        blind.model.picture.weight[blind.scored_by["picture"].index(FLASHING.slug)].zero_()
    ruling = compare_bundles(blind, bundle, holdout, margin=0.9)
    assert ruling["verdict"] == "refuse"
    assert FLASHING.slug in ruling["reasons"][0]
    assert GUNFIRE.slug not in " ".join(ruling["reasons"])


def test_the_ruling_is_the_same_every_time(bundle: Bundle, narrow: Bundle, holdout: list[Example]) -> None:
    assert compare_bundles(bundle, narrow, holdout) == compare_bundles(bundle, narrow, holdout)
