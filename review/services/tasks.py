"""Tasks: their places and which of their states follows from them. Callers hold the task's lock."""

from __future__ import annotations

from review.models import ReviewState, Task, TaskState

# A review in one of these holds its slot; the database allows one per (task, slot).
HOLDING = (ReviewState.RESERVED, ReviewState.LEASED, ReviewState.SUBMITTED)


def task_free_slot(task: Task) -> int | None:
    """The lowest place nobody holds, or None. While adjudicating that is the senior's place, `overlap`."""
    taken = set(task.reviews.filter(state__in=HOLDING).values_list("slot", flat=True))
    if task.state == TaskState.ADJUDICATING:
        return None if task.overlap in taken else task.overlap
    return next((slot for slot in range(task.overlap) if slot not in taken), None)


def task_update_places(task: Task) -> None:
    """A waiting task has a free slot, a task in review has none. Other states do not follow from places."""
    if task.state not in {TaskState.WAITING, TaskState.IN_REVIEW}:
        return
    state = TaskState.IN_REVIEW if task_free_slot(task) is None else TaskState.WAITING
    if state != task.state:
        task.state = state
        task.save(update_fields=["state"])
