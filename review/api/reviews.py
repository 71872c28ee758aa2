"""One's own reviews: history, workbench, draft, submit."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status

from review import access
from review.api.auth import person_of
from review.api.errors import PROBLEMS
from review.api.schemas import (
    DraftPut,
    DraftStored,
    LeaseRenewed,
    LeaseRequest,
    ReviewOpened,
    ReviewReopened,
    ReviewSubmitted,
    SkipRequest,
)
from review.models import ReviewState
from review.queries.history import ReviewLine, review_lines
from review.queries.workbench import Workbench, curves_bytes, workbench_get
from review.services.drafts import draft_save
from review.services.reservations import review_open
from review.services.reviews import review_renew, review_reopen, review_skip, review_submit

router = Router(tags=["reviews"])


@router.get("/reviews", response={200: list[ReviewLine], **PROBLEMS}, summary="One's own reviews")
def reviews_list(
    request: HttpRequest, state: ReviewState | None = None, before: int | None = None, limit: int = 100
) -> list[ReviewLine]:
    """Newest first; `before` is the last id of the page before."""
    return review_lines(person=person_of(request), state=state, before=before, limit=limit)


@router.get(
    "/reviews/{review_id}", response={200: Workbench, **PROBLEMS}, summary="The workbench of a review"
)
def review_get(request: HttpRequest, review_id: int) -> Workbench:
    review = access.review_own(person_of(request), review_id, now=timezone.now())
    return workbench_get(review_id=review.pk)


_BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/reviews/{review_id}/curves",
    response=PROBLEMS,
    openapi_extra={"responses": {200: {"description": "OK", **_BYTES}}},
    summary="Curves as bytes; 404 in a blind review",
)
def review_curves(request: HttpRequest, review_id: int) -> HttpResponse:
    review = access.review_own(person_of(request), review_id, now=timezone.now())
    content = curves_bytes(review_id=review.pk)
    # A pinned analysis never changes, so the browser may keep its curves.
    headers = {"Cache-Control": "private, max-age=3600"}
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


@router.post(
    "/reviews/{review_id}/open", response={200: ReviewOpened, **PROBLEMS}, summary="Open a reserved one"
)
def review_open_post(request: HttpRequest, review_id: int) -> ReviewOpened:
    """409 `lease_lost` when it is no longer kept. Once open, asking again gives the same lease."""
    opened = review_open(review_id=review_id, reviewer=person_of(request), now=timezone.now())
    return ReviewOpened(
        lease_token=opened.lease.token,
        lease_expires_at=opened.lease.expires_at,
        as_reserved=opened.as_reserved,
    )


@router.put("/reviews/{review_id}/draft", response={200: DraftStored, **PROBLEMS}, summary="Save the draft")
def review_draft_put(request: HttpRequest, review_id: int, body: DraftPut) -> DraftStored:
    """409 `draft_conflict` carries `current_version` and `current_draft`; saving renews the lease."""
    saved = draft_save(
        review_id=review_id,
        reviewer=person_of(request),
        lease_token=body.lease_token,
        version=body.version,
        draft=body.draft,
        now=timezone.now(),
    )
    return DraftStored(version=saved.version, lease_expires_at=saved.lease_expires_at)


@router.post(
    "/reviews/{review_id}/renew", response={200: LeaseRenewed, **PROBLEMS}, summary="Renew the lease"
)
def review_renew_post(request: HttpRequest, review_id: int, body: LeaseRequest) -> LeaseRenewed:
    """An expired review is taken back if its place is still free: the answer then holds a new token."""
    lease = review_renew(
        review_id=review_id, reviewer=person_of(request), lease_token=body.lease_token, now=timezone.now()
    )
    return LeaseRenewed(lease_token=lease.token, lease_expires_at=lease.expires_at)


@router.post("/reviews/{review_id}/submit", response={200: ReviewSubmitted, **PROBLEMS}, summary="Submit")
def review_submit_post(request: HttpRequest, review_id: int, body: DraftPut) -> ReviewSubmitted:
    """The same submit again gets the same answer."""
    done = review_submit(
        review_id=review_id,
        reviewer=person_of(request),
        lease_token=body.lease_token,
        version=body.version,
        draft=body.draft,
        now=timezone.now(),
    )
    return ReviewSubmitted(review_id=done.review_id, task_state=done.task_state)


@router.post("/reviews/{review_id}/skip", response={204: None, **PROBLEMS}, summary="Give the task back")
def review_skip_post(request: HttpRequest, review_id: int, body: SkipRequest) -> Status[None]:
    review_skip(
        review_id=review_id,
        reviewer=person_of(request),
        lease_token=body.lease_token,
        reason=body.reason,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post("/reviews/{review_id}/reopen", response={200: ReviewReopened, **PROBLEMS}, summary="Reopen")
def review_reopen_post(request: HttpRequest, review_id: int) -> ReviewReopened:
    """Take one's own submitted review back into work; its settlement is withdrawn until the next submit."""
    review = review_reopen(review_id=review_id, reviewer=person_of(request), now=timezone.now())
    return ReviewReopened(review_id=review.pk)
