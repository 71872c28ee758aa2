"""One's own preferences, and the organisation's defaults: as forms, and as the workbench is told of them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from review.models import AuditEvent, Defaults, User
from tests.factories import NOW, ReviewFactory
from tests.review.pages.conftest import SignIn

pytestmark = pytest.mark.django_db


def told(client: Client, person: User) -> dict[str, Any]:
    """What the workbench's page carries."""
    page = client.get(reverse("review", args=[ReviewFactory(reviewer=person).pk])).content.decode()
    found = re.search(r'<script id="preferences" type="application/json">(.*?)</script>', page)
    assert found is not None
    return dict(json.loads(found.group(1)))


def test_an_administrator_chooses_for_everybody_and_it_is_audited(
    sign_in: SignIn, administrator: User, alice: User
) -> None:
    ada = sign_in(administrator)
    page = ada.post(reverse("defaults"), {"muted": "on", "blurred": "on", "offer_breaks": "on"}, follow=True)
    assert "Last changed by" in page.content.decode()
    assert Defaults.objects.get().preferences == {"muted": True, "blurred": True}
    assert AuditEvent.objects.get(verb="defaults.changed").actor == administrator
    assert told(sign_in(alice), alice) == {"own": {}, "defaults": {"muted": True, "blurred": True}}


def test_nobody_else_chooses_for_everybody(
    sign_in: SignIn, alice: User, senior: User, charlie: Client
) -> None:
    for client, status in ((sign_in(alice), 403), (sign_in(senior), 403), (charlie, 302)):
        assert client.post(reverse("defaults"), {"muted": "on"}).status_code == status
    assert not Defaults.objects.exists()


def test_alice_chooses_for_herself_alone_and_can_follow_again(
    sign_in: SignIn, alice: User, bob: User
) -> None:
    Defaults.objects.create(pk=1, preferences={"muted": True}, changed_at=NOW)
    hers = sign_in(alice)
    assert "As my organisation chose: on" in hers.get(reverse("preferences")).content.decode()
    hers.post(reverse("preferences"), {"muted": "off", "blurred": "on", "language": "browser"})
    own = {"muted": False, "blurred": True, "language": ""}
    assert told(hers, alice) == {"own": own, "defaults": {"muted": True}}
    assert told(sign_in(bob), bob)["own"] == {}
    hers.post(reverse("preferences"), {"blurred": "on"})
    assert told(hers, alice)["own"] == {"blurred": True}


def test_the_form_leaves_alone_what_it_does_not_show(sign_in: SignIn, alice: User) -> None:
    alice.preferences = {"keys": {"accept": ["q"]}, "speed": 2.0}
    alice.save()
    sign_in(alice).post(reverse("preferences"), {"muted": "on"})
    alice.refresh_from_db()
    assert alice.preferences == {"keys": {"accept": ["q"]}, "speed": 2.0, "muted": True}


@pytest.mark.parametrize(("name", "value"), [("muted", "perhaps"), ("language", "tlh")])
def test_nonsense_is_refused_beside_its_field(sign_in: SignIn, alice: User, name: str, value: str) -> None:
    page = sign_in(alice).post(reverse("preferences"), {name: value})
    assert page.context["form"].errors[name]
    alice.refresh_from_db()
    assert alice.preferences == {}


def test_the_organisations_language_counts_until_somebody_chooses(sign_in: SignIn, alice: User) -> None:
    Defaults.objects.create(pk=1, preferences={"language": "zh-hans"}, changed_at=NOW)
    hers = sign_in(alice)
    assert 'lang="zh-hans"' in hers.get(reverse("queue")).content.decode()
    hers.post(reverse("preferences"), {"language": "en"})
    assert 'lang="en"' in hers.get(reverse("queue")).content.decode()
