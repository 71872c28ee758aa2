"""A reviewer's own pages: queues, the workbench, history; and the figures."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from review import access
from review.pages.guard import page, person_of, posted
from review.pages.tour import tour_for
from review.problems import NothingToLookFor, Problem
from review.queries.insights import insights_get
from review.queries.own_reviews import history_page
from review.queries.preferences import preferences_wire
from review.queries.queues import queue_lines
from review.services.queues import queue_claim_next
from review.services.reviews import review_reopen


@page()
def queues(request: HttpRequest) -> HttpResponse:
    lines = queue_lines(person=person_of(request), now=timezone.now())
    return render(request, "review/queues.html", {"queues": lines, "tour": tour_for(person_of(request))})


@page()
@posted("queue")
def queue_start(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Take the next task of this queue and open it."""
    queue = access.queue_for_work(request.user, queue_id)
    try:
        review = queue_claim_next(reviewer=person_of(request), queue=queue, now=timezone.now())
    except NothingToLookFor as problem:
        messages.error(request, problem.sentence)
        return redirect("queue")
    if review is None:
        messages.info(request, f"Nothing is waiting for you in {queue.name} right now.")
        return redirect("queue")
    return redirect("review", review.pk)


@page()
def workbench(request: HttpRequest, review_id: int) -> HttpResponse:
    review = access.review_own(request.user, review_id, now=timezone.now())
    context = {"review": review, "preferences": preferences_wire(person_of(request))}
    return render(request, "review/workbench.html", context)


@page()
def history(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    shown = history_page(person=person_of(request), before=int(before) if _is_id(before) else None)
    return render(request, "review/history.html", {"shown": shown, "before": before})


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


@page()
@posted("history")
def reopen(request: HttpRequest, review_id: int) -> HttpResponse:
    try:
        review = review_reopen(review_id=review_id, reviewer=person_of(request), now=timezone.now())
    except Problem as problem:
        messages.error(request, problem.sentence)
        return redirect("history")
    return redirect("review", review.pk)


@page()
def insights(request: HttpRequest) -> HttpResponse:
    shown = insights_get(now=timezone.now())
    hinted = next(arm.model_created for arm in shown.by_arm if arm.arm == "level2")
    return render(request, "review/insights.html", {"insights": shown, "hinted": hinted})
