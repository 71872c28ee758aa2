"""What can go wrong in the domain, by name: the API answers it as RFC 9457 problem+json, pages as a message.

A problem has a stable `code` for programs, and a sentence for people that says what to do.
"""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """Base of all. `extra` travels in the answer beside the sentence."""

    status = 400
    code = "problem"
    title = "That did not work"

    def __init__(self, sentence: str, **extra: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.extra = extra


class NotSignedIn(Problem):
    status = 401
    code = "not_signed_in"
    title = "Not signed in"


class NotAllowed(Problem):
    status = 403
    code = "not_allowed"
    title = "Not allowed"


class NotFound(Problem):
    status = 404
    code = "not_found"
    title = "Not found"


class LeaseLost(Problem):
    """The token is old, or the review is no longer in work."""

    status = 409
    code = "lease_lost"
    title = "This review is no longer yours to change"


class DraftConflict(Problem):
    """Another window saved in between; `current_version` and `current_draft` say what is stored."""

    status = 409
    code = "draft_conflict"
    title = "The draft was changed elsewhere"


class NothingToLookFor(Problem):
    """The queue covers no violation type that is in use."""

    status = 409
    code = "no_violation_types"
    title = "There is nothing to look for yet"


class UnableToReopen(Problem):
    status = 409
    code = "reopen_refused"
    title = "This review cannot be reopened"


class DraftInvalid(Problem):
    """The draft breaks a rule. Nothing was stored and the stored draft is unchanged."""

    status = 422
    code = "draft_invalid"
    title = "The draft breaks a rule"


class VerdictInvalid(Problem):
    status = 422
    code = "verdict_invalid"
    title = "The verdict cannot stand like this"


class RequestInvalid(Problem):
    """The request does not have the shape of the API; `errors` names each field."""

    status = 422
    code = "request_invalid"
    title = "The request is not understood"


class RequestUnreadable(Problem):
    code = "request_refused"
    title = "The request is not understood"


class BodyTooLarge(Problem):
    status = 413
    code = "body_too_large"
    title = "The request is too large"


class DatabaseAway(Problem):
    """Nothing was changed; the same request may well succeed in a moment."""

    status = 503
    code = "database_away"
    title = "The database did not answer"


class DiskFull(Problem):
    status = 507
    code = "disk_full"
    title = "The disk is full"
