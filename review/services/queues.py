"""Claims: who gets which task next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

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
from review.services.leases import (
    lease_extend,
    lease_start,
    person_lock,
    review_audit_leased,
    reviews_in_work,
)
from review.services.policies import queue_types
from review.services.reservations import (
    place_take,
    reservation_keep,
    reservation_open_of,
    reservation_start,
)
from review.services.tasks import (
    FOR_SENIORS,
    HOLDING,
    OPEN_STATES,
    WORKED,
    seniors_at_work,
    task_has_place,
    task_update_places,
)

# A fresh video waits this long for its first analysis before it is offered without hints.
ANALYSIS_PATIENCE = timedelta(minutes=10)
CLAIM_TRIES = 20


@transaction.atomic
def queue_claim_next(*, reviewer: User, queue: Queue, now: datetime) -> Review | None:
    """The review this person works on next, leased; None when the queue holds nothing for them.

    In this order: the one they have in work, the one reserved for them, one of theirs that expired, a task
    that needs a senior (seniors only), the waiting task of highest priority that they have not reviewed. Lost
    races go on with the next. Where nothing is left, a place that somebody has merely reserved is taken.
    Raises NothingToLookFor where a new review could only call a video clean.
    """
    person_lock(reviewer)
    return (
        _resumed(reviewer, queue, now)
        or reservation_open_of(reviewer, queue, now=now)
        or _taken_back(reviewer, queue, now)
        or _claimed(reviewer, queue, _lease(reviewer, now), now)
        or _claimed(reviewer, queue, _lease(reviewer, now, taking_over=True), now, also_reserved=True)
    )


@transaction.atomic
def queue_reserve_next(*, reviewer: User, queue: Queue, now: datetime) -> Review | None:
    """The review this person would work on next, reserved: the same one again when asked again.

    None while they have nothing in work here, when nothing is free, or when one of theirs that expired comes
    first: `queue_claim_next` sees to that. Nobody loses a place to a reservation.
    """
    person_lock(reviewer)
    if not reviews_in_work(reviewer, queue).exists():
        return None
    kept = reservation_keep(reviewer, queue, now=now)
    if kept is not None or _expired_of(reviewer, queue).exists():
        return kept
    return _claimed(reviewer, queue, _reserve(reviewer, now), now)


def _expired_of(reviewer: User, queue: Queue) -> QuerySet[Review]:
    expired = Review.objects.filter(reviewer=reviewer, task__queue=queue, state=ReviewState.EXPIRED)
    return expired.filter(task__state__in=OPEN_STATES)


def _resumed(reviewer: User, queue: Queue, now: datetime) -> Review | None:
    own = reviews_in_work(reviewer, queue)
    review = own.select_related("task__queue").order_by("-leased_at").first()
    if review is not None:
        lease_extend(review, now=now)
        # Only if still leased: upkeep may be taking it back at this moment.
        own.filter(pk=review.pk).update(lease_expires_at=review.lease_expires_at)
    return review


# --- Coming back --------------------------------------------------------------------------------------------


def _taken_back(reviewer: User, queue: Queue, now: datetime) -> Review | None:
    expired = _expired_of(reviewer, queue)
    for pk, task_id in expired.values_list("pk", "task_id"):
        task = Task.objects.select_for_update().get(pk=task_id)
        review = expired.select_for_update().filter(pk=pk).first()
        if review is not None and task_has_place(task, review):
            review.task = task
            return review_take_back(review, now=now)
    return None


def review_take_back(review: Review, *, now: datetime) -> Review:
    """Lease the locked, expired review again: a greater token, the draft as it was."""
    fits = task_has_place(review.task, review)
    slot = place_take(review.task, taking_over=True, now=now) if fits else None
    if slot is None:
        raise LeaseLost(_("The lease ran out and somebody else has this task now. Take the next one."))
    review.slot = slot
    lease_start(review, now=now)
    review.save()
    task_update_places(review.task)
    audit_write(actor=review.reviewer, verb="review_taken_back", target=review, payload={}, now=now)
    return review


# --- Claiming a task ----------------------------------------------------------------------------------------

Take = Callable[[Task], Review]


def _lease(reviewer: User, now: datetime, *, taking_over: bool = False) -> Take:
    return lambda task: review_begin(task=task, reviewer=reviewer, now=now, taking_over=taking_over)


def _reserve(reviewer: User, now: datetime) -> Take:
    return lambda task: _review_reserve(task=task, reviewer=reviewer, now=now)


def _claimed(
    reviewer: User, queue: Queue, take: Take, now: datetime, *, also_reserved: bool = False
) -> Review | None:
    for states in (FOR_SENIORS, (TaskState.WAITING,)) if reviewer.is_senior else ((TaskState.WAITING,),):
        tasks = tasks_open_to(reviewer=reviewer, states=states, now=now).filter(queue=queue)
        review = _first_taken(tasks if also_reserved else _with_room(tasks), queue, take)
        if review is not None:
            return review
    return None


def _first_taken(tasks: QuerySet[Task], queue: Queue, take: Take) -> Review | None:
    candidates = tasks.order_by("-priority", "pk")
    for _attempt in range(CLAIM_TRIES):
        task = _locked_first(candidates)
        if task is None:
            return None
        _check_covers_something(queue)
        review = _taken_or_lost(task, take)
        if review is not None:
            return review
        candidates = candidates.exclude(pk=task.pk)
    return None


def _with_room(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Without those whose last free place somebody has reserved."""
    reviews = Review.objects.filter(task=OuterRef("pk")).order_by()
    reserved = reviews.filter(state=ReviewState.RESERVED)
    held = reviews.filter(state__in=HOLDING).values("task").annotate(count=Count("pk")).values("count")
    return tasks.filter(~Exists(reserved) | Q(state=TaskState.WAITING, overlap__gt=Subquery(held)))


