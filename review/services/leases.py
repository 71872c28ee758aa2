"""Leases: who may write a review now. Locks are taken on the person first, then the task, then its review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from review.models import Queue, Review, ReviewState, Task, User
from review.problems import LeaseLost, NotFound
from review.services.audit import audit_write

_LOST = {
    ReviewState.RESERVED: gettext_lazy("This review is kept for you and not open yet. Open it first."),
    ReviewState.SUBMITTED: gettext_lazy(
        "This review was submitted already. Reopen it from your history to change it."
    ),
    ReviewState.SKIPPED: gettext_lazy("This review was skipped. Take the next task from the queue."),
    ReviewState.EXPIRED: gettext_lazy(
        "The lease ran out. Your draft is kept: take the review back to go on."
    ),
}


@dataclass(frozen=True)
class Lease:
    """What a holder must know: the fencing token that each write names, and when the lease runs out."""

    token: int
    expires_at: datetime
    seconds: int


def person_lock(reviewer: User) -> None:
    """Two windows of one person must not claim two tasks. NO KEY: audit events of that person may go on."""
    User.objects.select_for_update(no_key=True).get(pk=reviewer.pk)


def reviews_in_work(reviewer: User, queue: Queue) -> QuerySet[Review]:
    return Review.objects.filter(reviewer=reviewer, task__queue=queue, state=ReviewState.LEASED)


def review_lock(*, review_id: int, reviewer: User) -> Review:
    """The reviewer's own review, it and its task locked until the transaction ends; else NotFound."""
    own = Review.objects.filter(pk=review_id, reviewer=reviewer)
    task_id = own.values_list("task_id", flat=True).first()
    if task_id is not None:
        Task.objects.select_for_update().get(pk=task_id)
    # Asked again once its task is ours: a reservation may have ended while we waited for that.
    if not list(own.select_for_update().values_list("pk")):
        raise NotFound(_("There is no such review among yours."))
    return own.select_related("task__queue", "task__submission__video__split_group", "analysis").get()


def lease_check(review: Review, *, lease_token: int) -> None:
    """Raise LeaseLost unless the review is in work under this token.

    A lease past its time but not yet taken back still counts: its place is still held, so nobody is harmed.
    """
    if review.state != ReviewState.LEASED:
        raise LeaseLost(str(_LOST.get(ReviewState(review.state), _("This review is not in work."))))
    if review.lease_token != lease_token:
        raise LeaseLost(_("This review was opened again elsewhere since. Reload the page to go on here."))


def lease_start(review: Review, *, now: datetime) -> None:
    """A new lease on the locked row (not saved yet): its token is greater than any before."""
    review.state = ReviewState.LEASED
    review.lease_token = review.lease_token + 1 if review.pk else 1
    review.leased_at = now
    lease_extend(review, now=now)


def lease_extend(review: Review, *, now: datetime) -> None:
    review.lease_expires_at = now + timedelta(seconds=review.task.queue.lease_seconds)


def lease_end(review: Review, *, at: datetime) -> None:
    """Add this lease's length to what was leased before (not saved yet)."""
    review.earlier_lease_ms += max(0, round((at - review.leased_at).total_seconds() * 1000))


def lease_of(review: Review) -> Lease:
    return Lease(review.lease_token, review.lease_expires_at, review.task.queue.lease_seconds)


def review_audit_leased(review: Review, *, now: datetime) -> None:
    payload = {"task": review.task_id, "arm": review.arm, "analysis": review.analysis_id}
    audit_write(actor=review.reviewer, verb="review_leased", target=review, payload=payload, now=now)
