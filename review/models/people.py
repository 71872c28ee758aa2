"""People: who reviews, who administers, and annotators that are not persons."""

from __future__ import annotations

import hashlib
import secrets
import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    REVIEWER = "reviewer", "Reviewer"
    SENIOR = "senior", "Senior reviewer"
    ADMINISTRATOR = "administrator", "Administrator"


class PersonKind(models.TextChoices):
    PERSON = "person", "Person"
    IMPORT = "import", "Import annotator"
    SIMULATED = "simulated", "Simulated reviewer"


class User(AbstractUser):
    """Whoever labels: a person, an import annotator (labels that came with files) or a simulated reviewer.

    Labels stay per person for good, so a user is deactivated, never deleted. `pseudonym` is the identity that
    leaves the house: exports, snapshots and bundles name it, never the username.
    """

    pseudonym = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.REVIEWER)
    kind = models.CharField(max_length=16, choices=PersonKind.choices, default=PersonKind.PERSON)
    is_demo = models.BooleanField(default=False)
    tour_done_at = models.DateTimeField(null=True, blank=True)
    preferences = models.JSONField(default=dict, blank=True)

    @property
    def is_senior(self) -> bool:
        return self.role in {Role.SENIOR, Role.ADMINISTRATOR}

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR


def secret_hash(secret: str) -> str:
    """What is stored of a secret: it is long and random, so a plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_make() -> str:
    return secrets.token_urlsafe(32)


class Defaults(models.Model):
    """How the workbench meets a person who chose nothing: one row for the whole organisation."""

    preferences = models.JSONField(default=dict, blank=True)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "defaults"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="defaults_one_row")]


class Invitation(models.Model):
    """An offer of an account.

    Open until `accepted_at`, `revoked_at` or `expires_at`; only the secret's hash is kept.
    """

    email = models.EmailField(blank=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.REVIEWER)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations_sent")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.OneToOneField(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="invitation"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-invited_at"]


class ApiToken(models.Model):
    """A platform's key to the API: shown once when made, kept as a hash, acts as its owner."""

    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
