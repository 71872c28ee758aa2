"""Settlement: the final word on a task. Callers hold the task's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from review.models import Review, ReviewState, Settlement, SettlementKind, Task, TaskState, Verdict
from review.services.agreement import AGREES_FROM, Event, agreement_of
from review.services.audit import audit_write
from review.services.tasks import task_update_places


def settlement_decide(*, task: Task, now: datetime) -> TaskState:
    """Move the task on after a submit: wait for more reviews, settle, ask a senior, or escalate."""
    submitted = task.reviews.filter(state=ReviewState.SUBMITTED).order_by("submitted_at", "pk")
    reviews = list(submitted.prefetch_related("segments__violation_type"))
    by_senior = [r for r in reviews if r.is_adjudication and r.verdict != Verdict.ESCALATED]
    if task.state == TaskState.FROZEN:
        return TaskState.FROZEN
    # None is in force here, unless somebody set the task's state by hand: two final words must never stand.
    _take_out_of_force(task, now)
    if by_senior:
        _settle(task, by_senior[0], SettlementKind.ADJUDICATED, None, now)
    elif any(review.verdict == Verdict.ESCALATED for review in reviews):
        _move(task, TaskState.ESCALATED)
    elif len(reviews) < task.overlap:
        task_update_places(task)
    else:
        _settle_if_agreed(task, reviews, now)
    return TaskState(task.state)


def _settle_if_agreed(task: Task, reviews: Sequence[Review], now: datetime) -> None:
    agreement = agreement_of([_events(review) for review in reviews])
    same_verdict = len({review.verdict for review in reviews}) == 1
    if same_verdict and (agreement is None or agreement >= AGREES_FROM):
        _settle(task, reviews[0], SettlementKind.AGREED, agreement, now)
    else:
        _move(task, TaskState.ADJUDICATING)


def _events(review: Review) -> list[Event]:
    return [
        (segment.violation_type.slug, segment.start_ms, segment.end_ms) for segment in review.segments.all()
    ]


def _settle(
    task: Task, deciding: Review, kind: SettlementKind, agreement: float | None, now: datetime
) -> None:
    task.settled_at = now
    _move(task, TaskState.SETTLED)
    if task.is_golden:
        return  # its answer was known before: it must never reach learning or a webhook
    settlement = Settlement.objects.create(
        task=task,
        kind=kind,
        verdict=deciding.verdict,
        deciding_review=deciding,
        agreement=agreement,
        settled_at=now,
    )
    payload = {"task": task.pk, "kind": kind, "verdict": deciding.verdict, "agreement": agreement}
    audit_write(actor=None, verb="task_settled", target=settlement, payload=payload, now=now)


def _move(task: Task, state: TaskState) -> None:
    task.state = state
    task.save(update_fields=["state", "settled_at"])


def settlement_withdraw(*, task: Task, state: TaskState, now: datetime) -> None:
    """Take back the final word, because a review of the task is open again."""
    _take_out_of_force(task, now)
    task.settled_at = None
    _move(task, state)
    task_update_places(task)


def _take_out_of_force(task: Task, now: datetime) -> None:
    Settlement.objects.filter(task=task, withdrawn_at__isnull=True).update(withdrawn_at=now)
