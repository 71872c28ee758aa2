"""Every error as RFC 9457 problem+json, with a sentence for people."""

from __future__ import annotations

import errno
import logging
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

    @api.exception_handler(Problem)
    def on_problem(request: HttpRequest, error: Problem) -> HttpResponse:
        return problem_response(error)

    @api.exception_handler(AuthenticationError)
    def on_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return problem_response(NotSignedIn("Log in first, or send an API token."))

    @api.exception_handler(ValidationError)
    def on_bad_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return problem_response(_request_invalid(error))

    @api.exception_handler(Http404)
    def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem_response(NotFound("There is nothing at this address."))

    @api.exception_handler(HttpError)
    def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        problem = Problem(f"{error.message.rstrip('.')}.")
        problem.status, problem.code = error.status_code, "request_refused"
        return problem_response(problem)

    @api.exception_handler(RequestDataTooBig)
    def on_big_body(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return problem_response(
            BodyTooLarge("The request is too large. Files go to /api/submissions, as files.")
        )

    @api.exception_handler(SuspiciousOperation)
    @api.exception_handler(BadRequest)
    @api.exception_handler(MultiPartParserError)
    @api.exception_handler(UnreadablePostError)  # an upload broken off by its sender
    def on_bad_body(request: HttpRequest, error: Exception) -> HttpResponse:
        return problem_response(
            RequestUnreadable("The request could not be read. Compare it with /api/docs.")
        )

    @api.exception_handler(OperationalError)
    def on_busy_database(request: HttpRequest, error: OperationalError) -> HttpResponse:
        logger.exception("The database did not answer: %s %s", request.method, request.path)
        return problem_response(DatabaseAway("The database is busy or away. Try again in a moment."))

    @api.exception_handler(OSError)
    def on_disk(request: HttpRequest, error: OSError) -> HttpResponse:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            return on_crash(request, error)
        logger.exception("The disk is full: %s %s", request.method, request.path)
        return problem_response(DiskFull("The disk is full, so nothing was stored. Tell an administrator."))

    @api.exception_handler(Exception)
    def on_crash(request: HttpRequest, error: Exception) -> HttpResponse:
        logger.exception("A request failed: %s %s", request.method, request.path)
        problem = Problem("Something went wrong on our side. Try again; if it stays, tell an administrator.")
        problem.status, problem.code, problem.title = 500, "internal_error", "Internal error"
        return problem_response(problem)


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
