"""Who there is: people, annotators without an account, open invitations, tokens."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from review.models import ApiToken, Invitation, PersonKind, ReviewState, User, secret_hash


def people_list() -> QuerySet[User]:
    """Persons with an account, active ones first, each with `submitted`: the reviews they submitted."""
    return _with_submitted(User.objects.filter(kind=PersonKind.PERSON)).order_by("-is_active", "username")


def annotators_list() -> QuerySet[User]:
    """Import annotators and simulated reviewers: they label, and cannot log in."""
    return _with_submitted(User.objects.exclude(kind=PersonKind.PERSON)).order_by("kind", "username")


def _with_submitted(people: QuerySet[User]) -> QuerySet[User]:
    submitted = Count("reviews", filter=Q(reviews__state=ReviewState.SUBMITTED))
    return people.annotate(submitted=submitted)


def invitations_open(*, now: datetime) -> QuerySet[Invitation]:
    """Offers somebody can still take."""
    still_open = Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)
    return still_open.select_related("invited_by")


def invitation_by_secret(secret: str, *, now: datetime) -> Invitation | None:
    """The open invitation that this link belongs to."""
    return invitations_open(now=now).filter(secret_hash=secret_hash(secret)).first()


def tokens_of(person: User) -> QuerySet[ApiToken]:
    """This person's keys, those in force first."""
    return person.api_tokens.order_by("-revoked_at", "-created_at")