def _check_covers_something(queue: Queue) -> None:
    if queue_types(queue).exists():
        return
    if queue.violation_types.exists():
        raise NothingToLookFor(
            _("No violation type of %(queue)s is in use. An administrator chooses others under Policies.")
            % {"queue": queue.name}
        )
    raise NothingToLookFor(_("No violation type is in use yet. An administrator adds one under Policies."))


def tasks_open_to(*, reviewer: User, states: Sequence[TaskState], now: datetime) -> QuerySet[Task]:
    """Tasks in `states` that this person may claim; fresh ones wait for their first analysis a while.

    Those that are merely reserved, for them or for others, are among them.
    """
    reviews = Review.objects.filter(task=OuterRef("pk"))
    own = reviews.filter(reviewer=reviewer).exclude(state=ReviewState.RESERVED)
    tasks = Task.objects.filter(state__in=states).exclude(Exists(own))
    if not set(FOR_SENIORS).isdisjoint(states):
        # Waiting tasks have a free place by definition, the others only until a senior takes it.
        held = seniors_at_work(reviews.filter(state__in=WORKED))
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


def _taken_or_lost(task: Task, take: Take) -> Review | None:
    try:
        with transaction.atomic():
            return take(task)
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
    taking_over: bool = True,
) -> Review:
    """Lease this very task. `arm` overrules the draw (labels that came with files are blind).

    The source follows from the kind of annotator unless given. Raises LeaseLost when no slot is free (merely
    reserved ones are, unless `taking_over` is off), IntegrityError when this person has reviewed the task.
    """
    task, slot = _locked_with_place(task, taking_over=taking_over, now=now)
    review = _review_new(task, slot, reviewer, source=source, arm=arm)
    lease_start(review, now=now)
    review.save()
    review.covered_types.set(queue_types(task.queue))
    task_update_places(task)
    review_audit_leased(review, now=now)
    return review


@transaction.atomic
def _review_reserve(*, task: Task, reviewer: User, now: datetime) -> Review:
    """Reserve this very task; raises as `review_begin` does. Nobody else's reservation gives way to it."""
    task, slot = _locked_with_place(task, taking_over=False, now=now)
    review = _review_new(task, slot, reviewer)
    reservation_start(review, now=now)
    review.save()
    review.covered_types.set(queue_types(task.queue))
    payload = {"task": task.pk}
    audit_write(actor=reviewer, verb="review_reserved", target=review, payload=payload, now=now)
    return review


def _locked_with_place(task: Task, *, taking_over: bool, now: datetime) -> tuple[Task, int]:
    task = Task.objects.select_for_update().get(pk=task.pk)
    is_open = task.state in OPEN_STATES
    slot = place_take(task, taking_over=taking_over, now=now) if is_open else None
    if slot is None:
        raise LeaseLost(_("Nobody can take this task now: all its places are held or it is settled."))
    return task, slot


def _review_new(
    task: Task, slot: int, reviewer: User, *, source: ReviewSource | None = None, arm: Arm | None = None
) -> Review:
    source = source or _SOURCES[PersonKind(reviewer.kind)]
    # Imported labels were made without Spotter, so no state of its analysis says anything about them.
    pinned = Pinned(None, "") if source == ReviewSource.IMPORT else analysis_pin(task.submission.video)
    return Review(
        task=task,
        reviewer=reviewer,
        slot=slot,
        source=source,
        arm=arm or arm_draw(task=task, reviewer=reviewer),
        hintless_reason=pinned.hintless_reason,
        analysis=pinned.analysis,
        is_adjudication=task.state in FOR_SENIORS,
    )
