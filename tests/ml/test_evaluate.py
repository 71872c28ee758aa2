"""Evaluation is JSON-safe, trusts blind annotations first, and prints what chance would reach."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.bundle import Bundle, load_bundle
from ml.errors import FeatureMismatch, TrainingDataError
from ml.evaluate import check_types, evaluate_bundle, main, read_manifest
from ml.features import save_features
from ml.judging import truth_tellers
from ml.train import train_bundle
from ml.types import Annotation, Example, Mark
from tests.ml.making import (
    FLASHING,
    SLUGS,
    SPECS,
    STEPS,
    make_annotation,
    make_features,
    make_pretrained_example,
)


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


def test_the_whole_class_and_the_annotators_are_measured_too(bundle: Bundle, holdout: list[Example]) -> None:
    figures = evaluate_bundle(bundle, holdout)
    assert figures["any_violation"]["n_events"] > 0
    assert figures["any_violation"]["auc"] > 0.9
    low, high = figures["any_violation"]["auc_interval"]
    assert low <= figures["any_violation"]["auc"] <= high
    assert figures["annotators"]["n_annotators"] == figures["annotators"]["n_met"] == 1


def test_an_annotator_the_bundle_never_met_is_the_consensus(bundle: Bundle, holdout: list[Example]) -> None:
    strangers = [
        replace(e, annotations=tuple(replace(a, annotator="stranger") for a in e.annotations))
        for e in holdout
    ]
    row = evaluate_bundle(bundle, strangers)["annotators"]
    assert row["n_met"] == 0
    assert row["each"][0]["own_auc"] == row["each"][0]["consensus_auc"] > 0.8


def test_the_same_seed_gives_the_same_figures(bundle: Bundle, holdout: list[Example]) -> None:
    assert evaluate_bundle(bundle, holdout, seed=3) == evaluate_bundle(bundle, holdout, seed=3)


def test_videos_that_cannot_be_measured_are_counted_and_the_first_is_named(
    bundle: Bundle, holdout: list[Example], tmp_path: Path
) -> None:
    beyond = make_annotation([Mark(FLASHING.slug, 1000.0, 1001.0)])
    wrong = [replace(example, annotations=(beyond,)) for example in holdout[:3]]
    with pytest.raises(TrainingDataError, match=f'3 of 8 videos .* "{wrong[0].video}".* 1000 to 1001 s'):
        evaluate_bundle(bundle, [*wrong, *holdout[3:]])
    gone = replace(holdout[0], features_path=tmp_path / "gone.safetensors")
    with pytest.raises(FeatureMismatch, match="no features file") as refusal:
        evaluate_bundle(bundle, [gone, *holdout[1:]])
    assert refusal.value.code == "missing_features"


@pytest.mark.parametrize(
    "change",
    [
        {"version": "embedded-0"},
        {"picture": np.zeros((STEPS, 3), np.float32)},
        {"sound": np.zeros((STEPS, 1), np.float32)},
    ],
)
def test_features_the_bundle_does_not_read_are_refused_with_their_number(
    bundle: Bundle, holdout: list[Example], tmp_path: Path, change: dict[str, Any]
) -> None:
    path = tmp_path / "other.safetensors"
    save_features(replace(make_features(), **change), path)
    with pytest.raises(FeatureMismatch, match="1 of 8 videos cannot be measured"):
        evaluate_bundle(bundle, [replace(holdout[0], features_path=path), *holdout[1:]])


def test_a_pretrained_bundle_refuses_embedded_features(pretrained: Bundle, holdout: list[Example]) -> None:
    with pytest.raises(FeatureMismatch, match="8 of 8 videos") as refusal:
        evaluate_bundle(pretrained, holdout)
    assert refusal.value.code == "features_tier"


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("pretrained")
    examples = [make_pretrained_example(folder, number) for number in range(6)]
    train_bundle(examples, violations=SPECS, out_dir=folder / "bundle", name="pretrained")
    return load_bundle(folder / "bundle")


def rows_of(examples: Sequence[Example]) -> list[dict[str, Any]]:
    """The examples as they stand in a manifest."""
    return [asdict(example) | {"features_path": str(example.features_path)} for example in examples]


def run(bundle_folder: Path, folder: Path, content: object, *more: str) -> int:
    """The command line on a manifest of this content."""
    manifest = folder / "manifest.json"
    manifest.write_text(content if isinstance(content, str) else json.dumps(content, default=str))
    return main(["--bundle", str(bundle_folder), "--manifest", str(manifest), *more])


def test_the_command_line_prints_one_json_object(
    bundle_folder: Path, holdout: list[Example], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(bundle_folder, tmp_path, rows_of(holdout), "--json") == 0
    assert json.loads(capsys.readouterr().out)["videos"] == 8


def test_the_command_line_prints_a_table_people_can_read(
    bundle_folder: Path, holdout: list[Example], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(bundle_folder, tmp_path, rows_of(holdout)) == 0
    table = capsys.readouterr().out
    for words in ("any violation:", f"{FLASHING.slug}:", "AUC per step", "chance 0.500", "annotators: 1"):
        assert words in table
    assert max(map(len, table.splitlines())) <= 110


def test_the_table_says_why_a_figure_is_missing(
    bundle_folder: Path, holdout: list[Example], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = [replace(e, annotations=(make_annotation(()),)) for e in holdout[:2]]
    assert run(bundle_folder, tmp_path, rows_of(clean)) == 0
    assert "No known step shows it. (AUC per step" in capsys.readouterr().out


def test_a_manifest_gives_back_the_examples_it_was_written_from(
    holdout: list[Example], tmp_path: Path
) -> None:
    corrected = replace(holdout[0].annotations[0], corrected=((1.0, 2.5),), settled=True)
    examples = [replace(holdout[0], annotations=(corrected,)), *holdout[1:]]
    (tmp_path / "manifest.json").write_text(json.dumps(rows_of(examples), default=str))
    assert read_manifest(tmp_path / "manifest.json") == examples


MARK = {"violation": FLASHING.slug, "start_s": 1.0, "end_s": 2.0}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda rows: "{", "not a list of examples"),
        (lambda rows: "[" * 100_000, "not a list of examples"),
        (lambda rows: {"videos": rows}, "not a list of examples"),
        (lambda rows: [], "holds no examples"),
        (lambda rows: [1, *rows[1:], {"video": "a"}], "2 of 9 examples that cannot be read. Number 1"),
        (
            lambda rows: [*rows, rows[2], rows[2], rows[0]],
            '2 of its videos more than once: "film-100", "film-102"',
        ),
        (
            lambda rows: [rows[0], spoiled(rows[1], blind="false")],
            'Number 2: "annotations" number 1: "blind" is',
        ),
        (lambda rows: [spoiled(rows[0], watched=[[0, 1, 2]])], '"watched" number 1: is a list of 3'),
        (lambda rows: [spoiled(rows[0], watched=[3])], '"watched" number 1: is 3, not a start and an end'),
        (lambda rows: [spoiled(rows[0], covers=[None])], '"covers" number 1: is null, not the name'),
        (lambda rows: [with_mark(rows[0], MARK | {"end_s": 10**400})], '"end_s" is 1000'),
        (lambda rows: [row | {"annotations": []} for row in rows], "No video has an annotation"),
        (lambda rows: [spoiled(row, watched=[]) for row in rows], "Nobody is known to have watched"),
        (lambda rows: [spoiled(row, covers=[], marks=[]) for row in rows], "Nobody is known to have watched"),
        (lambda rows: [rows[0] | {"split": "test"}], "one of train, validation, holdout"),
        (lambda rows: [rows[0] | {"annotations": 3}], '"annotations" is 3, no list'),
        (lambda rows: [with_mark(rows[0], MARK | {"start_s": "1"})], "no number of seconds"),
        (lambda rows: [with_mark(rows[0], MARK | {"end_s": float("nan")})], "no number of seconds"),
        (lambda rows: [with_mark(row, MARK | {"violation": "figth"}) for row in rows], '"figth" (8)'),
        (lambda rows: [with_mark(row, MARK | {"end_s": 999.0}) for row in rows[:2]], "2 of 2 videos"),
        (lambda rows: [row | {"features_path": "gone"} for row in rows], "8 of 8 videos"),
    ],
)
def test_a_manifest_that_cannot_be_meant_is_one_sentence_and_no_traceback(
    bundle_folder: Path,
    holdout: list[Example],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[list[dict[str, Any]]], object],
    said: str,
) -> None:
    assert run(bundle_folder, tmp_path, spoil(rows_of(holdout))) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    for word in ("unpack", "codec", "column", "Expecting", "NoneType"):
        assert word not in printed.err


def spoiled(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The row with its annotations changed."""
    return row | {"annotations": [annotation | changes for annotation in row["annotations"]]}


