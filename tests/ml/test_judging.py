"""What counts as true and as said: exact bounds, one class of all types, each annotator's own opinion."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.bundle import Bundle
from ml.features import STEP_S, save_features
from ml.judging import JudgedVideo, any_of, judged_videos
from ml.types import Annotation, Example, Mark
from tests.ml.making import FLASHING, SCREAM, SLUGS, STEPS, make_annotation, make_features

LENGTH_S = STEPS * STEP_S


def judge(
    bundle: Bundle, folder: Path, *annotations: Annotation, marks: tuple[Mark, ...] = ()
) -> JudgedVideo:
    """One film as the bundle and these annotators see it."""
    path = folder / "film.safetensors"
    save_features(make_features(marks), path)
    (video,) = judged_videos(bundle, [Example("film", path, "group", "holdout", annotations)])
    return video


def test_events_keep_the_bounds_people_gave(bundle: Bundle, tmp_path: Path) -> None:
    mark = Mark(FLASHING.slug, 3.07, 6.44)
    video = judge(bundle, tmp_path, make_annotation([mark]))
    assert video.types[FLASHING.slug].events == ((3.07, 6.44),)
    assert video.anything.events == ((3.07, 6.44),)


def test_marks_that_touch_are_one_event(bundle: Bundle, tmp_path: Path) -> None:
    marks = [Mark(FLASHING.slug, 3.0, 6.0), Mark(FLASHING.slug, 5.0, 8.0), Mark(SCREAM.slug, 8.0, 9.0)]
    video = judge(bundle, tmp_path, make_annotation(marks))
    assert video.types[FLASHING.slug].events == ((3.0, 8.0),)
    assert video.anything.events == ((3.0, 9.0),), "of any type, they follow each other without a gap"


def test_what_most_annotators_marked_is_true_and_each_keeps_an_opinion(
    bundle: Bundle, tmp_path: Path
) -> None:
    mark = Mark(FLASHING.slug, 3.0, 6.0)
    people = [make_annotation([mark] if n else [], annotator=f"person-{n}") for n in range(3)]
    video = judge(bundle, tmp_path, *people)
    assert video.types[FLASHING.slug].events == ((3.0, 6.0),)
    opinions = {o.annotator: o for o in video.opinions if o.violation == FLASHING.slug}
    assert {name: int(opinion.truth.sum()) for name, opinion in opinions.items()} == {
        "person-0": 0,
        "person-1": 12,
        "person-2": 12,
    }
    assert (opinions["person-2"].own == opinions["person-2"].agreed).all(), "never met: the consensus"


def test_a_tie_is_unknown_and_a_settled_label_breaks_it(bundle: Bundle, tmp_path: Path) -> None:
    mark = Mark(FLASHING.slug, 3.0, 6.0)
    yes, no = make_annotation([mark], annotator="yes"), make_annotation([], annotator="no")
    tied = judge(bundle, tmp_path, yes, no)
    of = tied.types[FLASHING.slug]
    assert (of.events, len(of.truth), of.disputed, of.tied) == ((), STEPS - 12, 12, 12)
    assert (tied.anything.disputed, tied.anything.tied) == (12, 12)
    settled = judge(bundle, tmp_path, replace(yes, settled=True), no).types[FLASHING.slug]
    assert (settled.events, settled.disputed, settled.tied) == (((3.0, 6.0),), 12, 0)


def test_a_step_belongs_to_the_class_of_all_types_where_each_is_known(bundle: Bundle, tmp_path: Path) -> None:
    muted = replace(make_annotation([]), unmuted=((0.0, LENGTH_S / 2),))
    video = judge(bundle, tmp_path, muted)
    assert len(video.types[FLASHING.slug].truth) == STEPS
    assert len(video.types[SCREAM.slug].truth) == STEPS // 2
    assert len(video.anything.truth) == STEPS // 2


def test_a_type_nobody_was_asked_for_leaves_the_class_of_all_types_unknown(
    bundle: Bundle, tmp_path: Path
) -> None:
    video = judge(bundle, tmp_path, make_annotation([], covers=SLUGS[:1]))
    assert len(video.anything.truth) == 0
    assert len(video.types[SLUGS[0]].truth) == STEPS


def test_coinciding_hints_count_once_for_the_class_of_all_types(bundle: Bundle, tmp_path: Path) -> None:
    marks = (Mark(FLASHING.slug, 5.0, 10.0), Mark(SCREAM.slug, 5.0, 10.0))
    video = judge(bundle, tmp_path, make_annotation(marks), marks=marks)
    hints = [len(video.types[slug].hints.shown) for slug in (FLASHING.slug, SCREAM.slug)]
    assert hints == [1, 1]
    assert len(video.anything.hints.shown) == 1


def test_any_of_independent_types_is_one_minus_none_of_them() -> None:
    curves = {"a": np.array([0.5, 0.0], np.float32), "b": np.array([0.5, 0.2], np.float32)}
    assert any_of(curves) == pytest.approx([0.75, 0.2])


def test_random_curves_hold_the_curves_own_values_and_come_from_the_seed(
    bundle: Bundle, holdout: list[Example]
) -> None:
    one, again = (list(judged_videos(bundle, holdout, seed=5, chance_draws=2)) for _ in range(2))
    assert [v.anything.chance for v in one] == [v.anything.chance for v in again]
    assert all(len(v.anything.chance) == 2 for v in one)
    assert any(v.anything.chance[0] != v.anything.hints for v in one)
