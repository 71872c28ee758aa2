"""Queues and the next task."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from review import access
from review.api.auth import person_of
from review.api.errors import PROBLEMS
from review.api.schemas import NextReview, ReservedReview
from review.queries.queues import QueueLine, queue_lines
from review.services.queues import queue_claim_next, queue_reserve_next
from review.services.reservations import reservations_release

router = Router(tags=["queues"])


@router.get("/queues", response={200: list[QueueLine], **PROBLEMS}, summary="The open queues")
def queues_list(request: HttpRequest) -> list[QueueLine]:
    return queue_lines(person=person_of(request), now=timezone.now())


@router.post(
    "/queues/{queue_id}/next",
    response={200: NextReview, 204: None, **PROBLEMS},
    summary="Claim the next task, or come back to the one in work; 204 when nothing waits",
)
def queue_next(request: HttpRequest, queue_id: int) -> NextReview | Status[None]:
    person = person_of(request)
    queue = access.queue_for_work(person, queue_id)
    review = queue_claim_next(reviewer=person, queue=queue, now=timezone.now())
    return NextReview(review_id=review.pk) if review else Status(204, None)


@router.post(
    "/queues/{queue_id}/reserve",
    response={200: ReservedReview, 204: None, **PROBLEMS},
    summary="Reserve the next task while one is in work; 204 when there is none to reserve",
)
def queue_reserve(request: HttpRequest, queue_id: int) -> ReservedReview | Status[None]:
    """Readable like any of one's own, so that it can be fetched ahead; opened by `/reviews/{id}/open`."""
    person = person_of(request)
    queue = access.queue_for_work(person, queue_id)
    review = queue_reserve_next(reviewer=person, queue=queue, now=timezone.now())
    if review is None:
        return Status(204, None)
    return ReservedReview(review_id=review.pk, expires_at=review.lease_expires_at)


@router.delete(
    "/queues/{queue_id}/reserve", response={204: None, **PROBLEMS}, summary="Let go what is reserved"
)
def queue_release(request: HttpRequest, queue_id: int) -> Status[None]:
    person = person_of(request)
    queue = access.queue_for_work(person, queue_id)
    reservations_release(reviewer=person, queue=queue, now=timezone.now())
    return Status(204, None)
