"""How Spotter meets a person: their own page, and the administrators' for whoever chose nothing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from review import access
from review.pages.forms import DefaultsForm, PreferencesForm
from review.pages.guard import page, person_of
from review.queries.preferences import defaults_changed, defaults_get, preferences_of
from review.services.preferences import defaults_save, preferences_save


@page()
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """One's own choices; "as my organisation chose" takes one back."""
    person = person_of(request)
    found = preferences_of(person)
    form = PreferencesForm(
        request.POST or None, initial=PreferencesForm.filled_from(found.own), defaults=found.defaults
    )
    if request.method == "POST" and form.is_valid():
        preferences_save(person=person, change=form.change())
        messages.success(request, _("Your preferences are saved."))
        return redirect("preferences")
    return render(request, "review/preferences.html", {"form": form})


@page(access.administrator_required)
@require_http_methods(["GET", "POST"])
def defaults(request: HttpRequest) -> HttpResponse:
    """The organisation's choices."""
    form = DefaultsForm(request.POST or None, initial=DefaultsForm.filled_from(defaults_get()))
    if request.method == "POST" and form.is_valid():
        defaults_save(actor=person_of(request), chosen=form.chosen(), now=timezone.now())
        messages.success(request, "The defaults are saved. They count when a page is next loaded.")
        return redirect("defaults")
    return render(request, "review/defaults.html", {"form": form, "changed": defaults_changed()})
