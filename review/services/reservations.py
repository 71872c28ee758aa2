"""Reservations: the next review of a person, held for a moment so that a browser can fetch it ahead.

A reservation is no work yet. It lives for two minutes unless asked for again, gives way to whoever would
else have nothing to do, and leaves no row when it ends: nobody skipped anything, and the task is as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from review.models import Queue, Review, ReviewState, Task, User
from review.problems import LeaseLost, NotFound
from review.services.arms import analysis_pin, arm_keep
from review.services.audit import audit_write
from review.services.leases import (
    Lease,
    lease_check,
    lease_of,
    lease_start,
    person_lock,
    review_audit_leased,
    review_lock,
    reviews_in_work,
)
from review.services.policies import queue_types
from review.services.tasks import FOR_SENIORS, task_free_slot, task_has_place, task_update_places

# Asked for again while somebody works; a browser that is closed or asleep holds nothing for longer than this.
RESERVATION_LIFE = timedelta(minutes=2)


def reservation_start(review: Review, *, now: datetime) -> None:
    """Hold the place of this new review (not saved yet) without opening it."""
    review.state = ReviewState.RESERVED
    review.leased_at = now
    reservation_extend(review, now=now)


def reservation_extend(review: Review, *, now: datetime) -> None:
    review.lease_expires_at = now + RESERVATION_LIFE


def reservation_end(review: Review, *, why: str, now: datetime, actor: User | None = None) -> None:
    """Remove the locked, reserved review; the audit trail alone still tells of it.

    `actor`: whoever let it go; None where nobody did anything to it.
    """
    payload = {"task": review.task_id, "why": why}
    audit_write(actor=actor, verb="reservation_ended", target=review, payload=payload, now=now)
    review.delete()


@transaction.atomic
def reservations_release(*, reviewer: User, queue: Queue | None = None, now: datetime) -> None:
    """Let go what this person has reserved, here or everywhere: they leave."""
    own = Review.objects.filter(reviewer=reviewer, state=ReviewState.RESERVED)
    own = own.filter(task__queue=queue) if queue else own
    for pk in own.values_list("pk", flat=True):
        if (review := reserved_lock(review_id=pk, reviewer=reviewer)) is not None:
            reservation_end(review, why="let_go", now=now, actor=reviewer)


def reserved_lock(*, review_id: int, reviewer: User) -> Review | None:
    """The reservation with its task locked; None when it ended or was opened in between."""
    try:
        review = review_lock(review_id=review_id, reviewer=reviewer)
    except NotFound:
        return None
    return review if review.state == ReviewState.RESERVED else None


def place_take(task: Task, *, taking_over: bool, now: datetime) -> int | None:
    """The lowest free place of the locked task; where none is, one that is only reserved, if allowed to."""
    slot = task_free_slot(task)
    if slot is not None or not taking_over:
        return slot
    for_senior = task.state in FOR_SENIORS
    reserved = task.reviews.filter(state=ReviewState.RESERVED, is_adjudication=for_senior)
    oldest = reserved.select_for_update().order_by("lease_expires_at").first()
    if oldest is None:
        return None
    reservation_end(oldest, why="needed_by_another", now=now)
    return task_free_slot(task)


# --- Opening ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """`as_reserved`: nothing has changed since it was reserved, so what was fetched ahead is right."""

    lease: Lease
    as_reserved: bool


@transaction.atomic
def review_open(*, review_id: int, reviewer: User, now: datetime) -> Opened:
    """Lease one's reserved review; again, it is the same answer but for `as_reserved`.

    Raises LeaseLost when the reservation ended, or while another review is in work there: nobody opens two.
    """
    person_lock(reviewer)
    try:
        review = review_lock(review_id=review_id, reviewer=reviewer)
    except NotFound:
        # Nothing stays of a reservation that ended, so it looks like one that never was.
        raise LeaseLost(
            _("This video is no longer kept for you. Take the next one from the queue.")
        ) from None
    if review.state != ReviewState.RESERVED:
        lease_check(review, lease_token=review.lease_token)
        return Opened(lease_of(review), as_reserved=False)
    if reviews_in_work(reviewer, review.task.queue).exists():
        raise LeaseLost(_("You have another video of this queue in work. Submit or skip it first."))
    if not _can_open(review):
        raise LeaseLost(_("Nobody can take this video now: it was decided meanwhile. Take the next one."))
    return _open(review, now)


def _can_open(review: Review) -> bool:
    """Whether a claim could still begin this task here: the queue is open and looks for something."""
    queue = review.task.queue
    return task_has_place(review.task, review) and queue.is_active and queue_types(queue).exists()


def _open(review: Review, now: datetime) -> Opened:
    as_reserved = _pin_again(review)
    lease_start(review, now=now)
    review.save()
    task_update_places(review.task)
    review_audit_leased(review, now=now)
    return Opened(lease_of(review), as_reserved)


def _pin_again(review: Review) -> bool:
    """Pin what a claim made now would pin, except that the arm stays; whether all of it is as it was.

    Hours may lie between: a review must not begin with hints older than those of a fresh one.
    """
    before = (review.analysis_id, review.hintless_reason, review.arm)
    pinned = analysis_pin(review.task.submission.video)
    review.analysis, review.hintless_reason = pinned.analysis, pinned.hintless_reason
    review.arm = arm_keep(review)
    types = set(queue_types(review.task.queue))
    same_types = types == set(review.covered_types.all())
    if not same_types:
        review.covered_types.set(types)
    return same_types and before == (review.analysis_id, review.hintless_reason, review.arm)


def _reserved_fitting(reviewer: User, queue: Queue, now: datetime) -> Review | None:
    """This person's reservation, locked. One whose task was decided meanwhile ends here."""
    own = Review.objects.filter(reviewer=reviewer, task__queue=queue, state=ReviewState.RESERVED)
    for pk in own.values_list("pk", flat=True):
        review = reserved_lock(review_id=pk, reviewer=reviewer)
        if review is not None and _can_open(review):
            return review
        if review is not None:
            reservation_end(review, why="decided_meanwhile", now=now)
    return None


def reservation_keep(reviewer: User, queue: Queue, *, now: datetime) -> Review | None:
    """This person's reservation for two more minutes."""
    review = _reserved_fitting(reviewer, queue, now)
    if review is not None:
        reservation_extend(review, now=now)
        review.save(update_fields=["lease_expires_at"])
    return review


def reservation_open_of(reviewer: User, queue: Queue, *, now: datetime) -> Review | None:
    """This person's reservation, opened."""
    review = _reserved_fitting(reviewer, queue, now)
    if review is not None:
        _open(review, now)
    return review
