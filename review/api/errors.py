"""Every error as RFC 9457 problem+json, with a sentence for people."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from review.api.schemas import ProblemDetails
from review.problems import (
    BodyTooLarge,
    DatabaseAway,
    DiskFull,
    NotFound,
    NotSignedIn,
    Problem,
    RequestInvalid,
    RequestUnreadable,
)

PROBLEM_TYPE = "application/problem+json"
logger = logging.getLogger(__name__)

# For `response=`: every operation may answer these.
PROBLEMS: dict[Any, Any] = {frozenset({401, 403, 404, 409, 422}): ProblemDetails}


def problem_response(problem: Problem) -> HttpResponse:
    """A problem as the answer to a request."""
    content = {
        "type": f"urn:spotter:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.sentence,
        "code": problem.code,
        **problem.extra,
    }
    return JsonResponse(content, status=problem.status, content_type=PROBLEM_TYPE)


def errors_translate(api: NinjaAPI) -> None:
    """Make `api` answer every error as a problem."""
    for kind, problem_of in _PROBLEM_OF.items():
        api.add_exception_handler(kind, _handler(problem_of))


def _handler(problem_of: Callable[[Any], Problem]) -> Callable[[HttpRequest, Any], HttpResponse]:
    """Ninja's form of a translation; what is our own trouble is logged with its traceback."""

    def handle(request: HttpRequest, error: Exception) -> HttpResponse:
        problem = problem_of(error)
        if problem.status >= 500:
            logger.error("%s %s failed", request.method, request.path, exc_info=error)
        return problem_response(problem)

    return handle


def _http_error(error: HttpError) -> Problem:
    problem = Problem(f"{error.message.rstrip('.')}.")
    problem.status, problem.code = error.status_code, "request_refused"
    return problem


def _os_error(error: OSError) -> Problem:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull("The disk is full, so nothing was stored. Tell an administrator.")
    return _crash(error)


def _crash(error: Exception) -> Problem:
    problem = Problem("Something went wrong on our side. Try again; if it stays, tell an administrator.")
    problem.status, problem.code, problem.title = 500, "internal_error", "Internal error"
    return problem


def _unreadable(error: Exception) -> Problem:
    return RequestUnreadable("The request could not be read. Compare it with /api/docs.")


def _request_invalid(error: ValidationError) -> RequestInvalid:
    sentences = [_sentence(item) for item in error.errors]
    return RequestInvalid(sentences[0], errors=sentences)


def _sentence(item: dict[str, Any]) -> str:
    """`draft, segments 3, end_ms: Input should be a valid integer.`: people count items from 1."""
    words = ""
    for part in item["loc"][1:]:
        if isinstance(part, int):
            words += f" {part + 1}"
        elif part not in {"payload", "body"}:
            words += f", {part}" if words else str(part)
    return f"{words or 'request'}: {item['msg']}."


# Ninja looks an error up by its class, the nearest one first.
_PROBLEM_OF: dict[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    AuthenticationError: lambda error: NotSignedIn("Log in first, or send an API token."),
    ValidationError: _request_invalid,
    Http404: lambda error: NotFound("There is nothing at this address."),
    HttpError: _http_error,
    RequestDataTooBig: lambda error: BodyTooLarge(
        "The request is too large. Files go to /api/submissions, as files."
    ),
    SuspiciousOperation: _unreadable,
    BadRequest: _unreadable,
    MultiPartParserError: _unreadable,
    UnreadablePostError: _unreadable,  # an upload broken off by its sender
    OperationalError: lambda error: DatabaseAway("The database is busy or away. Try again in a moment."),
    OSError: _os_error,
    Exception: _crash,
}
