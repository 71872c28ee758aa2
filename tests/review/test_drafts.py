"""Drafts: saved whole, refused whole, never lost."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from review.models import Review, ReviewState
from review.problems import DraftConflict, DraftInvalid, LeaseLost, NotFound
from review.services.drafts import Draft, DraftSaved, draft_save
from tests.factories import NOW, HintFactory, Scene, TaskFactory, ViolationTypeFactory, make_scene
from tests.review.helpers import claim, draft, person, segment

pytestmark = pytest.mark.django_db


def save(review: Review, content: Draft, **values: Any) -> DraftSaved:
    fields = {"reviewer": review.reviewer, "lease_token": review.lease_token, "version": 0, "now": NOW}
    return draft_save(review_id=review.pk, draft=content, **{**fields, **values})


def test_a_save_raises_the_version_and_renews_the_lease() -> None:
    review = claim(make_scene())
    later = NOW + timedelta(seconds=600)
    saved = save(review, draft(notes="a thought"), now=later)
    review.refresh_from_db()
    assert (saved.version, review.draft["notes"]) == (1, "a thought")
    assert saved.lease_expires_at == review.lease_expires_at == later + timedelta(seconds=900)
    assert review.draft_saved_at == later


def test_a_stale_version_is_a_conflict_that_carries_what_is_stored() -> None:
    review = claim(make_scene())
    save(review, draft(notes="first"))
    with pytest.raises(DraftConflict) as caught:
        save(review, draft(notes="second"))
    assert caught.value.extra["current_version"] == 1
    assert caught.value.extra["current_draft"]["notes"] == "first"


def test_the_same_save_again_is_no_conflict() -> None:
    review = claim(make_scene())
    content = draft(notes="the answer got lost on the way")
    assert save(review, content).version == save(review, content).version == 1


def test_an_old_token_is_refused() -> None:
    review = claim(make_scene())
    with pytest.raises(LeaseLost):
        save(review, draft(), lease_token=review.lease_token - 1)


@pytest.mark.parametrize("state", [ReviewState.EXPIRED, ReviewState.SKIPPED])
def test_a_review_no_longer_in_work_is_refused_and_its_draft_stays(state: ReviewState) -> None:
    review = claim(make_scene())
    save(review, draft(notes="kept"))
    Review.objects.filter(pk=review.pk).update(state=state)
    with pytest.raises(LeaseLost):
        save(review, draft(notes="too late"), version=1)
    review.refresh_from_db()
    assert review.draft["notes"] == "kept"


def test_a_lease_past_its_time_still_counts_until_it_is_taken_back() -> None:
    review = claim(make_scene())
    assert save(review, draft(), now=NOW + timedelta(hours=3)).version == 1


def test_nobody_saves_somebody_elses_draft() -> None:
    review = claim(make_scene())
    with pytest.raises(NotFound):
        save(review, draft(), reviewer=person("bob"))


def refused(scene: Scene, content: Draft) -> str:
    review = claim(scene)
    with pytest.raises(DraftInvalid) as caught:
        save(review, content)
    review.refresh_from_db()
    assert (review.draft, review.draft_version) == ({}, 0)
    return caught.value.sentence


def test_a_type_outside_the_queue_is_refused_by_name() -> None:
    scene = make_scene()
    other = ViolationTypeFactory(slug="spam")
    assert '"spam"' in refused(scene, draft(segment(scene.gunfire), segment(other)))


def test_a_segment_after_the_end_of_the_video_is_refused() -> None:
    scene = make_scene()
    sentence = refused(scene, draft(segment(scene.gunfire), segment(scene.gunfire, 59_000, 60_001)))
    assert sentence == "Segment 2 ends at 60001 ms, after the video's end at 60000 ms."


def test_a_segment_may_end_with_the_video() -> None:
    scene = make_scene()
    assert save(claim(scene), draft(segment(scene.gunfire, 59_000, 60_000))).version == 1


@pytest.mark.parametrize(("start_ms", "end_ms"), [(5_000, 5_000), (5_000, 4_000)])
def test_a_segment_without_length_is_refused(start_ms: int, end_ms: int) -> None:
    scene = make_scene()
    assert "not before its end" in refused(scene, draft(segment(scene.gunfire, start_ms, end_ms)))


def test_overlapping_segments_of_one_type_are_refused_and_touching_ones_are_not() -> None:
    scene = make_scene()
    overlapping = draft(segment(scene.gunfire, 1_000, 5_000), segment(scene.gunfire, 4_999, 6_000))
    assert "overlap" in refused(scene, overlapping)
    touching = draft(segment(scene.gunfire, 1_000, 5_000), segment(scene.gunfire, 5_000, 6_000))
    other_type = draft(segment(scene.gunfire, 1_000, 5_000), segment(scene.fight, 1_000, 5_000))
    for content in (touching, other_type):
        assert save(claim(make_scene_like(scene)), content).version == 1


def make_scene_like(scene: Scene) -> Scene:
    """Another task in the same queue, on a video of its own."""
    return replace(scene, task=TaskFactory(queue=scene.queue))


def test_the_same_segment_id_twice_is_refused() -> None:
    scene = make_scene()
    twice = segment(scene.gunfire)
    assert "which another segment has too" in refused(
        scene, draft(twice, {**twice, "start_ms": 6_000, "end_ms": 7_000})
    )


@pytest.mark.parametrize(("origin", "count"), [("hint", 0), ("human", 1), ("human", 2)])
def test_an_origin_that_does_not_fit_its_hints_is_refused(origin: str, count: int) -> None:
    scene = make_scene()
    wrong = {**segment(scene.gunfire, hints=scene.hints[:count]), "origin": origin}
    assert "must name its hints if it comes from any" in refused(scene, draft(wrong))


def test_a_hint_of_another_analysis_is_refused() -> None:
    scene = make_scene()
    foreign = HintFactory()
    assert f"Hint {foreign.pk}" in refused(scene, draft(shown=[foreign.pk]))


def test_a_hint_of_a_type_the_queue_does_not_cover_is_refused() -> None:
    scene = make_scene()
    uncovered = HintFactory(analysis=scene.analysis)
    assert f"Hint {uncovered.pk}" in refused(scene, draft(rejected=[uncovered.pk]))


@pytest.mark.parametrize("arm", ["blind", "level1"])
@pytest.mark.parametrize("field", ["shown", "played", "rejected"])
def test_an_arm_without_hints_may_not_name_any(arm: str, field: str) -> None:
    scene = make_scene(arm=arm)
    assert "shown no hints" in refused(scene, draft(**{field: [scene.hints[0].pk]}))


def test_a_hinted_segment_in_a_blind_review_is_refused() -> None:
    scene = make_scene(arm="blind")
    assert "shown no hints" in refused(scene, draft(segment(scene.gunfire, hints=[scene.hints[0]])))


@pytest.mark.parametrize("count", [1, 2])
def test_a_hint_cannot_be_both_rejected_and_kept(count: int) -> None:
    scene = make_scene()
    kept = scene.hints[:count]
    content = draft(segment(scene.gunfire, hints=kept), rejected=[kept[-1].pk])
    assert f"Hint {kept[-1].pk} is rejected and kept" in refused(scene, content)


@pytest.mark.parametrize(
    "wrong",
    [
        {"segments": [{"id": str(uuid.uuid4()), "violation_type": "x", "start_ms": 1.5, "end_ms": 3}]},
        {"active_ms": -1},
        {"verdict": "guilty"},
        {"unknown": 1},
        {"watched": [{"start_ms": 0, "end_ms": 10, "speed": 0}]},
    ],
)
def test_a_draft_of_another_shape_is_no_draft(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Draft.model_validate(wrong)
