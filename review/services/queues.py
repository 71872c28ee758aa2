"""Claims: who gets which task next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from review.models import (
    Analysis,
    AnalysisState,
    Arm,
    PersonKind,
    Queue,
    Review,
    ReviewSource,
    ReviewState,
    Task,
    TaskState,
    User,
)
from review.problems import LeaseLost, NothingToLookFor
from review.services.arms import Pinned, analysis_pin, arm_draw
from review.services.audit import audit_write
from review.services.leases import lease_extend, lease_start
from review.services.policies import queue_types
from review.services.tasks import (
    FOR_SENIORS,
    HOLDING,
    seniors_at_work,
    task_free_slot,
    task_update_places,
)

# A fresh video waits this long for its first analysis before it is offered without hints.
ANALYSIS_PATIENCE = timedelta(minutes=10)
CLAIM_TRIES = 20
OPEN_STATES = (TaskState.WAITING, *FOR_SENIORS)


@transaction.atomic
def queue_claim_next(*, reviewer: User, queue: Queue, now: datetime) -> Review | None:
    """The review this person works on next, leased; None when the queue holds nothing for them.

    In this order: the one they have in work, one of theirs that expired, a task that needs a senior (seniors
    only), the waiting task of highest priority that they have not reviewed. Lost races go on with the next.
    Raises NothingToLookFor where a new review could only call a video clean.
    """
    # Two windows of one person must not claim two tasks. NO KEY: audit events of that person may go on.
    User.objects.select_for_update(no_key=True).get(pk=reviewer.pk)
    return (
        _resumed(reviewer, queue, now)
        or _taken_back(reviewer, queue, now)
        or (_claimed(reviewer, queue, FOR_SENIORS, now) if reviewer.is_senior else None)
        or _claimed(reviewer, queue, [TaskState.WAITING], now)
    )


def _resumed(reviewer: User, queue: Queue, now: datetime) -> Review | None:
    own = Review.objects.filter(reviewer=reviewer, task__queue=queue, state=ReviewState.LEASED)
    review = own.select_related("task__queue").order_by("-leased_at").first()
    if review is not None:
        lease_extend(review, now=now)
        # Only if still leased: upkeep may be taking it back at this moment.
        own.filter(pk=review.pk).update(lease_expires_at=review.lease_expires_at)
    return review


def _taken_back(reviewer: User, queue: Queue, now: datetime) -> Review | None:
    expired = Review.objects.filter(reviewer=reviewer, task__queue=queue, state=ReviewState.EXPIRED)
    for pk, task_id in expired.filter(task__state__in=OPEN_STATES).values_list("pk", "task_id"):
        task = Task.objects.select_for_update().get(pk=task_id)
        review = expired.select_for_update().filter(pk=pk).first()
        if review is not None and _has_place(task, review):
            review.task = task
            return review_take_back(review, now=now)
    return None


def _has_place(task: Task, review: Review) -> bool:
    fits = review.is_adjudication == (task.state in FOR_SENIORS)
    return fits and task.state in OPEN_STATES and task_free_slot(task) is not None


def review_take_back(review: Review, *, now: datetime) -> Review:
    """Lease the locked, expired review again: a greater token, the draft as it was."""
    slot = task_free_slot(review.task)
    if slot is None or not _has_place(review.task, review):
        raise LeaseLost("The lease ran out and somebody else has this task now. Take the next one.")
    review.slot = slot
    lease_start(review, now=now)
    review.save()
    task_update_places(review.task)
    audit_write(actor=review.reviewer, verb="review_taken_back", target=review, payload={}, now=now)
    return review


def _claimed(reviewer: User, queue: Queue, states: Sequence[TaskState], now: datetime) -> Review | None:
    tasks = tasks_open_to(reviewer=reviewer, states=states, now=now)
    candidates = tasks.filter(queue=queue).order_by("-priority", "pk")
    for _ in range(CLAIM_TRIES):
        task = _locked_first(candidates)
        if task is None:
            return None
        _check_covers_something(queue)
        review = _leased_or_lost(task, reviewer, now)
        if review is not None:
            return review
        candidates = candidates.exclude(pk=task.pk)
    return None


def _check_covers_something(queue: Queue) -> None:
    if queue_types(queue).exists():
        return
    if queue.violation_types.exists():
        raise NothingToLookFor(
            f"No violation type of {queue.name} is in use. An administrator chooses others under Policies."
        )
    raise NothingToLookFor("No violation type is in use yet. An administrator adds one under Policies.")


def tasks_open_to(*, reviewer: User, states: Sequence[TaskState], now: datetime) -> QuerySet[Task]:
    """Tasks in `states` that this person may claim; fresh ones wait for their first analysis a while."""
    reviews = Review.objects.filter(task=OuterRef("pk"))
    tasks = Task.objects.filter(state__in=states).exclude(Exists(reviews.filter(reviewer=reviewer)))
    if not set(FOR_SENIORS).isdisjoint(states):
        # Waiting tasks have a free place by definition, the others only until a senior takes it.
        held = seniors_at_work(reviews.filter(state__in=HOLDING))
        tasks = tasks.exclude(Exists(held))
    return tasks.exclude(analysing(now=now))


def analysing(*, now: datetime) -> Exists:
    """For task queries: the video's first analysis is under way, and not for too long."""
    of_video = Analysis.objects.filter(video=OuterRef("submission__video"))
    under_way = of_video.filter(
        state__in=[AnalysisState.QUEUED, AnalysisState.RUNNING], queued_at__gt=now - ANALYSIS_PATIENCE
    )
    first = ~Exists(Analysis.objects.filter(video=OuterRef("video"), state=AnalysisState.DONE))
    return Exists(under_way.filter(first))


