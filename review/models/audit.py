"""Audit events: who did what, when, to what."""

from __future__ import annotations

from django.db import models

from review.models.people import User


class AuditPayload(models.Model):
    """What an event said in detail. Outside the chain, so that it can be erased; the event keeps its hash."""

    content = models.JSONField()


class AuditEvent(models.Model):
    """Written in the transaction of the change itself. Sealed later, in batches, into a hash chain."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    payload = models.ForeignKey(AuditPayload, on_delete=models.SET_NULL, null=True, related_name="+")
    payload_sha256 = models.CharField(max_length=64)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id"])]
