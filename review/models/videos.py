"""Videos (the bytes), submissions (an upload of them) and split groups (what learns together)."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from review.models.people import User


class Split(models.TextChoices):
    TRAIN = "train", "Train"
    VALIDATION = "validation", "Validation"
    HOLDOUT = "holdout", "Holdout"


class FeatureTier(models.TextChoices):
    """Which senses features come from. Basic on screen: no pretrained network had a part in them."""

    EMBEDDED = "embedded", "Basic"
    PRETRAINED = "pretrained", "Pretrained"


class SplitGroup(models.Model):
    """Source, uploader, near-duplicate cluster or hash. Its split is decided once and never changes."""

    key = models.CharField(max_length=200, unique=True)
    split = models.CharField(max_length=10, choices=Split.choices)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key} ({self.split})"


class Video(models.Model):
    """One file, identified by its SHA-256, and what was probed from it.

    Analysed once however often it is submitted.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    size_bytes = models.PositiveBigIntegerField()
    path = models.CharField(max_length=300, help_text="Relative to MEDIA_ROOT.")
    split_group = models.ForeignKey(SplitGroup, on_delete=models.PROTECT, related_name="videos")
    created_at = models.DateTimeField()
    probed_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.PositiveBigIntegerField(null=True, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    average_fps = models.FloatField(null=True, blank=True)
    has_picture = models.BooleanField(default=False)
    has_sound = models.BooleanField(default=False)
    probe = models.JSONField(default=dict, blank=True)
    proxy_path = models.CharField(max_length=300, blank=True)
    thumbnails = models.JSONField(null=True, blank=True, help_text="path and grid of the sprite sheet")
    waveform = models.JSONField(null=True, blank=True, help_text="path, step_ms, count")
    frames = models.JSONField(null=True, blank=True, help_text="path and count of the frames' own times")
    cuts = models.JSONField(null=True, blank=True, help_text="path and count of where shots begin")
    features_path = models.CharField(max_length=300, blank=True)
    extractor_version = models.CharField(max_length=50, blank=True, db_index=True)
    feature_tier = models.CharField(max_length=20, blank=True)
    feature_weights = models.JSONField(
        default=dict, blank=True, help_text="Files of the networks that made them: name -> SHA-256."
    )

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def frames_played(self) -> dict[str, Any] | None:
        """Path and count of the frame times of what browsers play: of the proxy's frames, where there is one.

        `frames` is null until they were looked for, and {} where nothing tells them.
        A proxy without its own (of an earlier version) kept the original's times.
        """
        known = self.frames or {}
        played = known.get("shown") if self.proxy_path and "shown" in known else known
        return played if played and "path" in played else None


class SubmissionOrigin(models.TextChoices):
    UPLOAD = "upload", "Uploaded in the browser"
    API = "api", "API"
    COMMAND = "command", "manage.py ingest"
    DEMO = "demo", "Demo"


class Submission(models.Model):
    """One upload of a video by a person or platform.

    It gets the verdict. `public_id` is its identity outside.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="submissions")
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    uploader = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    file_name = models.CharField(max_length=500, blank=True, help_text="A label, never a path.")
    origin = models.CharField(max_length=8, choices=SubmissionOrigin.choices)
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="submissions")
    created_at = models.DateTimeField(db_index=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submitted_by", "external_id"],
                condition=~Q(external_id=""),
                name="submission_external_id_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title
