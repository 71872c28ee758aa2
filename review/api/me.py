"""Who am I."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from review.api.auth import person_of
from review.api.errors import PROBLEMS
from review.api.schemas import Me
from review.models import Role

router = Router(tags=["me"])


@router.get("/me", response={200: Me, **PROBLEMS}, summary="The person signed in")
def me_get(request: HttpRequest) -> Me:
    person = person_of(request)
    return Me(
        id=person.pk,
        username=person.username,
        pseudonym=str(person.pseudonym),
        role=Role(person.role),
        is_senior=person.is_senior,
        is_administrator=person.is_administrator,
        is_demo=person.is_demo,
        tour_done=person.tour_done_at is not None,
    )
