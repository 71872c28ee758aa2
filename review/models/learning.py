"""Snapshots, training runs, bundles, promotions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from review.models.people import User


class Snapshot(models.Model):
    """The immutable manifest of what a bundle is trained on: `sha256` is the hash of the file at `path`."""

    sha256 = models.CharField(max_length=64, unique=True)
    path = models.CharField(max_length=300, help_text="Relative to SNAPSHOTS_ROOT.")
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField()


class BundleState(models.TextChoices):
    CANDIDATE = "candidate", "Candidate"
    SHADOW = "shadow", "Shadow"
    LIVE = "live", "Live"
    RETIRED = "retired", "Retired"
    REFUSED = "refused", "Refused"


class Bundle(models.Model):
    """A model that can travel: one folder under BUNDLES_ROOT, named by the hash of its files.

    candidate --gate or a person--> live --another promoted--> retired --rollback--> live
        |---gate---> refused --a person, with a reason--> live        (shadow: between candidate and live)
    """

    name = models.CharField(max_length=60, unique=True)
    state = models.CharField(max_length=9, choices=BundleState.choices, default=BundleState.CANDIDATE)
    path = models.CharField(max_length=300, help_text="Relative to BUNDLES_ROOT.")
    sha256 = models.CharField(max_length=64)
    extractor_version = models.CharField(max_length=50)
    feature_tier = models.CharField(max_length=20)
    weights = models.JSONField(
        default=list,
        help_text="The networks it reads: name, sha256, what, licence, url, citation of each file.",
    )
    violation_slugs = models.JSONField(default=list)
    thresholds = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    gate = models.JSONField(
        default=dict, help_text="Verdict, reasons and numbers of the comparison with the live one."
    )
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="bundles")
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    promoted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="live"), name="bundle_one_live"),
        ]

    def __str__(self) -> str:
        return self.name


class Promotion(models.Model):
    """That a bundle went live: by the gate (`promoted_by` empty) or by a person with a reason."""

    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="promotions")
    previous = models.ForeignKey(Bundle, on_delete=models.PROTECT, null=True, related_name="+")
    promoted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField()
    promoted_at = models.DateTimeField()


class TrainingTrigger(models.TextChoices):
    FIRST = "first", "First bundle"
    REVIEWS = "reviews", "Enough new settled reviews"
    PERSON = "person", "A person"


class TrainingState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class TrainingRun(models.Model):
    """One training: snapshot, fit, evaluate, gate.  One open run at a time.

    queued --claim--> running --> done | failed;  queued, running --> cancelled;  running --stale--> queued
    """

    state = models.CharField(max_length=9, choices=TrainingState.choices, default=TrainingState.QUEUED)
    trigger = models.CharField(max_length=8, choices=TrainingTrigger.choices)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=300, blank=True)
    seed = models.PositiveIntegerField(default=0)
    claim = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    progress = models.FloatField(default=0.0)
    message = models.CharField(max_length=300, blank=True)
    sentence = models.CharField(max_length=500, blank=True)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="training_runs")
    bundle = models.OneToOneField(Bundle, on_delete=models.PROTECT, null=True, related_name="training_run")

    class Meta:
        ordering = ["-queued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(state__in=["queued", "running"]), name="training_run_one_open"
            ),
        ]


class HoldoutLook(models.Model):
    """The gate opened holdout: each look is logged, since each look makes the next one worth less."""

    training_run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, related_name="holdout_looks")
    candidate = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="+")
    live = models.ForeignKey(Bundle, on_delete=models.PROTECT, null=True, related_name="+")
    looked_at = models.DateTimeField()
    result = models.JSONField(default=dict)


class WeightsState(models.TextChoices):
    PRESENT = "present", "All there"
    MISSING = "missing", "Not there"
    ALTERED = "altered", "Not usable"


class WeightsReport(models.Model):
    """What the workers found in the folder of pretrained networks when they last looked. One row.

    Pages cannot look themselves: the web process knows nothing of networks.
    """

    state = models.CharField(max_length=7, choices=WeightsState.choices)
    extractor_version = models.CharField(max_length=50, help_text="Of the features that are extracted now.")
    sentence = models.CharField(max_length=500, blank=True, help_text="What is wrong, and what to do.")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="weights_report_one_row")]
