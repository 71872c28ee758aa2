"""A person's own reviews, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef
from django.utils.translation import gettext

from review.models import Arm, EscalationReason, Review, ReviewState, Snapshot, TaskState, User, Verdict
from review.services.tasks import WORKED

PAGE_MOST = 200


@dataclass(frozen=True)
class ReviewLine:
    """`why_closed`: a sentence why a submitted review stays as it is; empty while it can be reopened."""

    id: int
    state: ReviewState
    arm: Arm
    verdict: Verdict | None
    escalation_reason: EscalationReason | None
    title: str
    is_demo: bool
    queue_id: int
    queue_name: str
    task_state: TaskState
    segments: int
    active_ms: int
    leased_at: datetime
    submitted_at: datetime | None
    skip_reason: str
    can_reopen: bool
    why_closed: str


def review_lines(
    *, person: User, state: ReviewState | None = None, before: int | None = None, limit: int = 100
) -> list[ReviewLine]:
    """One page of a person's own reviews."""
    reviews = Review.objects.filter(reviewer=person).exclude(state=ReviewState.RESERVED).order_by("-pk")
    if state is not None:
        reviews = reviews.filter(state=state)
    if before is not None:
        reviews = reviews.filter(pk__lt=before)
    reviews = reviews.select_related("task__queue", "task__submission")
    rows = reviews.annotate(segment_count=Count("segments"), senior_has_it=senior_has_it())
    snapshot_at = newest_snapshot_at()
    return [_line(review, snapshot_at) for review in rows[: min(max(limit, 1), PAGE_MOST)]]


def _line(review: Any, snapshot_at: datetime | None) -> ReviewLine:
    return ReviewLine(
        id=review.pk,
        state=ReviewState(review.state),
        arm=Arm(review.arm),
        verdict=Verdict(review.verdict) if review.verdict else None,
        escalation_reason=EscalationReason(review.escalation_reason) if review.escalation_reason else None,
        title=review.task.submission.title,
        is_demo=review.task.submission.is_demo,
        queue_id=review.task.queue.pk,
        queue_name=review.task.queue.name,
        task_state=TaskState(review.task.state),
        segments=review.segment_count,
        active_ms=review.active_ms,
        leased_at=review.leased_at,
        submitted_at=review.submitted_at,
        skip_reason=review.skip_reason if review.state == ReviewState.SKIPPED else "",
        can_reopen=can_reopen(review, snapshot_at),
        why_closed=why_closed(review, snapshot_at),
    )


def senior_has_it() -> Exists:
    """For review queries: a senior after them decides, or is about to decide, this review's task."""
    by_senior = Review.objects.filter(task=OuterRef("task"), is_adjudication=True, state__in=WORKED)
    return Exists(by_senior.filter(slot__gt=OuterRef("slot")))


def newest_snapshot_at() -> datetime | None:
    """When a model last learned: reviews submitted before stay as they are."""
    newest: datetime | None = Snapshot.objects.aggregate(at=Max("created_at"))["at"]
    return newest


def can_reopen(review: Any, snapshot_at: datetime | None) -> bool:
    """Whether its reviewer may reopen it; the row carries `senior_has_it`."""
    return review.state == ReviewState.SUBMITTED and not why_closed(review, snapshot_at)


def why_closed(review: Any, snapshot_at: datetime | None) -> str:
    """Why a submitted review stays as it is. Settled is no reason: with an overlap of one each is at once."""
    if review.state != ReviewState.SUBMITTED:
        return ""
    if review.task.state == TaskState.FROZEN:
        return gettext("Frozen: it stays as it is.")
    if review.senior_has_it:
        return gettext("A senior has this task.")
    if snapshot_at is not None and snapshot_at >= review.submitted_at:
        return gettext("A model has learned from it.")
    return ""
