"""Tasks: their places and which of their states follows from them. Callers hold the task's lock."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from review.models import Review, ReviewState, Task, TaskState, Verdict

# A review in one of these holds its slot; the database allows one per (task, slot).
HOLDING = (ReviewState.RESERVED, ReviewState.LEASED, ReviewState.SUBMITTED)
# What only a senior can move on.
FOR_SENIORS = (TaskState.ADJUDICATING, TaskState.ESCALATED)


def task_free_slot(task: Task) -> int | None:
    """The lowest place nobody holds, or None. Where a senior is asked for, theirs begin at `overlap`."""
    held = task.reviews.filter(state__in=HOLDING)
    taken = set(held.values_list("slot", flat=True))
    if task.state not in FOR_SENIORS:
        return next((slot for slot in range(task.overlap) if slot not in taken), None)
    if seniors_at_work(held).exists():
        return None
    return max([task.overlap - 1, *taken]) + 1


def seniors_at_work(held: QuerySet[Review]) -> QuerySet[Review]:
    """Of reviews that hold a place: those of seniors who are judging or have judged, not passed it on."""
    passed_on = Q(state=ReviewState.SUBMITTED, verdict=Verdict.ESCALATED)
    return held.filter(is_adjudication=True).exclude(passed_on)


def task_update_places(task: Task) -> None:
    """A waiting task has a free slot, a task in review has none. Other states do not follow from places."""
    if task.state not in {TaskState.WAITING, TaskState.IN_REVIEW}:
        return
    state = TaskState.IN_REVIEW if task_free_slot(task) is None else TaskState.WAITING
    if state != task.state:
        task.state = state
        task.save(update_fields=["state"])
