"""Arms: drawn once per person and task, and blind where the model is measured."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import pytest

from review.models import Arm, Submission
from review.services.arms import analysis_pin, arm_draw, arm_of_mix
from tests.factories import (
    AnalysisFactory,
    ReviewFactory,
    TaskFactory,
    VideoFactory,
    WatchedRangeFactory,
    make_scene,
)
from tests.review.helpers import claim, person, submit

WHOLE = [{"start_ms": 30_000, "end_ms": 59_500, "speed": 2.0}, {"start_ms": 0, "end_ms": 31_000}]
MIX = {"blind": 0.1, "level1": 0.1, "level2": 0.8}


def test_the_same_person_and_task_always_draw_the_same_arm() -> None:
    who = uuid.uuid4()
    assert len({arm_of_mix(MIX, task_id=7, pseudonym=who) for _ in range(5)}) == 1


def test_many_draws_follow_the_mix() -> None:
    drawn = Counter(arm_of_mix(MIX, task_id=n, pseudonym=uuid.UUID(int=n)) for n in range(5_000))
    assert drawn[Arm.LEVEL2] / 5_000 == pytest.approx(0.8, abs=0.03)
    assert drawn[Arm.BLIND] / 5_000 == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("mix", [{}, {"level2": 0.0}, {"level2": -1.0}])
def test_an_empty_mix_shows_least(mix: dict[str, float]) -> None:
    assert arm_of_mix(mix, task_id=1, pseudonym=uuid.uuid4()) == Arm.BLIND


def test_a_mix_need_not_sum_to_one() -> None:
    assert arm_of_mix({"level1": 30}, task_id=1, pseudonym=uuid.uuid4()) == Arm.LEVEL1


@pytest.mark.django_db
@pytest.mark.parametrize("split", ["holdout", "validation"])
def test_validation_and_holdout_are_reviewed_blind_until_one_unaided_review_is_in(split: str) -> None:
    scene = make_scene(overlap=2, split=split)
    first = claim(scene)
    assert first.arm == Arm.BLIND
    submit(first, watched=WHOLE)
    assert claim(scene).arm == Arm.LEVEL2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    [
        {"watched": []},
        {"watched": [{"start_ms": 0, "end_ms": 30_000}]},
        {"watched": [{"start_ms": 0, "end_ms": 60_000, "muted": True}]},
        {"watched": [{"start_ms": 0, "end_ms": 60_000, "blurred": True}]},
        {"watched": [{"start_ms": 0, "end_ms": 60_000}], "verdict": "unreviewable", "notes": "It stutters."},
    ],
)
def test_a_blind_review_that_cannot_measure_leaves_the_next_one_blind(answer: dict[str, Any]) -> None:
    scene = make_scene(overlap=2, split="holdout")
    submit(claim(scene), **answer)
    assert claim(scene).arm == Arm.BLIND


@pytest.mark.django_db
def test_a_golden_review_does_not_count_as_the_unaided_one() -> None:
    scene = make_scene(split="holdout")
    golden = TaskFactory(queue=scene.queue, submission__video=scene.analysis.video, is_golden=True)
    ReviewFactory(
        task=golden, arm="blind", state="submitted", verdict="clean", submitted_at=golden.created_at
    )
    assert arm_draw(task=scene.task, reviewer=person()) == Arm.BLIND


@pytest.mark.django_db
@pytest.mark.parametrize("split", ["train", "holdout"])
def test_who_saw_the_model_on_a_video_is_never_called_blind_on_it_again(split: str) -> None:
    scene, alice = make_scene(arm="blind", split=split), person()
    other = TaskFactory(queue=scene.queue, submission__video=scene.analysis.video)
    ReviewFactory(task=other, reviewer=alice, arm="level1", state="skipped", analysis=scene.analysis)
    assert arm_draw(task=scene.task, reviewer=alice) == Arm.LEVEL1
    assert arm_draw(task=scene.task, reviewer=person()) == Arm.BLIND


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["reserved", "leased", "expired"])
@pytest.mark.parametrize("arm", ["blind", "level1"])
def test_another_task_of_the_video_shows_no_more_than_the_review_in_work(arm: str, state: str) -> None:
    scene, alice = make_scene(arm="level2"), person()
    other = TaskFactory(submission__video=scene.analysis.video)
    ReviewFactory(task=other, reviewer=alice, arm=arm, state=state, analysis=scene.analysis)
    assert arm_draw(task=scene.task, reviewer=alice) == arm
    assert arm_draw(task=scene.task, reviewer=person()) == Arm.LEVEL2


@pytest.mark.django_db
def test_a_blind_review_of_the_same_video_in_another_submission_counts() -> None:
    scene = make_scene(split="holdout")
    other = TaskFactory(queue=scene.queue, submission__video=scene.analysis.video)
    submit(claim(scene), watched=WHOLE)
    assert Submission.objects.filter(video=scene.analysis.video).count() == 2
    assert arm_draw(task=other, reviewer=person()) == Arm.LEVEL2


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{"hintless_reason": "no_bundle"}, {"source": "import"}])
def test_reviews_without_the_models_help_lift_the_forced_blind_arm(values: dict[str, str]) -> None:
    scene = make_scene(overlap=2, split="holdout")
    review = ReviewFactory(
        task=scene.task, state="submitted", verdict="clean", submitted_at=scene.task.created_at, **values
    )
    WatchedRangeFactory(review=review)
    assert arm_draw(task=scene.task, reviewer=person()) == Arm.LEVEL2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("states", "reason"),
    [([], "not_analysed"), (["queued"], "not_analysed"), (["refused"], "refused"), (["failed"], "failed")],
)
def test_the_reason_for_no_hints_follows_the_newest_analysis(states: list[str], reason: str) -> None:
    video = VideoFactory()
    for state in states:
        AnalysisFactory(video=video, state=state)
    pinned = analysis_pin(video)
    assert (pinned.analysis, pinned.hintless_reason) == (None, reason)


@pytest.mark.django_db
def test_an_analysis_without_a_bundle_means_no_model_yet() -> None:
    analysis = AnalysisFactory(bundle=None)
    pinned = analysis_pin(analysis.video)
    assert (pinned.analysis, pinned.hintless_reason) == (analysis, "no_bundle")


@pytest.mark.django_db
def test_the_newest_finished_analysis_is_pinned_even_when_a_later_one_failed() -> None:
    old = AnalysisFactory()
    new = AnalysisFactory(video=old.video)
    AnalysisFactory(video=old.video, state="failed")
    assert analysis_pin(old.video).analysis == new
