"""A person's preferences over the wire: merged field by field, checked, and nobody else's."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from review.models import AuditEvent, Defaults, Role, User
from review.queries.preferences import preferences_of
from review.services.preferences import Defaultable, Preferences, defaults_save, preferences_save
from tests.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/api/me/preferences"


@pytest.fixture
def alice() -> User:
    made: User = UserFactory(username="alice")
    return made


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def put(client: Client, change: dict[str, Any]) -> Any:
    return client.put(ADDRESS, json.dumps(change), content_type="application/json")


def test_who_chose_nothing_follows_nobody_yet(alice: User) -> None:
    assert signed_in(alice).get(ADDRESS).json() == {"own": {}, "defaults": {}}


def test_a_change_leaves_other_fields_alone(alice: User) -> None:
    client = signed_in(alice)
    put(client, {"muted": True, "keys": {"accept": ["q"]}})
    answer = put(client, {"speed": 1.5}).json()
    assert answer["own"] == {"muted": True, "keys": {"accept": ["q"]}, "speed": 1.5}


def test_null_takes_a_choice_back(alice: User) -> None:
    client = signed_in(alice)
    put(client, {"muted": False, "blurred": True})
    assert put(client, {"muted": None}).json()["own"] == {"blurred": True}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"muted": "yes"}, "muted"),
        ({"muted": 1}, "muted"),
        ({"speed": 9}, "speed"),
        ({"language": "klingon"}, "language"),
        ({"preset": "vim"}, "preset"),
        ({"keys": {"accept": "a"}}, "keys"),
        ({"keys": {"no action!": ["a"]}}, "keys"),
        ({"lanes": {"fight": "sometimes"}}, "lanes"),
        ({"volume": 3}, "volume"),
    ],
)
def test_nonsense_is_refused_by_name(alice: User, change: dict[str, Any], named: str) -> None:
    answer = put(signed_in(alice), {"blurred": True, **change})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(named)
    alice.refresh_from_db()
    assert alice.preferences == {}


def test_everybody_has_their_own(alice: User) -> None:
    bob = UserFactory()
    put(signed_in(bob), {"muted": True})
    assert signed_in(alice).get(ADDRESS).json()["own"] == {}
    assert put(Client(), {"muted": True}).status_code in {401, 403}


def test_the_organisation_chooses_for_who_chose_nothing_and_it_is_audited(alice: User) -> None:
    ada = UserFactory(role=Role.ADMINISTRATOR)
    defaults_save(actor=ada, chosen=Defaultable(muted=True, blurred=True), now=NOW)
    preferences_save(person=alice, change=Preferences(blurred=False))
    found = preferences_of(alice)
    assert (found.own.blurred, found.defaults.blurred, found.defaults.muted) == (False, True, True)
    event = AuditEvent.objects.get(verb="defaults.changed")
    assert event.payload is not None
    assert event.payload.content == {"from": {}, "to": {"muted": True, "blurred": True}}


def test_the_same_defaults_again_change_nothing() -> None:
    ada = UserFactory(role=Role.ADMINISTRATOR)
    for later in range(2):
        defaults_save(actor=ada, chosen=Defaultable(muted=True), now=NOW + timedelta(hours=later))
    assert Defaults.objects.get().changed_at == NOW
    assert AuditEvent.objects.filter(verb="defaults.changed").count() == 1


def test_choices_of_another_version_fall_away_without_harm(alice: User) -> None:
    alice.preferences = {"muted": True, "speed": 90, "hologram": True}
    alice.save()
    Defaults.objects.create(pk=1, preferences=["what"], changed_at=NOW)
    assert signed_in(alice).get(ADDRESS).json() == {"own": {"muted": True}, "defaults": {}}
    assert put(signed_in(alice), {"blurred": True}).json()["own"] == {"muted": True, "blurred": True}
