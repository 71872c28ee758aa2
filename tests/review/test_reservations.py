"""Reservations: the next task kept for a moment, and never at the cost of anybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from review import access
from review.models import (
    AuditEvent,
    HintlessReason,
    Queue,
    Review,
    ReviewState,
    TaskState,
    ViolationType,
)
from review.problems import LeaseLost, NotFound
from review.queries.history import review_lines
from review.queries.insights import insights_get
from review.queries.queues import queue_lines
from review.services.drafts import Draft, draft_save
from review.services.queues import queue_claim_next, queue_reserve_next, review_begin
from review.services.reservations import RESERVATION_LIFE, review_open
from review.services.reviews import review_reopen, review_skip, review_submit, reviews_expire
from tests.factories import NOW, AnalysisFactory, ReviewFactory, TaskFactory, make_scene
from tests.review.helpers import claim, person, reserve, segment, submit, two_tasks

pytestmark = pytest.mark.django_db
LATER = NOW + RESERVATION_LIFE + timedelta(seconds=1)
HOURS = timedelta(hours=2)
RESERVE_QUERIES = 36  # savepoints included


# --- What a reservation is ----------------------------------------------------------------------------------


def test_a_reservation_is_the_next_task_and_the_same_one_when_asked_again() -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    assert review.task != first.task
    assert (review.state, review.slot) == (ReviewState.RESERVED, 0)
    assert review.lease_expires_at == NOW + RESERVATION_LIFE
    again = reserve(scene, alice, now=NOW + timedelta(seconds=60))
    assert again == review
    assert again.lease_expires_at == NOW + timedelta(seconds=60) + RESERVATION_LIFE


def test_nothing_is_reserved_for_who_has_nothing_in_work() -> None:
    scene, alice = two_tasks(), person()
    assert queue_reserve_next(reviewer=alice, queue=scene.queue, now=NOW) is None
    submit(claim(scene, alice))
    assert queue_reserve_next(reviewer=alice, queue=scene.queue, now=NOW) is None


def test_nobody_is_reserved_a_task_they_know() -> None:
    scene, alice = two_tasks(overlap=2), person()
    submit(claim(scene, alice))
    claim(scene, alice)
    assert queue_reserve_next(reviewer=alice, queue=scene.queue, now=NOW) is None


def test_a_review_that_ran_out_comes_back_before_anything_is_reserved() -> None:
    scene, alice = two_tasks(), person()
    claim(scene, alice)
    reviews_expire(now=NOW + HOURS)
    review_begin(task=TaskFactory(queue=scene.queue), reviewer=alice, now=NOW)
    assert queue_reserve_next(reviewer=alice, queue=scene.queue, now=NOW) is None


def test_seniors_reserve_what_waits_for_seniors_first() -> None:
    scene = make_scene(overlap=2)
    dora = person(senior=True)
    submit(claim(scene), segment(scene.gunfire))
    submit(claim(scene))
    review_begin(task=TaskFactory(queue=scene.queue, overlap=1), reviewer=dora, now=NOW)
    review = reserve(scene, dora)
    assert (review.task, review.is_adjudication) == (scene.task, True)
    # Another senior who finds nothing else takes it over.
    assert claim(scene, person(senior=True)).task == scene.task
    assert not Review.objects.filter(pk=review.pk).exists()


# --- Opening ------------------------------------------------------------------------------------------------


def test_opening_leases_it_under_a_greater_token_and_again_is_harmless() -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    submit(first)
    opened = review_open(review_id=review.pk, reviewer=alice, now=LATER)
    assert opened.as_reserved
    review.refresh_from_db()
    assert (review.state, review.lease_token) == (ReviewState.LEASED, opened.lease.token)
    assert opened.lease.token == 2
    assert review.leased_at == LATER
    review.task.refresh_from_db()
    assert review.task.state == TaskState.IN_REVIEW
    again = review_open(review_id=review.pk, reviewer=alice, now=LATER)
    assert (again.lease, again.as_reserved) == (opened.lease, False)
    assert AuditEvent.objects.filter(verb="review_leased", object_id=str(review.pk)).count() == 1


def test_the_next_task_is_the_reserved_one_whatever_became_more_urgent() -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    TaskFactory(queue=scene.queue, priority=99.0)
    submit(first)
    assert claim(scene, alice) == review


def test_nobody_opens_a_second_one_while_one_is_in_work() -> None:
    scene, alice = two_tasks(), person()
    claim(scene, alice)
    review = reserve(scene, alice)
    with pytest.raises(LeaseLost, match="in work"):
        review_open(review_id=review.pk, reviewer=alice, now=NOW)


def test_what_was_decided_meanwhile_is_not_opened_and_next_goes_on() -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    review.task.state = TaskState.FROZEN
    review.task.save()
    submit(first)
    with pytest.raises(LeaseLost, match="decided meanwhile"):
        review_open(review_id=review.pk, reviewer=alice, now=NOW)
    assert queue_claim_next(reviewer=alice, queue=scene.queue, now=NOW) is None
    assert not Review.objects.filter(pk=review.pk).exists()


def test_opening_pins_the_newest_analysis_and_says_that_it_is_another() -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    assert review.hintless_reason == HintlessReason.NOT_ANALYSED
    newer = AnalysisFactory(video=review.task.submission.video)
    submit(first)
    opened = review_open(review_id=review.pk, reviewer=alice, now=NOW)
    review.refresh_from_db()
    assert (opened.as_reserved, review.analysis) == (False, newer)


def test_opening_keeps_the_arm_that_was_drawn() -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    assert review.arm == "level2"
    Queue.objects.update(arm_mix={"blind": 1.0})
    submit(first)
    assert review_open(review_id=review.pk, reviewer=alice, now=NOW).as_reserved
    review.refresh_from_db()
    assert review.arm == "level2"


def test_opening_shows_no_more_than_a_review_of_the_same_video_begun_meanwhile() -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    elsewhere = TaskFactory(submission__video=review.task.submission.video)
    ReviewFactory(task=elsewhere, reviewer=alice, arm="blind", state="leased")
    submit(first)
    assert not review_open(review_id=review.pk, reviewer=alice, now=NOW).as_reserved
    review.refresh_from_db()
    assert review.arm == "blind"


# --- Who may ------------------------------------------------------------------------------------------------


def test_its_holder_reads_it_while_it_lives_and_nobody_else() -> None:
    scene, alice, bob, dora = two_tasks(), person("alice"), person("bob"), person("dora", senior=True)
    claim(scene, alice)
    review = reserve(scene, alice)
    assert access.review_own(alice, review.pk, now=NOW) == review
    assert access.review_with_media(alice, review.pk, now=NOW) == review
    for who in (bob, dora):
        with pytest.raises(NotFound):
            access.review_own(who, review.pk, now=NOW)
    for ask in (access.review_own, access.review_with_media):
        with pytest.raises(NotFound):
            ask(alice, review.pk, now=LATER)
    with pytest.raises(NotFound):
        access.review_with_media(bob, review.pk, now=NOW)
    with pytest.raises(LeaseLost, match="no longer kept"):
        review_open(review_id=review.pk, reviewer=bob, now=NOW)


def test_nothing_can_be_written_before_it_is_opened() -> None:
    scene, alice = two_tasks(), person()
    claim(scene, alice)
    review = reserve(scene, alice)
    token = {"review_id": review.pk, "reviewer": alice, "lease_token": 1, "now": NOW}
    empty = {"version": 0, "draft": Draft(verdict="clean")}  # type: ignore[arg-type]
    for write in (
        lambda: draft_save(**token, **empty),  # type: ignore[arg-type]
        lambda: review_submit(**token, **empty),  # type: ignore[arg-type]
        lambda: review_skip(**token, reason="language"),  # type: ignore[arg-type]
    ):
        with pytest.raises(LeaseLost, match="not open yet"):
            write()


def test_it_shows_nowhere_before_it_is_opened() -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    reserve(scene, alice)
    assert [line.id for line in review_lines(person=alice)] == [first.pk]
    (line,) = queue_lines(person=alice, now=NOW)
    assert (line.waiting, line.my_open_review_id) == (1, first.pk)
    (other,) = queue_lines(person=person(), now=NOW)
    assert other.waiting == 1


@pytest.mark.parametrize("closed", ["queue", "types"])
def test_a_closed_queue_opens_nothing_that_was_reserved(closed: str) -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    if closed == "queue":
        Queue.objects.update(is_active=False)
    else:
        ViolationType.objects.update(is_active=False)
    submit(first)
    with pytest.raises(LeaseLost, match="Take the next one"):
        review_open(review_id=review.pk, reviewer=alice, now=NOW)


# --- It costs nobody anything -------------------------------------------------------------------------------


def test_a_reservation_that_ran_out_leaves_no_trace() -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    assert reviews_expire(now=LATER) == 1
    assert not Review.objects.filter(pk=review.pk).exists()
    arms = insights_get(now=LATER).by_arm
    assert sum(arm.expired + arm.skipped for arm in arms) == 0
    submit(first)
    with pytest.raises(LeaseLost, match="no longer kept"):
        review_open(review_id=review.pk, reviewer=alice, now=LATER)
    assert claim(scene, alice, now=LATER).task == review.task


def test_a_reservation_gives_way_to_whoever_would_have_nothing_to_do() -> None:
    scene, alice, bob = two_tasks(), person("alice"), person("bob")
    first = claim(scene, alice)
    review = reserve(scene, alice)
    assert claim(scene, bob).task == review.task
    event = AuditEvent.objects.get(verb="reservation_ended")
    assert (event.actor, event.payload.content["why"]) == (None, "needed_by_another")  # type: ignore[union-attr]
    submit(first)
    assert queue_claim_next(reviewer=alice, queue=scene.queue, now=NOW) is None


def test_others_pass_a_reserved_place_by_while_anything_else_waits() -> None:
    scene, alice = two_tasks(), person()
    claim(scene, alice)
    review = reserve(scene, alice)
    lesser = TaskFactory(queue=scene.queue, priority=-1.0)
    assert claim(scene).task == lesser
    assert Review.objects.filter(pk=review.pk).exists()


def test_a_task_with_another_free_place_is_no_less_urgent_for_a_reservation() -> None:
    scene, alice = two_tasks(overlap=2), person()
    claim(scene, alice)
    review = reserve(scene, alice)
    claim(scene, bob := person("bob"))
    submit(Review.objects.get(reviewer=bob))
    TaskFactory(queue=scene.queue, priority=-1.0)
    other = claim(scene, bob)
    assert (other.task, other.slot) == (review.task, 1)
    assert Review.objects.filter(pk=review.pk).exists()


def test_reservations_do_not_take_each_other() -> None:
    scene, alice, bob = two_tasks(overlap=2), person("alice"), person("bob")
    for who in (alice, bob):
        claim(scene, who)
    assert {reserve(scene, alice).slot, reserve(scene, bob).slot} == {0, 1}
    carol = person("carol")
    claim(scene, carol)
    assert Review.objects.filter(state=ReviewState.RESERVED).count() == 1  # one of them gave way


def test_a_senior_s_reservation_keeps_nobody_from_reopening() -> None:
    scene = make_scene(overlap=2)
    alice, dora = person("alice"), person("dora", senior=True)
    first = claim(scene, alice)
    submit(first, segment(scene.gunfire))
    submit(claim(scene))
    other = TaskFactory(queue=scene.queue)
    review_begin(task=other, reviewer=dora, now=NOW)
    kept = reserve(scene, dora)
    review_reopen(review_id=first.pk, reviewer=alice, now=NOW)
    Review.objects.filter(reviewer=dora, task=other).update(state="skipped")
    with pytest.raises(LeaseLost, match="decided meanwhile"):
        review_open(review_id=kept.pk, reviewer=dora, now=NOW)


def test_leaving_lets_go(client: Client) -> None:
    scene, alice = two_tasks(), person()
    claim(scene, alice)
    client.force_login(alice)
    address = f"/api/queues/{scene.queue.pk}/reserve"
    assert client.post(address).status_code == 200
    assert client.delete(address).status_code == 204
    assert not Review.objects.filter(state=ReviewState.RESERVED).exists()
    client.post(address)
    client.post(reverse("logout"))
    assert not Review.objects.filter(state=ReviewState.RESERVED).exists()


# --- The wire -----------------------------------------------------------------------------------------------


def test_the_way_over_the_wire(client: Client) -> None:
    scene, alice = two_tasks(), person()
    client.force_login(alice)
    first = client.post(f"/api/queues/{scene.queue.pk}/next").json()["review_id"]
    kept = client.post(f"/api/queues/{scene.queue.pk}/reserve").json()
    assert datetime.fromisoformat(kept["expires_at"]) > timezone.now()
    ahead = client.get(f"/api/reviews/{kept['review_id']}").json()
    assert (ahead["state"], ahead["read_only"]) == ("reserved", True)
    submit(Review.objects.get(pk=first), now=timezone.now())
    opened = client.post(f"/api/reviews/{kept['review_id']}/open").json()
    now = client.get(f"/api/reviews/{kept['review_id']}").json()
    assert opened["as_reserved"]
    assert now["lease"]["token"] == opened["lease_token"]
    changed = {name for name in now if now[name] != ahead[name]}
    assert changed == {"state", "read_only", "lease"}
    gone = client.post("/api/reviews/999/open")
    assert (gone.status_code, gone.json()["code"]) == (409, "lease_lost")
    assert client.post(f"/api/queues/{scene.queue.pk}/reserve").status_code == 204


def test_reserving_costs_no_more_in_a_long_queue(django_assert_max_num_queries: Any) -> None:
    scene = two_tasks()
    for _ in range(20):
        TaskFactory(queue=scene.queue)
    alice = person()
    claim(scene, alice)
    with django_assert_max_num_queries(RESERVE_QUERIES):
        reserve(scene, alice)
