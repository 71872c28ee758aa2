"""Submissions with the state of their analysis, and the retry button."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from review import access
from review.api.auth import person_of
from review.api.errors import PROBLEMS
from review.queries.videos import AnalysisRow, VideoRow, analysis_row, videos_page
from review.services.analyses import analysis_retry

router = Router(tags=["videos"])
MOST_ROWS = 200


@router.get("/videos", response={200: list[VideoRow], **PROBLEMS}, summary="Submissions and analyses")
def videos_list(
    request: HttpRequest,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(max_length=10)] = "",
) -> list[VideoRow]:
    """Newest first. A page past the last one is empty."""
    access.senior_required(person_of(request))
    shown = videos_page(number=page, size=page_size, words=q, state=state)
    return shown.rows if shown.number == page else []


@router.post(
    "/analyses/{int:analysis_id}/retry", response={200: AnalysisRow, **PROBLEMS}, summary="Try again"
)
def analysis_retry_post(request: HttpRequest, analysis_id: int) -> AnalysisRow:
    """Queue a failed or refused analysis again."""
    access.senior_required(person_of(request))
    return analysis_row(analysis_retry(analysis_id=analysis_id, now=timezone.now()))
