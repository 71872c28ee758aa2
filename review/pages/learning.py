"""Bundles and training runs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from review import access
from review.models import Bundle, TrainingRun
from review.pages.forms import ReasonForm, show_problem
from review.pages.guard import page, person_of, problems_told
from review.problems import Problem
from review.queries.bundles import bundle_detail, bundles_overview
from review.services.bundles import bundle_promote
from review.services.training import training_cancel, training_request


@page(access.administrator_required)
def bundles(request: HttpRequest) -> HttpResponse:
    return render(request, "review/bundles.html", {"overview": bundles_overview()})


@page(access.administrator_required)
@require_http_methods(["GET", "POST"])
def bundle(request: HttpRequest, bundle_id: int) -> HttpResponse:
    """The bundle's page; a POST promotes it with the reason typed there."""
    shown = get_object_or_404(Bundle.objects.select_related("snapshot", "training_run"), pk=bundle_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _promoted(request, shown, form):
        return redirect("bundle", shown.pk)
    context = {"detail": bundle_detail(shown), "bundle": shown, "form": form}
    return render(request, "review/bundle.html", context)


def _promoted(request: HttpRequest, shown: Bundle, form: ReasonForm) -> bool:
    reason = form.cleaned_data["reason"]
    try:
        bundle_promote(bundle=shown, reason=reason, promoted_by=person_of(request), now=timezone.now())
    except Problem as problem:
        show_problem(form, problem)
        return False
    messages.success(request, f"{shown.name} is live. Waiting videos are being scored again.")
    return True


@page(access.administrator_required)
@require_POST
def retrain(request: HttpRequest) -> HttpResponse:
    with problems_told(request):
        training_request(
            requested_by=person_of(request), why="Asked for on the bundles page.", now=timezone.now()
        )
        messages.success(request, "A training run is queued.")
    return redirect("bundles")


@page(access.administrator_required)
@require_POST
def training_stop(request: HttpRequest, run_id: int) -> HttpResponse:
    with problems_told(request):
        training_cancel(run=get_object_or_404(TrainingRun, pk=run_id), now=timezone.now())
        messages.success(request, "The training run was cancelled.")
    return redirect("bundles")
