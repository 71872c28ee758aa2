"""Analyses and what they publish: stages, curves, hints."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from review.models.learning import Bundle
from review.models.policies import ViolationType
from review.models.queues import PRECISION_FLOOR
from review.models.videos import Video


class AnalysisState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"


class StageName(models.TextChoices):
    PROBE = "probe", "Probe"
    FRAMES = "frames", "Frames"
    PROXY = "proxy", "Proxy"
    THUMBNAILS = "thumbnails", "Thumbnails"
    WAVEFORM = "waveform", "Waveform"
    FEATURES = "features", "Features"
    CURVES = "curves", "Curves"
    HINTS = "hints", "Hints"


class StageState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Analysis(models.Model):
    """One run of one bundle (or of none yet) on one video: the job's row.

        queued --claim--> running --publish--> done
          ^                 |--refuse--------> refused   (the file is the reason; a retry would not help)
          |---stale/retry---|--fail----------> failed    (attempts used up; the retry button queues it)

    `claim` is the fencing token: every write of a running worker names it, so a worker whose row was
    given back cannot publish. `heartbeat_at` going stale gives the row back.
    """

    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="analyses")
    bundle = models.ForeignKey(
        Bundle, on_delete=models.PROTECT, null=True, blank=True, related_name="analyses"
    )
    state = models.CharField(max_length=8, choices=AnalysisState.choices, default=AnalysisState.QUEUED)
    claim = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When a message last named this row.")
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    refusal_code = models.CharField(max_length=50, blank=True)
    sentence = models.CharField(
        max_length=500, blank=True, help_text="Why it was refused or failed, for people."
    )
    refreshes_features = models.BooleanField(
        default=False, help_text="Extract in the best tier there is, even where cached features would do."
    )
    extractor_version = models.CharField(
        max_length=50, blank=True, help_text="What it set out to extract; once done, what it read."
    )
    feature_tier = models.CharField(max_length=20, blank=True)
    precision_floor = models.FloatField(default=PRECISION_FLOOR, help_text="What its hints were chosen for.")
    step_ms = models.PositiveIntegerField(default=250)
    step_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "analyses"
        indexes = [models.Index(fields=["state", "queued_at"]), models.Index(fields=["video", "-id"])]
        constraints = [
            # One open analysis a video: two uploads of the same bytes never run twice.
            models.UniqueConstraint(
                fields=["video"],
                condition=Q(state__in=["queued", "running"]),
                name="analysis_one_open_per_video",
            ),
        ]


class AnalysisStage(models.Model):
    """A stage of an analysis: timed, retried and resumed on its own.

    running -> done | failed; failed -> running.
    """

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=12, choices=StageName.choices)
    state = models.CharField(max_length=8, choices=StageState.choices)
    attempts = models.PositiveIntegerField(default=1)
    progress = models.FloatField(default=0.0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.PositiveBigIntegerField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    skipped = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["analysis", "name"], name="analysis_stage_once")]


class Curve(models.Model):
    """The consensus score per time step of one violation type, and the panel's band; 0..255 for 0..1.

    The band is empty unless it was shown, while training, to follow how far reviewers really differ.
    """

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="curves")
    violation_type = models.ForeignKey(ViolationType, on_delete=models.PROTECT, related_name="+")
    scores = models.BinaryField()
    band_low = models.BinaryField()
    band_high = models.BinaryField()
    threshold = models.FloatField()
    peak = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["analysis", "violation_type"], name="curve_once"),
        ]


class Hint(models.Model):
    """One proposed interval [start_ms, end_ms).

    `rank` 1 is the best; `capped` ones lie behind "show more".
    """

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="hints")
    violation_type = models.ForeignKey(ViolationType, on_delete=models.PROTECT, related_name="+")
    start_ms = models.PositiveBigIntegerField()
    end_ms = models.PositiveBigIntegerField()
    score = models.FloatField()
    rank = models.PositiveIntegerField()
    group = models.PositiveIntegerField()
    capped = models.BooleanField(default=False)
    is_planted = models.BooleanField(
        default=False, help_text="A wrong hint on a golden task; never learned from."
    )

    class Meta:
        ordering = ["analysis", "rank"]
        constraints = [
            models.CheckConstraint(condition=Q(start_ms__lt=F("end_ms")), name="hint_has_length"),
            models.UniqueConstraint(fields=["analysis", "rank"], name="hint_rank_once"),
        ]
