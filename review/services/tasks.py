"""Tasks: their places and which of their states follows from them. Callers hold the task's lock."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from review.models import Review, ReviewState, Task, TaskState, Verdict

# A review in one of these holds its slot; the database allows one per (task, slot).
HOLDING = (ReviewState.RESERVED, ReviewState.LEASED, ReviewState.SUBMITTED)
# A reservation holds its slot only until somebody needs it who would else have nothing to do.
WORKED = (ReviewState.LEASED, ReviewState.SUBMITTED)
# What only a senior can move on.
FOR_SENIORS = (TaskState.ADJUDICATING, TaskState.ESCALATED)
OPEN_STATES = (TaskState.WAITING, *FOR_SENIORS)


def task_free_slot(task: Task, *, holding: Sequence[ReviewState] = HOLDING) -> int | None:
    """The lowest place nobody holds, or None. Where a senior is asked for, theirs begin at `overlap`."""
    held = task.reviews.filter(state__in=holding)
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


def task_has_place(task: Task, review: Review) -> bool:
    """Whether this review, not in work now, could go on with it: a merely reserved place gives way."""
    fits = review.is_adjudication == (task.state in FOR_SENIORS)
    return fits and task.state in OPEN_STATES and task_free_slot(task, holding=WORKED) is not None


def task_update_places(task: Task) -> None:
    """A waiting task has a place nobody works in, a task in review has none; no other state follows from it.

    A reserved place is nobody's work yet: the task still waits, is counted, and scored again by a new bundle.
    """
    if task.state not in {TaskState.WAITING, TaskState.IN_REVIEW}:
        return
    is_full = task_free_slot(task, holding=WORKED) is None
    state = TaskState.IN_REVIEW if is_full else TaskState.WAITING
    if state != task.state:
        task.state = state
        task.save(update_fields=["state"])
