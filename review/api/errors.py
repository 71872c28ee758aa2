"""Every error as RFC 9457 problem+json, with a sentence for people."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from review.api.schemas import ProblemDetails
from review.problems import NotFound, NotSignedIn, Problem, RequestInvalid

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
    return JsonResponse(content, status=problem.status, content_type="application/problem+json")


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
