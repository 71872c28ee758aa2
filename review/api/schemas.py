"""What requests carry, and the answers that no query returns. A query's dataclass is an answer as it is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from review.models import Role, TaskState
from review.services.drafts import Draft, Words


class ProblemDetails(Schema):
    """An error as RFC 9457 has it: `code` is for programs, `detail` is the sentence to show."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[str] = []
    current_version: int | None = None
    current_draft: Draft | None = None


class Me(Schema):
    """The person signed in. `pseudonym` is their identity in exports."""

    id: int
    username: str
    pseudonym: str
    role: Role
    is_senior: bool
    is_administrator: bool
    is_demo: bool
    tour_done: bool


class NextReview(Schema):
    review_id: int


class ReservedReview(Schema):
    """Kept until `expires_at`; asking again keeps it longer."""

    review_id: int
    expires_at: datetime


class ReviewOpened(Schema):
    """`as_reserved`: the workbench fetched while it was reserved still holds, but for its state and lease."""

    lease_token: int
    lease_expires_at: datetime
    as_reserved: bool


class LeaseRequest(Schema):
    lease_token: int


class DraftPut(LeaseRequest):
    """`version` is the one this draft was made from."""

    version: int
    draft: Draft


class SkipRequest(LeaseRequest):
    reason: Annotated[Words, Field(min_length=1, max_length=200)]


class DraftStored(Schema):
    version: int
    lease_expires_at: datetime


class LeaseRenewed(Schema):
    """`lease_token` differs from the one sent when an expired review was taken back."""

    lease_token: int
    lease_expires_at: datetime


class ReviewSubmitted(Schema):
    review_id: int
    task_state: TaskState


class ReviewReopened(Schema):
    review_id: int
