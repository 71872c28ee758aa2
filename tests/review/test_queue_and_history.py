"""The queue page's counts and a person's own history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from review.queries.history import review_lines
from review.queries.queues import queue_lines
from review.services.reviews import review_skip
from tests.factories import NOW, AnalysisFactory, QueueFactory, SnapshotFactory, TaskFactory, make_scene
from tests.review.helpers import LATER, claim, person, segment, submit

pytestmark = pytest.mark.django_db


def test_a_queue_counts_what_this_person_could_take() -> None:
    scene = make_scene()
    for _ in range(2):
        TaskFactory(queue=scene.queue)
    fresh = TaskFactory(queue=scene.queue)
    AnalysisFactory(video=fresh.submission.video, state="running")
    QueueFactory(is_active=False)
    alice = person()
    submit(claim(scene, alice))
    open_review = claim(scene, alice)
    (line,) = queue_lines(person=alice, now=NOW)
    assert (line.waiting, line.analysing, line.in_review, line.mine_submitted) == (1, 1, 1, 1)
    assert line.my_open_review_id == open_review.pk
    assert line.precision_floor == 0.7


def test_adjudications_wait_for_seniors_only() -> None:
    scene = make_scene(overlap=2)
    submit(claim(scene), segment(scene.gunfire))
    submit(claim(scene))
    for who, waiting in ((person(), 0), (person(senior=True), 1)):
        (line,) = queue_lines(person=who, now=NOW)
        assert (line.waiting, line.adjudicating) == (waiting, waiting)


def test_an_escalated_task_waits_for_seniors_only() -> None:
    scene = make_scene(overlap=2)
    submit(claim(scene), verdict="escalated", notes="Is it staged?")
    for who, waiting in ((person(), 0), (person(senior=True), 1)):
        (line,) = queue_lines(person=who, now=NOW)
        assert (line.waiting, line.adjudicating) == (waiting, waiting)


def test_queue_counts_cost_the_same_for_many_queues(django_assert_num_queries: Any) -> None:
    for _ in range(5):
        TaskFactory()
    alice = person()
    with django_assert_num_queries(6):
        assert len(queue_lines(person=alice, now=NOW)) == 5


def test_the_history_holds_ones_own_reviews_newest_first() -> None:
    scene = make_scene()
    TaskFactory(queue=scene.queue)
    alice = person()
    first = claim(scene, alice)
    submit(first, segment(scene.gunfire))
    second = claim(scene, alice)
    assert [line.id for line in review_lines(person=alice)] == [second.pk, first.pk]
    assert [line.id for line in review_lines(person=alice, state="submitted")] == [first.pk]  # type: ignore[arg-type]
    assert [line.id for line in review_lines(person=alice, before=second.pk)] == [first.pk]
    line = review_lines(person=alice)[1]
    assert (line.segments, line.verdict, line.task_state, line.can_reopen) == (
        1,
        "violating",
        "settled",
        True,
    )
    assert review_lines(person=person("bob")) == []


def test_what_a_model_learned_from_cannot_be_reopened() -> None:
    alice = person()
    submit(claim(make_scene(), alice))
    SnapshotFactory(created_at=LATER + timedelta(seconds=1))
    assert [line.can_reopen for line in review_lines(person=alice)] == [False]


def test_a_history_page_costs_two_queries(django_assert_num_queries: Any) -> None:
    scene = make_scene()
    TaskFactory(queue=scene.queue)
    alice = person()
    submit(claim(scene, alice))
    claim(scene, alice)
    with django_assert_num_queries(2):
        review_lines(person=alice)


def test_the_history_says_why_a_review_was_skipped_or_stays_as_it_is() -> None:
    scene = make_scene(overlap=2)
    alice = person()
    submit(claim(scene, alice), segment(scene.gunfire))
    (line,) = review_lines(person=alice)
    assert (line.task_state, line.can_reopen, line.why_closed) == ("waiting", True, "")
    submit(claim(scene))
    claim(scene, person(senior=True))
    (line,) = review_lines(person=alice)
    assert (line.can_reopen, line.why_closed) == (False, "A senior has this task.")
    TaskFactory(queue=scene.queue)
    skipped = claim(scene, alice)
    review_skip(review_id=skipped.pk, reviewer=alice, lease_token=1, reason="too_distressing", now=NOW)
    line = review_lines(person=alice)[0]
    assert (line.skip_reason, line.can_reopen, line.why_closed) == ("too_distressing", False, "")
