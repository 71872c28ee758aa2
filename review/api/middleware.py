"""What never reaches a router - an unknown address, a wrong method, a refused host - is a problem too."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from review.api.errors import PROBLEM_TYPE, problem_response
from review.problems import Problem

_SENTENCES = {
    400: "The request could not be read. Compare it with /api/docs.",
    404: "There is nothing at this address. Compare it with /api/docs.",
    405: "This address does not take that method. Compare it with /api/docs.",
}
_CODES = {400: "request_refused", 404: "not_found", 405: "method_not_allowed"}


def problems_under_api(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: Django's own error pages under /api/ become problem+json."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_ours = response.status_code < 400 or response.headers.get("Content-Type") == PROBLEM_TYPE
        return response if is_ours or not request.path_info.startswith("/api/") else _as_problem(response)

    return answer


def _as_problem(response: HttpResponse) -> HttpResponse:
    problem = Problem(_SENTENCES.get(response.status_code, f"{response.reason_phrase}."))
    problem.status, problem.title = response.status_code, response.reason_phrase
    problem.code = _CODES.get(response.status_code, "request_refused")
    made = problem_response(problem)
    if "Allow" in response.headers:
        made.headers["Allow"] = response.headers["Allow"]
    return made
