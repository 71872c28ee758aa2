"""Audit events: written with the change, or not at all."""

from __future__ import annotations

import hashlib

import pytest
from django.db import transaction

from review.models import AuditEvent, AuditPayload
from review.services.audit import audit_write
from tests.factories import NOW, UserFactory, make_scene
from tests.review.helpers import claim, segment, submit


@pytest.mark.django_db
def test_an_event_keeps_the_hash_of_its_payload() -> None:
    alice = UserFactory()
    event = audit_write(actor=alice, verb="tried", target=alice, payload={"b": 1, "a": NOW}, now=NOW)
    text = '{"a":"2026-11-21T09:00:00Z","b":1}'
    assert event.payload_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (event.object_type, event.object_id) == ("user", str(alice.pk))


@pytest.mark.django_db
def test_a_payload_can_be_erased_and_its_event_stays() -> None:
    alice = UserFactory()
    event = audit_write(actor=alice, verb="tried", target=alice, payload={"a": 1}, now=NOW)
    AuditPayload.objects.all().delete()
    event.refresh_from_db()
    assert (event.payload, len(event.payload_sha256)) == (None, 64)


@pytest.mark.django_db
def test_an_event_without_payload_makes_no_payload_row() -> None:
    alice = UserFactory()
    assert audit_write(actor=None, verb="tried", target=alice, payload={}, now=NOW).payload is None


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    alice = UserFactory()
    with pytest.raises(RuntimeError, match="transaction"):
        audit_write(actor=alice, verb="tried", target=alice, payload={}, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_leaves_no_event() -> None:
    alice = UserFactory()
    with transaction.atomic():
        audit_write(actor=alice, verb="tried", target=alice, payload={}, now=NOW)
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_a_review_leaves_its_trail() -> None:
    scene = make_scene()
    submit(claim(scene), segment(scene.gunfire))
    verbs = list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["review_leased", "task_settled", "review_submitted"]
