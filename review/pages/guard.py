"""What every page does first: ask for a login, check the role, turn problems into the fitting error page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from review import access
from review.models import User
from review.problems import Problem

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(
    required: Callable[[access.Person], User] = access.person_required,
) -> Callable[[View[P]], View[P]]:
    """A page for whom `required` lets pass. A problem that the view lets through becomes its error page."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                required(request.user)
                return view(request, *args, **kwargs)
            except Problem as problem:
                raise _as_django(problem) from None

        return never_cache(login_required(guarded))

    return decorate


def posted(instead: str) -> Callable[[View[P]], View[P]]:
    """What a form does. Who comes by its address, as after a login in between, goes to `instead`."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            return view(request, *args, **kwargs) if request.method == "POST" else redirect(instead)

        return guarded

    return decorate


def person_of(request: HttpRequest) -> User:
    """The person who is logged in; only for views behind `page`."""
    assert isinstance(request.user, User)
    return request.user


@contextmanager
def problems_told(request: HttpRequest) -> Iterator[None]:
    """A problem within ends the block and is told on the next page, instead of becoming an error page."""
    try:
        yield
    except Problem as problem:
        messages.error(request, problem.sentence)


def _as_django(problem: Problem) -> Exception:
    if problem.status == 404:
        return Http404(problem.sentence)
    if problem.status == 403:
        return PermissionDenied(problem.sentence)
    return problem
