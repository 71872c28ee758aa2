"""Two ways in: a person's session with its CSRF token, or a platform's `Authorization: Bearer` token."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import HttpBearer, SessionAuth

from review.access import person_required
from review.models import ApiToken, User, secret_hash
from review.problems import NotAllowed, NotSignedIn

# Writing the time of each call would make every read a write.
LAST_USED_STEP = timedelta(minutes=1)


class TokenAuth(HttpBearer):
    """A wrong token is refused at once: falling back to a cookie would hide the mistake."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        now = timezone.now()
        found = ApiToken.objects.select_related("owner").filter(
            secret_hash=secret_hash(token), revoked_at__isnull=True, owner__is_active=True
        )
        row = found.first()
        if row is None:
            raise NotSignedIn("This API token is not valid. Make a new one under Videos, API tokens.")
        _note_use(row, now)
        return row.owner


def _note_use(row: ApiToken, now: datetime) -> None:
    if row.last_used_at is None or now - row.last_used_at > LAST_USED_STEP:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)


class CookieAuth(SessionAuth):
    """Django's session; a write without the CSRF token is refused with a sentence."""

    def __call__(self, request: HttpRequest) -> User | None:
        try:
            found = super().__call__(request)
        except HttpError as error:
            raise NotAllowed("The CSRF token is missing or old. Reload the page and try again.") from error
        return found if isinstance(found, User) else None


AUTH = [TokenAuth(), CookieAuth()]


def person_of(request: HttpRequest) -> User:
    """The person whom one of the two ways has let in."""
    return person_required(request.auth)  # type: ignore[attr-defined]
