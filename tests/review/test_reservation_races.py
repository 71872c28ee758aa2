"""Reservations when several people, or upkeep, are at them in the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.db.models.signals import post_delete

from review.models import Review, ReviewState, Task
from review.problems import LeaseLost, NotFound
from review.queries.workbench import curves_bytes, workbench_get
from review.services.queues import queue_claim_next, queue_reserve_next
from review.services.reservations import RESERVATION_LIFE, review_open
from review.services.reviews import reviews_expire
from tests.factories import NOW, TaskFactory, UserFactory, make_scene
from tests.review.helpers import claim, person, reserve, submit, two_tasks

pytestmark = pytest.mark.django_db
LATER = NOW + RESERVATION_LIFE + timedelta(seconds=1)


def test_one_that_ends_while_its_task_is_waited_for_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, alice = two_tasks(), person()
    first = claim(scene, alice)
    review = reserve(scene, alice)
    submit(first)
    lock = Task.objects.select_for_update

    def locked_late(*given: Any, **named: Any) -> Any:
        Review.objects.filter(pk=review.pk).delete()
        return lock(*given, **named)

    monkeypatch.setattr(Task.objects, "select_for_update", locked_late)
    assert reviews_expire(now=LATER) == 0
    review.save(force_insert=True)
    with pytest.raises(LeaseLost, match="no longer kept"):
        review_open(review_id=review.pk, reviewer=alice, now=NOW)


def test_one_that_somebody_needs_at_that_moment_keeps_no_other_from_running_out() -> None:
    scene, alice, bob = two_tasks(overlap=2), person("alice"), person("bob")
    for who in (alice, bob):
        claim(scene, who)
        reserve(scene, who)

    def take_the_other(**_kwargs: Any) -> None:
        Review.objects.filter(state=ReviewState.RESERVED).delete()

    post_delete.connect(take_the_other, sender=Review)
    try:
        assert reviews_expire(now=LATER) == 1
    finally:
        post_delete.disconnect(take_the_other, sender=Review)
    assert not Review.objects.filter(state=ReviewState.RESERVED).exists()


def _in_thread(call: Any) -> Any:
    try:
        return call()
    except LeaseLost:
        return None
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_eight_people_reserving_at_once_never_share_a_place() -> None:
    scene = make_scene(overlap=8)
    for _ in range(5):
        TaskFactory(queue=scene.queue, overlap=1, priority=-1.0)
    people = [UserFactory() for _ in range(8)]
    for who in people:
        claim(scene, who)
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(
                lambda who: _in_thread(lambda: queue_reserve_next(reviewer=who, queue=scene.queue, now=NOW)),
                people,
            )
        )
    tasks = [review.task_id for review in found if review is not None]
    assert len(tasks) == len(set(tasks)) == 5


@pytest.mark.django_db(transaction=True)
def test_opening_and_being_taken_over_at_once_leaves_one_holder() -> None:
    scene, alice, bob = two_tasks(), person("alice"), person("bob")
    first = claim(scene, alice)
    review = reserve(scene, alice)
    submit(first)
    calls = [
        lambda: review_open(review_id=review.pk, reviewer=alice, now=NOW),
        lambda: queue_claim_next(reviewer=bob, queue=scene.queue, now=NOW),
        lambda: reviews_expire(now=LATER),
    ]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(_in_thread, calls))
    working = Review.objects.filter(task=review.task, state=ReviewState.LEASED)
    assert working.count() <= 1
    assert not Review.objects.filter(task=review.task, state=ReviewState.RESERVED).exists()


def test_one_that_ends_between_being_let_in_and_being_read_is_not_found() -> None:
    scene, alice = two_tasks(), person()
    claim(scene, alice)
    gone = reserve(scene, alice).pk
    reviews_expire(now=LATER)
    for read in (workbench_get, curves_bytes):
        with pytest.raises(NotFound):
            read(review_id=gone)