def test_figures_say_of_which_split_the_videos_are_and_that_training_videos_flatter(
    bundle_folder: Path, holdout: list[Example], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = rows_of([*holdout[:5], *(replace(example, split="train") for example in holdout[5:])])
    assert run(bundle_folder, tmp_path, rows) == 0
    table = capsys.readouterr().out
    assert "(5 holdout, 3 train)" in table
    assert "training videos flatter, use --split holdout" in table
    assert run(bundle_folder, tmp_path, rows, "--split", "holdout", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["splits"] == {"holdout": 5}
    assert printed.err == ""
    assert run(bundle_folder, tmp_path, rows, "--json") == 0
    assert "flatter" in capsys.readouterr().err
    assert run(bundle_folder, tmp_path, rows, "--split", "validation") == 1
    assert "no validation videos, only 5 holdout, 3 train" in capsys.readouterr().err


def test_a_reader_who_has_seen_enough_ends_it_quietly(
    bundle_folder: Path, holdout: list[Example], tmp_path: Path
) -> None:
    (tmp_path / "m.json").write_text(json.dumps(rows_of(holdout), default=str))
    command = [sys.executable, "-m", "ml.evaluate", "--bundle", str(bundle_folder)]
    running = subprocess.Popen(
        [*command, "--manifest", str(tmp_path / "m.json"), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None
    running.stdout.close()
    assert running.wait() == 0
    assert running.stderr is not None
    assert running.stderr.read() == b""


def test_bytes_that_are_no_text_are_one_sentence(bundle_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_bytes(b"\xff\xfe[")
    with pytest.raises(TrainingDataError, match="no text in UTF-8"):
        read_manifest(tmp_path / "m.json")
    with pytest.raises(TrainingDataError, match="There is no file"):
        read_manifest(tmp_path / "none.json")
    with pytest.raises(TrainingDataError, match="it is a folder"):
        read_manifest(tmp_path)


def with_mark(row: dict[str, Any], mark: dict[str, Any]) -> dict[str, Any]:
    """The row with one mark more."""
    annotation = row["annotations"][0]
    return row | {"annotations": [annotation | {"marks": [*annotation["marks"], mark]}]}


def test_types_the_bundle_was_asked_for_and_could_not_learn_are_passed_over_and_counted(
    bundle: Bundle, holdout: list[Example]
) -> None:
    left = replace(bundle, left_out={"newer": "No step was watched for newer."})
    newer = make_annotation([Mark("newer", 1.0, 2.0)], covers=[*SLUGS, "newer"])
    examples = [replace(holdout[0], annotations=(newer,))]
    check_types(left, examples)
    assert evaluate_bundle(left, examples)["unknown_types"] == {"newer": 1}


def test_a_manifest_or_bundle_that_is_not_there_is_one_sentence(
    bundle_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = str(tmp_path / "gone.json")
    assert main(["--bundle", str(bundle_folder), "--manifest", gone]) == 1
    assert main(["--bundle", str(tmp_path / "gone"), "--manifest", gone]) == 1
    assert capsys.readouterr().err.count("\n") == 2


def test_wrong_usage_is_exit_code_two(bundle_folder: Path) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--bundle", str(bundle_folder)])
    assert end.value.code == 2


def test_the_command_line_works_where_django_cannot_be_imported(
    bundle_folder: Path, holdout: list[Example], tmp_path: Path
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(rows_of(holdout), default=str))
    code = (
        "import sys\n"
        "for name in ('django', 'celery', 'review', 'worker', 'config'): sys.modules[name] = None\n"
        "from ml.evaluate import main\n"
        f"sys.exit(main(['--bundle', {str(bundle_folder)!r}, '--manifest', {str(manifest)!r}, '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["videos"] == 8


def test_an_annotation_of_nothing_watched_is_no_truth(bundle: Bundle, holdout: list[Example]) -> None:
    asleep = Annotation("a", (), (), (), SLUGS, blind=True)
    figures = evaluate_bundle(bundle, [replace(holdout[0], annotations=(asleep,))])
    assert figures["violations"][FLASHING.slug]["n_steps"] == 0
