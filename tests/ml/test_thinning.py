"""What a training keeps when there is more than fits: corrections first, but never alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ml.table
from ml.bundle import load_bundle
from ml.table import read_table
from ml.targets import Targets
from ml.thinning import mixed, stands_for, thinned
from ml.train import train_bundle
from ml.types import BoolArray, Example
from tests.ml.making import SPECS, make_examples


def known(steps: int, positive: range = range(0)) -> Targets:
    label = np.zeros((steps, 1), np.float32)
    label[list(positive)] = 1
    return Targets(label, np.ones_like(label))


def flagged(steps: int, places: range) -> BoolArray:
    flags = np.zeros(steps, np.bool_)
    flags[list(places)] = True
    return flags


def test_what_fits_stays_whole() -> None:
    assert len(thinned(known(50), flagged(50, range(40)), 50)) == 50


def test_corrected_steps_come_first_but_are_never_more_than_half() -> None:
    few, many = flagged(1000, range(30)), flagged(1000, range(600))
    kept = thinned(known(1000), few, 100)
    assert few[kept].sum() == 30
    assert len(kept) <= 100
    kept = thinned(known(1000), many, 100)
    assert 40 <= many[kept].sum() <= len(kept) / 2


def test_corrected_steps_do_not_outnumber_the_others_of_their_video() -> None:
    corrected = flagged(1000, range(990))
    kept = thinned(known(1000), corrected, 100)
    assert corrected[kept].sum() <= (~corrected[kept]).sum() == 10


def test_of_the_others_positives_come_first() -> None:
    targets = known(1000, range(500, 520))
    kept = thinned(targets, flagged(1000, range(10)), 100)
    assert targets.label[kept, 0].sum() == 20


def test_in_all_videos_together_corrected_steps_are_at_most_half() -> None:
    videos = [flagged(100, range(100)), flagged(60, range(20)), flagged(10, range(0))]
    rows = mixed(videos)
    left = sum(int(flags[kept].sum()) for flags, kept in zip(videos, rows, strict=True))
    assert 45 <= left <= 50, "there are 50 that nobody corrected"
    assert all((~flags).sum() == (~flags[kept]).sum() for flags, kept in zip(videos, rows, strict=True))
    assert all((np.diff(kept) > 0).all() for kept in rows)


def test_where_everything_was_corrected_everything_stays() -> None:
    assert [len(rows) for rows in mixed([flagged(9, range(9))])] == [9]


def test_a_table_says_which_steps_were_corrected_and_mixes_them(tmp_path: Path) -> None:
    examples = [overruled(example) for example in make_examples(tmp_path, 4)]
    table = read_table(examples, SPECS, seed=0)
    assert table.corrected.sum() == (~table.corrected).sum()
    for field in ("picture", "sound_ok", "label", "weight", "group", "validation"):
        assert len(getattr(table, field)) == len(table.corrected), field
    assert table.opinion_step.max() < len(table.corrected)


def overruled(example: Example) -> Example:
    """Its annotator overruled hints on three quarters of it."""
    return replace(
        example, annotations=tuple(replace(a, corrected=((0.0, 18.0),)) for a in example.annotations)
    )


def test_however_many_videos_there_are_the_table_stays_within_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ml.table, "MAX_STEPS", 100)
    table = read_table(make_examples(tmp_path, 12), SPECS, seed=0)
    assert 60 <= len(table.label) <= 100


def test_what_is_kept_stands_for_all_that_was_known() -> None:
    targets, corrected = known(1000, range(500, 560)), flagged(1000, range(200))
    kept = thinned(targets, corrected, 100)
    each = stands_for(targets, corrected, kept)
    assert each.sum() == pytest.approx(1000)
    assert each[targets.label[kept, 0] > 0].sum() == pytest.approx(60)
    assert each[corrected[kept]].sum() == pytest.approx(200)
    assert (stands_for(targets, corrected, np.arange(1000)) == 1).all()


def test_mixing_loses_no_corrected_step_from_the_count(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 3)
    table = read_table([overruled(examples[0]), *examples[1:]], SPECS, seed=0)
    whole = read_table(examples, SPECS, seed=0)
    assert table.stands_for.sum() == pytest.approx(len(whole.label))


def test_a_table_that_keeps_a_part_claims_no_more_violations_than_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = make_examples(tmp_path, 12)
    rates = []
    for most in (50_000, 12 * 30):
        monkeypatch.setattr(ml.table, "MAX_STEPS", most)
        train_bundle(examples, violations=SPECS, out_dir=tmp_path / str(most), name="x")
        figures = load_bundle(tmp_path / str(most)).metrics["violations"]
        rates.append([figures[spec.slug]["base_rate"] for spec in SPECS])
    assert rates[1] == pytest.approx(rates[0], rel=0.1)
