"""Is the model any help?"""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from review.api.auth import person_of
from review.api.errors import PROBLEMS
from review.queries.insights import Insights, insights_get

router = Router(tags=["insights"])


@router.get("/insights", response={200: Insights, **PROBLEMS}, summary="Figures of docs/metrics.md")
def insights_read(request: HttpRequest) -> Insights:
    person_of(request)
    return insights_get(now=timezone.now())
