"""Who am I, and how I like to work."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from review.api.auth import person_of
from review.api.errors import PROBLEMS
from review.api.schemas import Me
from review.models import Role
from review.queries.preferences import PersonPreferences, preferences_of
from review.services.preferences import Preferences, preferences_save

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


@router.get(
    "/me/preferences",
    response={200: PersonPreferences, **PROBLEMS},
    exclude_none=True,
    summary="How the workbench meets me",
)
def preferences_get(request: HttpRequest) -> PersonPreferences:
    return preferences_of(person_of(request))


@router.put(
    "/me/preferences",
    response={200: PersonPreferences, **PROBLEMS},
    exclude_none=True,
    summary="Change my preferences",
)
def preferences_put(request: HttpRequest, body: Preferences) -> PersonPreferences:
    """Changes what is named and leaves the rest; null follows the organisation's default again."""
    person = person_of(request)
    preferences_save(person=person, change=body)
    return preferences_of(person)
