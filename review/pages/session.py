"""Logging in and out, accepting an invitation, the first-use tour."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from review.models import User
from review.pages.forms import AcceptForm, LoginForm, show_problem
from review.pages.guard import page, person_of
from review.problems import Problem
from review.queries.people import invitation_by_secret
from review.services.people import invitation_accept, user_finish_tour
from review.services.reservations import reservations_release

WRONG = gettext_lazy(
    "The name or the password is not right. Names are as on your invitation; passwords mind capitals."
)


@sensitive_post_parameters("password")
@never_cache
def login_page(request: HttpRequest) -> HttpResponse:
    onward = _onward(request)
    if request.user.is_authenticated:
        return redirect(onward)
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = authenticate(request, **form.cleaned_data)
        if person is not None:
            login(request, person)
            return redirect(onward)
        form.add_error(None, WRONG)
    return render(request, "review/login.html", {"form": form, "next": onward})


def _onward(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is ours: a link must not carry a login elsewhere."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else reverse("queue")


@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        reservations_release(reviewer=request.user, now=timezone.now())
    logout(request)
    messages.success(request, _("You are logged out."))
    return redirect("login")


@sensitive_post_parameters("password", "password_again")
@never_cache
def invitation_page(request: HttpRequest, secret: str) -> HttpResponse:
    now = timezone.now()
    invitation = invitation_by_secret(secret, now=now)
    form = AcceptForm(request.POST or None)
    if invitation and request.method == "POST" and form.is_valid():
        try:
            person = invitation_accept(invitation=invitation, now=now, **form.account())
        except Problem as problem:
            show_problem(form, problem)
        else:
            login(request, person, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("queue")
    context = {"form": form, "invitation": invitation}
    return render(request, "review/invitation_accept.html", context, status=200 if invitation else 404)


@page()
@require_POST
def tour_done(request: HttpRequest) -> HttpResponse:
    user_finish_tour(person=person_of(request), now=timezone.now())
    return HttpResponse(status=204)


# A frame with a mark on it. Pages of Django's admin ask for it at this address without naming it.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" '
    'fill="#1c2a3a"/><circle cx="8" cy="8" r="3.5" fill="#ff922b"/></svg>'
)


@cache_control(public=True, max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon of every page, for whoever asks."""
    return HttpResponse(ICON, content_type="image/svg+xml")
