"""People, invitations and API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from review import access
from review.models import Invitation, Role, User
from review.pages.forms import InvitationForm, RoleForm, TokenForm
from review.pages.guard import page, person_of, problems_told
from review.queries.people import annotators_list, invitations_open, people_list, tokens_of
from review.services.people import (
    invitation_create,
    invitation_revoke,
    token_create,
    token_revoke,
    user_activate,
    user_deactivate,
    user_set_role,
)

# A secret waits in the session for exactly one page view after the POST that made it.
_LINK, _TOKEN = "invitation_link", "token_secret"


@page(access.administrator_required)
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Everybody; a POST makes an invitation."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _, secret = invitation_create(actor=person_of(request), now=timezone.now(), **form.cleaned_data)
        request.session[_LINK] = request.build_absolute_uri(reverse("invitation", args=[secret]))
        return redirect("people")
    context = {
        "form": form,
        "link": request.session.pop(_LINK, ""),
        "people": people_list(),
        "annotators": annotators_list(),
        "invitations": invitations_open(now=timezone.now()),
        "roles": Role.choices,
    }
    return render(request, "review/people.html", context)


@page(access.administrator_required)
@require_POST
def invitation_withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    invitation_revoke(actor=person_of(request), invitation=invitation, now=timezone.now())
    messages.success(request, "The invitation was taken back. Its link no longer works.")
    return redirect("people")


@page(access.administrator_required)
@require_POST
def person_role(request: HttpRequest, person_id: int) -> HttpResponse:
    form = RoleForm(request.POST)
    person = get_object_or_404(User, pk=person_id)
    with problems_told(request):
        role = form.cleaned_data["role"] if form.is_valid() else ""
        person = user_set_role(actor=person_of(request), person=person, role=role, now=timezone.now())
        messages.success(request, f"{person.username} is now {person.get_role_display().lower()}.")
    return redirect("people")


@page(access.administrator_required)
@require_POST
def person_close(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    with problems_told(request):
        user_deactivate(actor=person_of(request), person=person, now=timezone.now())
        messages.success(request, f"{person.username} can no longer log in. Their labels stay.")
    return redirect("people")


@page(access.administrator_required)
@require_POST
def person_open(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    with problems_told(request):
        user_activate(actor=person_of(request), person=person, now=timezone.now())
        messages.success(request, f"{person.username} can log in again.")
    return redirect("people")


@page(access.senior_required)
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Your own keys; a POST makes one."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _, secret = token_create(owner=person_of(request), name=form.cleaned_data["name"], now=timezone.now())
        request.session[_TOKEN] = secret
        return redirect("tokens")
    context = {
        "form": form,
        "secret": request.session.pop(_TOKEN, ""),
        "tokens": tokens_of(person_of(request)),
    }
    return render(request, "review/tokens.html", context)


@page(access.senior_required)
@require_POST
def token_stop(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(tokens_of(person_of(request)), pk=token_id)
    token_revoke(actor=person_of(request), token=token, now=timezone.now())
    messages.success(request, f"“{token.name}” no longer works.")
    return redirect("tokens")
