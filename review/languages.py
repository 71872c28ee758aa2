"""In which language a person reads Spotter: as they chose, else as their organisation did,
else as their browser asks.

What reviewers meet is there in every language of settings.LANGUAGES; pages of administrators are in English.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from review.models import User
from review.queries.preferences import language_of


def in_their_language(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: everything said while a request is answered is said in its person's language."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        language = _chosen(request) or translation.get_language_from_request(request)
        with translation.override(language):
            response = get_response(request)
        patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Content-Language", language)
        return response

    return answer


def _chosen(request: HttpRequest) -> str:
    try:
        person = request.user
        wanted = language_of(person) if isinstance(person, User) else ""
    except OperationalError:
        wanted = ""  # the database is away: whoever answers says so, in the form that was asked for
    return wanted if wanted in dict(settings.LANGUAGES) else ""
