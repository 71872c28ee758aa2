"""Policies, violation types and queues, edited by administrators."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from review import access
from review.models import Policy, Queue, ViolationType
from review.pages.forms import NewPolicyForm, NewTypeForm, PolicyForm, QueueForm, TypeForm, show_problem
from review.pages.guard import page, person_of
from review.problems import Problem
from review.queries.policies import policies_list, policy_versions, queues_overview
from review.services.policies import (
    policy_create,
    policy_edit,
    policy_words,
    queue_edit,
    violation_type_create,
    violation_type_edit,
)


@page(access.administrator_required)
def policies(request: HttpRequest) -> HttpResponse:
    context = {"rows": policies_list(), "queues": queues_overview()}
    return render(request, "review/policies.html", context)


def _saved(form: forms.Form, save: Callable[[], object]) -> bool:
    """Whether the typed values were taken; a refusal is shown in the form."""
    if not form.is_valid():
        return False
    try:
        save()
    except Problem as problem:
        show_problem(form, problem)
        return False
    return True


@page(access.administrator_required)
@require_http_methods(["GET", "POST"])
def policy_new(request: HttpRequest) -> HttpResponse:
    form = NewPolicyForm(request.POST or None, initial={"severity": 1.0, "colour": "#d9480f"})
    if request.method == "POST" and _saved(form, lambda: _policy_make(request, form)):
        messages.success(request, "The policy is there. Now add the violation types it splits into.")
        return redirect("policies")
    return render(request, "review/policy_form.html", {"form": form, "policy": None})


def _policy_make(request: HttpRequest, form: NewPolicyForm) -> None:
    slug = form.cleaned_data["slug"]
    policy_create(actor=person_of(request), slug=slug, words=form.words(), now=timezone.now())


@page(access.administrator_required)
@require_http_methods(["GET", "POST"])
def policy_change(request: HttpRequest, policy_id: int) -> HttpResponse:
    policy = get_object_or_404(Policy, pk=policy_id)
    versions = list(policy_versions(policy))
    initial = vars(policy_words(versions[0])) if versions else {}
    form = PolicyForm(request.POST or None, initial={**initial, "is_active": policy.is_active})
    if request.method == "POST" and _saved(form, lambda: _policy_save(request, policy, form)):
        messages.success(request, "Saved. Reviews submitted from now on name the new version.")
        return redirect("policies")
    context = {"form": form, "policy": policy, "versions": versions}
    return render(request, "review/policy_form.html", context)


def _policy_save(request: HttpRequest, policy: Policy, form: PolicyForm) -> None:
    policy_edit(
        actor=person_of(request),
        policy=policy,
        words=form.words(),
        is_active=form.cleaned_data["is_active"],
        now=timezone.now(),
    )


@page(access.administrator_required)
@require_http_methods(["GET", "POST"])
def type_new(request: HttpRequest, policy_id: int) -> HttpResponse:
    policy = get_object_or_404(Policy, pk=policy_id)
    form = NewTypeForm(request.POST or None, initial={"modality": "both", "colour": "#d9480f"})
    if request.method == "POST" and _saved(form, lambda: _type_make(request, policy, form)):
        messages.success(
            request,
            "The violation type is there. Queues that cover every type look for it from the next review on; "
            "in any other queue tick it.",
        )
        return redirect("policies")
    context = {"form": form, "policy": policy, "violation_type": None}
    return render(request, "review/type_form.html", context)


def _type_make(request: HttpRequest, policy: Policy, form: NewTypeForm) -> None:
    violation_type_create(
        actor=person_of(request),
        policy=policy,
        slug=form.cleaned_data["slug"],
        words=form.words(),
        now=timezone.now(),
    )


@page(access.administrator_required)
@require_http_methods(["GET", "POST"])
def type_change(request: HttpRequest, type_id: int) -> HttpResponse:
    shown = get_object_or_404(ViolationType.objects.select_related("policy"), pk=type_id)
    names = ("name", "modality", "key", "colour", "guideline", "is_active")
    form = TypeForm(request.POST or None, initial={name: getattr(shown, name) for name in names})
    if request.method == "POST" and _saved(form, lambda: _type_save(request, shown, form)):
        messages.success(request, "Saved.")
        return redirect("policies")
    context = {"form": form, "policy": shown.policy, "violation_type": shown}
    return render(request, "review/type_form.html", context)


def _type_save(request: HttpRequest, shown: ViolationType, form: TypeForm) -> None:
    violation_type_edit(
        actor=person_of(request), violation_type=shown, words=form.words(), now=timezone.now()
    )


@page(access.administrator_required)
@require_http_methods(["GET", "POST"])
def queue_change(request: HttpRequest, queue_id: int) -> HttpResponse:
    queue = get_object_or_404(Queue, pk=queue_id)
    form = QueueForm(request.POST or None, initial=QueueForm.filled_from(queue))
    if request.method == "POST" and _saved(form, lambda: _queue_save(request, queue, form)):
        follow = " Waiting videos are being scored again." if "precision" in form.changed_data else ""
        messages.success(request, f"Saved. It counts from the next video and the next lease on.{follow}")
        return redirect("policies")
    return render(request, "review/queue_form.html", {"form": form, "queue": queue})


def _queue_save(request: HttpRequest, queue: Queue, form: QueueForm) -> None:
    queue_edit(actor=person_of(request), queue=queue, rules=form.rules(), now=timezone.now())
