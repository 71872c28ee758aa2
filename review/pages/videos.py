"""Videos: upload and list, one submission's page, retry."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from review import access
from review.models import AnalysisState, TaskState
from review.pages.guard import page, person_of, problems_told
from review.queries.videos import video_detail, videos_page
from review.services.analyses import analysis_retry


@page(access.senior_required)
def videos(request: HttpRequest) -> HttpResponse:
    words, state = request.GET.get("q", "")[:200], request.GET.get("state", "")
    task_state, number = request.GET.get("task", ""), _number(request.GET.get("page", ""))
    shown = videos_page(number=number, words=words, state=state, task_state=task_state)
    context = {
        "shown": shown,
        "words": words,
        "state": state,
        "states": AnalysisState.choices,
        "task_state": task_state,
        "task_states": TaskState.choices,
        "upload_max_bytes": settings.UPLOAD_MAX_BYTES,
    }
    return render(request, "review/videos.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


@page(access.senior_required)
def video(request: HttpRequest, public_id: UUID) -> HttpResponse:
    submission = access.submission_readable(person_of(request), public_id)
    detail = video_detail(submission, viewer=person_of(request))
    return render(request, "review/video.html", {"detail": detail})


@page(access.senior_required)
@require_POST
def retry(request: HttpRequest, public_id: UUID, analysis_id: int) -> HttpResponse:
    submission = access.submission_readable(person_of(request), public_id)
    with problems_told(request):
        analysis_retry(analysis_id=analysis_id, now=timezone.now())
        messages.success(request, "The analysis is queued again.")
    return redirect("video", submission.public_id)
