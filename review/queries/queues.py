"""Queues as a reviewer sees them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from review.models import Queue, Review, ReviewState, Task, TaskState, User
from review.services.queues import analysing, tasks_open_to
from review.services.tasks import FOR_SENIORS


@dataclass(frozen=True)
class QueueLine:
    """`waiting` could be taken by this person now, `adjudicating` of them because they are a senior: reviews
    disagreed, or one escalated. `analysing` waits for the model to have a first look. `precision_floor` is
    the share of hints that should be right."""

    id: int
    name: str
    is_demo: bool
    precision_floor: float
    waiting: int
    analysing: int
    in_review: int
    adjudicating: int
    mine_submitted: int
    my_open_review_id: int | None


def queue_lines(*, person: User, now: datetime) -> list[QueueLine]:
    """Every open queue with what it holds for this person."""
    waiting = _per_queue(tasks_open_to(reviewer=person, states=[TaskState.WAITING], now=now))
    undecided = tasks_open_to(reviewer=person, states=FOR_SENIORS, now=now)
    for_senior = _per_queue(undecided) if person.is_senior else Counter[int]()
    fresh = _per_queue(Task.objects.filter(analysing(now=now), state=TaskState.WAITING))
    in_review = _per_queue(Task.objects.filter(state=TaskState.IN_REVIEW))
    mine = Review.objects.filter(reviewer=person)
    submitted = _per_queue(Task.objects.filter(reviews__in=mine.filter(state=ReviewState.SUBMITTED)))
    leased = mine.filter(state=ReviewState.LEASED).order_by("leased_at").values_list("task__queue", "pk")
    in_work = dict(leased)  # the one leased last stays
    return [
        QueueLine(
            id=queue.pk,
            name=queue.name,
            is_demo=queue.is_demo,
            precision_floor=queue.precision_floor,
            waiting=waiting[queue.pk] + for_senior[queue.pk],
            analysing=fresh[queue.pk],
            in_review=in_review[queue.pk],
            adjudicating=for_senior[queue.pk],
            mine_submitted=submitted[queue.pk],
            my_open_review_id=in_work.get(queue.pk),
        )
        for queue in Queue.objects.filter(is_active=True)
    ]


def _per_queue(tasks: QuerySet[Task]) -> Counter[int]:
    counts = tasks.order_by().values_list("queue").annotate(count=Count("pk"))
    return Counter(dict(counts))
