"""Claims: who gets which task, one place to one person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from review.models import AuditEvent, Queue, Review, ReviewState, Task, TaskState, User, ViolationType
from review.problems import NothingToLookFor
from review.services.queues import ANALYSIS_PATIENCE, queue_claim_next, review_begin
from review.services.reviews import review_skip, reviews_expire
from tests.factories import (
    NOW,
    AnalysisFactory,
    Scene,
    TaskFactory,
    UserFactory,
    ViolationTypeFactory,
    make_scene,
)
from tests.review.helpers import claim, person, segment, submit

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=2)
CLAIM_QUERIES = 32  # savepoints included


def test_the_task_of_highest_priority_comes_first() -> None:
    scene = make_scene()
    urgent = TaskFactory(queue=scene.queue, priority=9.0)
    assert claim(scene).task == urgent


def test_a_claim_pins_lease_analysis_arm_and_covered_types_and_is_audited() -> None:
    scene = make_scene()
    alice = person()
    review = claim(scene, alice)
    assert (review.state, review.slot, review.lease_token) == (ReviewState.LEASED, 0, 1)
    assert (review.analysis, review.arm, review.hintless_reason) == (scene.analysis, "level2", "")
    assert review.lease_expires_at == NOW + timedelta(seconds=900)
    assert set(review.covered_types.all()) == {scene.gunfire, scene.fight}
    scene.task.refresh_from_db()
    assert scene.task.state == TaskState.IN_REVIEW
    assert AuditEvent.objects.get(verb="review_leased").actor == alice


def test_whoever_has_a_review_in_work_gets_it_back() -> None:
    scene = make_scene()
    TaskFactory(queue=scene.queue)
    alice = person()
    first = claim(scene, alice)
    again = claim(scene, alice, now=NOW + timedelta(seconds=300))
    assert again == first
    assert again.lease_expires_at == NOW + timedelta(seconds=1200)
    assert again.lease_token == first.lease_token


def test_nobody_reviews_a_task_twice_and_an_empty_queue_gives_nothing() -> None:
    scene = make_scene(overlap=2)
    alice = person()
    submit(claim(scene, alice))
    assert queue_claim_next(reviewer=alice, queue=scene.queue, now=NOW) is None
    assert claim(scene, person("bob")).slot == 1


def test_no_more_people_than_the_overlap_get_a_task() -> None:
    scene = make_scene(overlap=2)
    assert {claim(scene).slot, claim(scene).slot} == {0, 1}
    assert queue_claim_next(reviewer=person(), queue=scene.queue, now=NOW) is None


def test_a_skipped_place_is_free_for_others() -> None:
    scene = make_scene()
    alice = person()
    review = claim(scene, alice)
    review_skip(review_id=review.pk, reviewer=alice, lease_token=1, reason="I know the people in it", now=NOW)
    assert queue_claim_next(reviewer=alice, queue=scene.queue, now=NOW) is None
    assert claim(scene).slot == 0


def test_an_expired_review_comes_back_to_its_owner_with_a_greater_token_and_its_draft() -> None:
    scene = make_scene()
    alice = person()
    review = claim(scene, alice)
    Review.objects.filter(pk=review.pk).update(draft={"notes": "half done"}, draft_version=3)
    assert reviews_expire(now=NOW + HOURS) == 1
    back = claim(scene, alice, now=NOW + HOURS)
    assert back.pk == review.pk
    assert (back.state, back.lease_token, back.draft_version) == (ReviewState.LEASED, 2, 3)
    assert back.draft == {"notes": "half done"}


def test_an_expired_review_whose_place_is_taken_stays_expired() -> None:
    scene = make_scene()
    alice = person()
    claim(scene, alice)
    reviews_expire(now=NOW + HOURS)
    claim(scene, person("bob"), now=NOW + HOURS)
    assert queue_claim_next(reviewer=alice, queue=scene.queue, now=NOW + HOURS) is None


def test_a_fresh_video_waits_a_while_for_its_first_analysis() -> None:
    scene = make_scene()
    scene.analysis.state = "running"
    scene.analysis.save()
    assert queue_claim_next(reviewer=person(), queue=scene.queue, now=NOW) is None
    review = claim(scene, now=NOW + ANALYSIS_PATIENCE)
    assert (review.hintless_reason, review.analysis) == ("not_analysed", None)


def test_a_video_that_is_scored_again_is_offered_with_its_earlier_hints() -> None:
    scene = make_scene()
    AnalysisFactory(video=scene.analysis.video, state="running")
    assert claim(scene).analysis == scene.analysis


def test_adjudication_is_offered_to_seniors_only_who_have_not_reviewed_the_task() -> None:
    scene = make_scene(overlap=2)
    insider = person(senior=True)
    submit(claim(scene, insider))
    submit(claim(scene), segment(scene.gunfire))
    scene.task.refresh_from_db()
    assert scene.task.state == TaskState.ADJUDICATING
    for who in (insider, person()):
        assert queue_claim_next(reviewer=who, queue=scene.queue, now=NOW) is None
    review = claim(scene, person(senior=True))
    assert (review.is_adjudication, review.slot) == (True, 2)
    assert queue_claim_next(reviewer=person(senior=True), queue=scene.queue, now=NOW) is None


def covered_names(scene: Scene, who: User | None = None) -> list[str]:
    return sorted(kind.name for kind in claim(scene, who).covered_types.all())


def test_a_queue_with_no_types_chosen_covers_every_type_in_use_also_later_ones() -> None:
    scene = make_scene(overlap=2)
    scene.queue.violation_types.clear()
    ViolationTypeFactory(name="Off", is_active=False)
    ViolationTypeFactory(name="Of a policy that is off", policy__is_active=False)
    assert covered_names(scene) == ["Fight", "Gunfire"]
    ViolationTypeFactory(name="Later")
    assert covered_names(scene) == ["Fight", "Gunfire", "Later"]


def test_a_chosen_type_of_an_inactive_policy_is_not_covered() -> None:
    scene = make_scene()
    scene.fight.policy.is_active = False
    scene.fight.policy.save()
    assert covered_names(scene) == ["Gunfire"]


def test_no_review_is_opened_where_there_is_nothing_to_look_for() -> None:
    scene = make_scene()
    ViolationType.objects.update(is_active=False)
    with pytest.raises(NothingToLookFor, match=r"Queue .* is in use"):
        claim(scene)
    scene.queue.violation_types.clear()
    with pytest.raises(NothingToLookFor, match=r"in use yet. An administrator adds one under Policies\.$"):
        claim(scene)
    assert not Review.objects.exists()


def test_a_claim_costs_no_more_in_a_long_queue(django_assert_max_num_queries: Any) -> None:
    scene = make_scene()
    who = person()
    with django_assert_max_num_queries(CLAIM_QUERIES):
        claim(scene, who)
    for _ in range(20):
        TaskFactory(queue=scene.queue)
    who = person()
    with django_assert_max_num_queries(CLAIM_QUERIES):
        claim(scene, who)


@pytest.mark.django_db(transaction=True)
def test_eight_people_at_once_never_share_a_place() -> None:
    scene = make_scene()
    for _ in range(11):
        TaskFactory(queue=scene.queue)
    people = [UserFactory() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda who: _claim_in_thread(who, scene.queue), people))
    assert len(set(taken) - {None}) == 8
    assert Review.objects.filter(state=ReviewState.LEASED).count() == 8
    assert Task.objects.filter(state=TaskState.IN_REVIEW).count() == 8


@pytest.mark.django_db(transaction=True)
def test_four_people_at_once_share_two_places_of_one_task() -> None:
    scene = make_scene(overlap=2)
    people = [UserFactory() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda who: _claim_in_thread(who, scene.queue), people))
    assert sorted(task or 0 for task in taken) == [0, 0, scene.task.pk, scene.task.pk]
    assert set(Review.objects.values_list("slot", flat=True)) == {0, 1}


@pytest.mark.django_db(transaction=True)
def test_two_windows_of_one_person_get_one_review() -> None:
    scene = make_scene()
    TaskFactory(queue=scene.queue)
    alice = person()
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: _claim_in_thread(alice, scene.queue), range(4)))
    assert len(set(taken)) == 1


def _claim_in_thread(who: User, queue: Queue) -> int | None:
    try:
        review = queue_claim_next(reviewer=who, queue=queue, now=NOW)
        return review.task_id if review else None
    finally:
        connections.close_all()


def test_a_simulated_reviewer_leaves_simulated_reviews() -> None:
    scene = make_scene()
    robot = UserFactory(kind="simulated")
    assert review_begin(task=scene.task, reviewer=robot, now=NOW).source == "simulated"
