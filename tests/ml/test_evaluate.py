"""Evaluation is JSON-safe, trusts blind annotations first, and prints what chance would reach."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ml.bundle import Bundle
from ml.evaluate import evaluate_bundle, main
from ml.judging import truth_tellers
from ml.types import Annotation, Example, Mark
from tests.ml.making import FLASHING, SLUGS, make_annotation


def test_figures_are_json_safe_and_beat_chance(bundle: Bundle, holdout: list[Example]) -> None:
    figures = json.loads(json.dumps(evaluate_bundle(bundle, holdout), allow_nan=False))
    assert figures["videos"] == 8
    for slug in SLUGS:
        row = figures["violations"][slug]
        assert row["event_f1_30"] > row["chance"]["event_f1_30"]
        assert 0 <= row["calibration_error"] < 0.2


def test_without_examples_every_figure_is_undefined_not_an_error(bundle: Bundle) -> None:
    figures = evaluate_bundle(bundle, [])
    assert figures["macro_auc"] is None
    assert figures["violations"][FLASHING.slug]["auc"] is None


def test_blind_annotations_are_believed_before_hinted_ones(holdout: list[Example]) -> None:
    blind, hinted = make_annotation((), blind=True), make_annotation((), annotator="b", blind=False)
    both = replace(holdout[0], annotations=(hinted, blind))
    assert truth_tellers(both) == (blind,)
    assert truth_tellers(replace(both, annotations=(hinted,))) == (hinted,)
    assert truth_tellers(replace(both, annotations=(hinted,)), blind_only=True) == ()


def test_labels_of_types_the_bundle_does_not_know_are_passed_over(
    bundle: Bundle, holdout: list[Example]
) -> None:
    newer = make_annotation([Mark("newer", 1.0, 2.0)], covers=[*SLUGS, "newer"])
    figures = evaluate_bundle(bundle, [replace(holdout[0], annotations=(newer,))])
    assert set(figures["violations"]) == set(SLUGS)


def test_the_command_line_reads_a_manifest(
    bundle_folder: Path, holdout: list[Example], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [asdict(example) | {"features_path": str(example.features_path)} for example in holdout]
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(rows))
    assert main(["--bundle", str(bundle_folder), "--manifest", str(manifest), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["videos"] == 8


def test_an_unreadable_manifest_is_one_sentence_and_no_traceback(
    bundle_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text("{")
    assert main(["--bundle", str(bundle_folder), "--manifest", str(manifest)]) == 1
    assert "not a list of examples" in capsys.readouterr().err


def test_an_annotation_of_nothing_watched_is_no_truth(bundle: Bundle, holdout: list[Example]) -> None:
    asleep = Annotation("a", (), (), (), SLUGS, blind=True)
    figures = evaluate_bundle(bundle, [replace(holdout[0], annotations=(asleep,))])
    assert figures["violations"][FLASHING.slug]["n_steps"] == 0
