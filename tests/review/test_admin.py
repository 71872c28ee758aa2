"""Django's admin holds the rules that the pages hold."""

from __future__ import annotations

import pytest
from django.test import Client

from review.models import Queue
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PLAIN = {
    "name": "Night",
    "overlap": "1",
    "lease_seconds": "900",
    "golden_rate": "0",
    "precision_floor": "0.7",
    "is_active": "on",
}


@pytest.mark.parametrize(
    ("mix", "is_made"),
    [
        ('{"blind": 0.5, "level1": 0.0, "level2": 0.5}', True),
        ('{"blind": 0.5, "level1": 0.0, "level2": 0.6}', False),
        ('{"level2": 1.0}', False),
        ('{"blind": "a", "level1": 0.0, "level2": 1.0}', False),
        ("[1, 2]", False),
        ("7", False),
    ],
)
def test_a_queue_whose_arms_cannot_be_drawn_is_not_made(mix: str, is_made: bool) -> None:
    client = Client()
    client.force_login(UserFactory(role="administrator", is_staff=True, is_superuser=True))
    answer = client.post("/admin/review/queue/add/", {**PLAIN, "arm_mix": mix})
    assert answer.status_code == (302 if is_made else 200)
    assert Queue.objects.exists() == is_made
