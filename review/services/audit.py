"""Audit: one event with each change, written in the transaction of the change itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model

from review.models import AuditEvent, AuditPayload, User


def audit_write(
    *, actor: User | None, verb: str, target: Model, payload: Mapping[str, Any], now: datetime
) -> AuditEvent:
    """Record that `actor` (None: Spotter itself) did `verb` to `target`. Refused outside a transaction.

    The payload lies in a row of its own, so that it can be erased later; the event keeps its hash.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An audit event belongs into the transaction of the change that it tells of.")
    text = json.dumps(payload, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"))
    return AuditEvent.objects.create(
        at=now,
        actor=actor,
        verb=verb,
        object_type=target._meta.model_name or "",
        object_id=str(target.pk),
        payload=AuditPayload.objects.create(content=json.loads(text)) if payload else None,
        payload_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
