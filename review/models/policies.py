"""Policies and the violation types they split into."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from review.models.people import User

colour_validator = RegexValidator(
    r"^#[0-9a-fA-F]{6}$", "Write the colour as # and six digits, such as #d9480f."
)


class Enforcement(models.TextChoices):
    NONE = "none", "None"
    LABEL = "label", "Label"
    AGE_RESTRICT = "age_restrict", "Age-restrict"
    LIMIT = "limit", "Limit"
    REMOVE = "remove", "Remove"
    ESCALATE = "escalate", "Escalate"


class Modality(models.TextChoices):
    PICTURE = "picture", "Picture"
    SOUND = "sound", "Sound"
    BOTH = "both", "Picture and sound"


class Policy(models.Model):
    """A family of rules. What it says lives in its versions; the newest one is in force."""

    slug = models.SlugField(unique=True)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class PolicyVersion(models.Model):
    """What a policy said from `created_at` on.

    Never changed: an edit makes the next version, labels keep theirs.
    """

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    severity = models.FloatField(default=1.0, validators=[MinValueValidator(0.0), MaxValueValidator(10.0)])
    guideline = models.TextField(blank=True)
    colour = models.CharField(max_length=7, default="#d9480f", validators=[colour_validator])
    enforcement = models.CharField(max_length=16, choices=Enforcement.choices, default=Enforcement.NONE)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.number})"


class ViolationType(models.Model):
    """The granular class that models score and people label.

    Its slug is its identity in bundles and exports.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="violation_types")
    modality = models.CharField(max_length=8, choices=Modality.choices, default=Modality.BOTH)
    guideline = models.TextField(blank=True)
    colour = models.CharField(max_length=7, default="#d9480f", validators=[colour_validator])
    key = models.CharField(
        max_length=1, blank=True, validators=[RegexValidator(r"^[1-9]$", "One digit, 1 to 9.")]
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["policy", "slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(is_active=True) & ~Q(key=""), name="violation_type_key_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
