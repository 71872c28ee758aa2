"""What a step teaches: positive, negative, or nothing at all."""

import numpy as np
import pytest

from ml.errors import TrainingDataError
from ml.targets import Targets, annotation_targets, consensus
from ml.types import Annotation, Mark
from tests.ml.making import FLASHING, GUNFIRE, SCREAM, SPECS, make_annotation

STEPS, STEP_S = 40, 0.25  # ten seconds


def targets(annotation: Annotation, *, edge_s: float = 0.5) -> Targets:
    return annotation_targets(
        annotation, SPECS, steps=STEPS, step_s=STEP_S, duration_s=STEPS * STEP_S, edge_s=edge_s
    )


def known(found: Targets, slug: str) -> list[float]:
    """Seconds at which the type is known."""
    column = [spec.slug for spec in SPECS].index(slug)
    return [float(step * STEP_S) for step in np.flatnonzero(found.weight[:, column])]


def test_only_watched_steps_teach() -> None:
    everything = tuple(spec.slug for spec in SPECS)
    about = Annotation("a", (), ((2.0, 4.0),), ((0.0, 10.0),), everything)
    assert known(targets(about), FLASHING.slug) == [2.0 + n * STEP_S for n in range(8)]


def test_a_muted_stretch_is_no_negative_for_what_needs_sound() -> None:
    about = Annotation("a", (), ((0.0, 10.0),), ((0.0, 5.0),), tuple(spec.slug for spec in SPECS))
    found = targets(about)
    assert max(known(found, FLASHING.slug)) == 9.75
    assert max(known(found, GUNFIRE.slug)) == 4.75
    assert max(known(found, SCREAM.slug)) == 4.75


def test_a_mark_made_muted_is_known_only_where_it_can_be_seen() -> None:
    marks = tuple(Mark(spec.slug, 6.0, 9.0) for spec in SPECS)
    about = Annotation("a", marks, ((0.0, 10.0),), ((0.0, 5.0),), tuple(spec.slug for spec in SPECS))
    found = targets(about, edge_s=0.0)
    assert max(known(found, SCREAM.slug)) == 4.75, "nobody heard it"
    assert max(known(found, GUNFIRE.slug)) == 8.75, "it can be seen"
    assert 9.0 not in known(found, GUNFIRE.slug), "its absence cannot"
    assert max(known(found, FLASHING.slug)) == 9.75


def test_a_type_outside_the_queues_cover_stays_unknown() -> None:
    found = targets(make_annotation((), covers=[FLASHING.slug]))
    assert known(found, FLASHING.slug)
    assert known(found, GUNFIRE.slug) == []


def test_half_a_second_around_each_edge_teaches_nothing() -> None:
    found = targets(make_annotation([Mark(FLASHING.slug, 4.0, 7.0)]))
    unknown = sorted(set(np.arange(STEPS) * STEP_S) - set(known(found, FLASHING.slug)))
    assert unknown == [3.5, 3.75, 4.0, 4.25, 6.5, 6.75, 7.0, 7.25]


def test_the_middle_of_a_short_mark_stays_positive() -> None:
    found = targets(make_annotation([Mark(FLASHING.slug, 4.0, 5.0)]))
    positive = np.flatnonzero(found.label[:, 0] * found.weight[:, 0]) * STEP_S
    assert positive.tolist() == [4.25, 4.5]


def test_a_mark_shorter_than_a_step_still_teaches_one() -> None:
    shot = Mark(GUNFIRE.slug, 4.14, 4.24)  # between two steps' middles
    for edge_s in (0.5, 0.0):
        found = targets(make_annotation([shot]), edge_s=edge_s)
        positive = np.flatnonzero(found.label[:, 1] * found.weight[:, 1]) * STEP_S
        assert positive.tolist() == [4.0]


def test_the_last_step_of_a_very_short_video_is_watched_too() -> None:
    whole = ((0.0, 0.3),)
    about = Annotation("a", (), whole, whole, (FLASHING.slug,))
    found = annotation_targets(about, SPECS, steps=2, step_s=STEP_S, duration_s=0.3)
    assert found.weight[:, 0].tolist() == [1.0, 1.0]


def test_a_mark_over_the_whole_video_has_no_edges() -> None:
    found = targets(make_annotation([Mark(FLASHING.slug, 0.0, 10.0)]))
    assert len(known(found, FLASHING.slug)) == STEPS


def test_a_settled_label_outweighs_single_opinions() -> None:
    mark = [Mark(FLASHING.slug, 2.0, 8.0)]
    people = [make_annotation((), annotator=str(n)) for n in range(3)] + [make_annotation(mark, settled=True)]
    agreed = consensus(people, [targets(annotation) for annotation in people])
    assert agreed.label[20, 0] == pytest.approx(4 / 7)


def test_an_unknown_type_is_refused_in_a_sentence() -> None:
    with pytest.raises(TrainingDataError, match='"dancing"') as refusal:
        targets(make_annotation([Mark("dancing", 1.0, 2.0)]))
    assert refusal.value.code == "unknown_violation"


@pytest.mark.parametrize("bounds", [(-1.0, 2.0), (5.0, 5.0), (6.0, 5.0), (8.0, 12.0), (float("nan"), 2.0)])
def test_a_mark_outside_the_video_is_refused(bounds: tuple[float, float]) -> None:
    with pytest.raises(TrainingDataError) as refusal:
        targets(make_annotation([Mark(FLASHING.slug, *bounds)]))
    assert refusal.value.code == "label_outside_video"