def _locked_first(tasks: QuerySet[Task]) -> Task | None:
    """Walk past tasks that others are claiming right now; wait for them only when nothing else is left."""
    free = tasks.select_for_update(skip_locked=True, of=("self",)).first()
    return free or tasks.select_for_update(of=("self",)).first()


def _leased_or_lost(task: Task, reviewer: User, now: datetime) -> Review | None:
    try:
        with transaction.atomic():
            return review_begin(task=task, reviewer=reviewer, now=now)
    except (IntegrityError, LeaseLost):
        return None


_SOURCES = {
    PersonKind.PERSON: ReviewSource.WORKBENCH,
    PersonKind.IMPORT: ReviewSource.IMPORT,
    PersonKind.SIMULATED: ReviewSource.SIMULATED,
}


@transaction.atomic
def review_begin(
    *,
    task: Task,
    reviewer: User,
    now: datetime,
    source: ReviewSource | None = None,
    arm: Arm | None = None,
) -> Review:
    """Lease this very task. `arm` overrules the draw (labels that came with files are blind).

    The source follows from the kind of annotator unless given. Raises LeaseLost when no slot is free,
    IntegrityError when this person has reviewed the task already.
    """
    task = Task.objects.select_for_update().get(pk=task.pk)
    slot = task_free_slot(task) if task.state in OPEN_STATES else None
    if slot is None:
        raise LeaseLost("Nobody can take this task now: all its places are held or it is settled.")
    source = source or _SOURCES[PersonKind(reviewer.kind)]
    # Imported labels were made without Spotter, so no state of its analysis says anything about them.
    pinned = Pinned(None, "") if source == ReviewSource.IMPORT else analysis_pin(task.submission.video)
    review = Review(
        task=task,
        reviewer=reviewer,
        slot=slot,
        source=source,
        arm=arm or arm_draw(task=task, reviewer=reviewer),
        hintless_reason=pinned.hintless_reason,
        analysis=pinned.analysis,
        is_adjudication=task.state in FOR_SENIORS,
    )
    lease_start(review, now=now)
    review.save()
    review.covered_types.set(queue_types(task.queue))
    task_update_places(task)
    payload = {"task": task.pk, "arm": review.arm, "analysis": review.analysis_id}
    audit_write(actor=reviewer, verb="review_leased", target=review, payload=payload, now=now)
    return review
