"""Queues and the next task."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from review import access
from review.api.auth import person_of
from review.api.errors import PROBLEMS
from review.api.schemas import NextReview
from review.queries.queues import QueueLine, queue_lines
from review.services.queues import queue_claim_next

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
