"""Reviews and what people said in them: segments, outcomes of hints, what was watched."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from review.models.analyses import Analysis, Hint
from review.models.people import User
from review.models.policies import PolicyVersion, ViolationType
from review.models.queues import Arm, Task, TaskState


class ReviewState(models.TextChoices):
    RESERVED = "reserved", "Reserved"
    LEASED = "leased", "In work"
    SUBMITTED = "submitted", "Submitted"
    SKIPPED = "skipped", "Skipped"
    EXPIRED = "expired", "Expired"


class ReviewSource(models.TextChoices):
    WORKBENCH = "workbench", "Workbench"
    IMPORT = "import", "Imported labels"
    SIMULATED = "simulated", "Simulated reviewer"


class Verdict(models.TextChoices):
    VIOLATING = "violating", "Violating"
    CLEAN = "clean", "Clean"
    ESCALATED = "escalated", "Escalated"
    UNREVIEWABLE = "unreviewable", "Unreviewable"


class EscalationReason(models.TextChoices):
    CHILD_SAFETY = "child_safety", "A child may be in danger"
    THREAT_TO_LIFE = "threat_to_life", "A threat to somebody's life"
    LEGAL = "legal", "May be a matter for the law"
    POLICY_UNCLEAR = "policy_unclear", "The policy does not say"
    EXPERTISE = "expertise", "Needs knowledge I do not have"
    OTHER = "other", "Something else"


class HintlessReason(models.TextChoices):
    NO_BUNDLE = "no_bundle", "No model yet"
    NOT_ANALYSED = "not_analysed", "Not analysed yet"
    REFUSED = "refused", "The file could not be analysed"
    FAILED = "failed", "The analysis failed"


class Review(models.Model):
    """One reviewer's pass over one task.

        (none) --claim--> leased --submit--> submitted --reopen--> leased
        (none) --prefetch--> reserved --open--> leased
        reserved --ran out, let go, or needed by another--> (none)
        leased --skip--> skipped
        leased --lease ran out--> expired --its owner comes back--> leased
        leased (reopened) --skip, or lease ran out--> submitted, as it was before

    `lease_token` is the fencing token: it grows with every lease, and each write must name the current one.
    `slot` is the place in the task's overlap; a skipped or expired review gives its slot back.
    Analysis, arm and the reason for having no hints are pinned when leased and never change. A reservation
    has them too, for what is fetched ahead; opening it pins the analysis anew and keeps the arm. A review
    with a `hintless_reason` was not blind by choice and is never counted as `blind`, whatever arm was drawn.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    slot = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=ReviewState.choices)
    source = models.CharField(max_length=10, choices=ReviewSource.choices, default=ReviewSource.WORKBENCH)
    arm = models.CharField(max_length=6, choices=Arm.choices)
    hintless_reason = models.CharField(max_length=12, choices=HintlessReason.choices, blank=True)
    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, null=True, related_name="reviews")
    is_adjudication = models.BooleanField(default=False)
    covered_types = models.ManyToManyField(
        ViolationType, related_name="+", help_text="The queue's, when leased."
    )
    lease_token = models.PositiveIntegerField(default=1)
    leased_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField()
    earlier_lease_ms = models.PositiveBigIntegerField(
        default=0, help_text="How long its earlier leases lasted: nobody was active for longer than leased."
    )
    draft = models.JSONField(default=dict, blank=True)
    draft_version = models.PositiveIntegerField(default=0)
    draft_saved_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=12, choices=Verdict.choices, blank=True)
    notes = models.TextField(blank=True)
    escalation_reason = models.CharField(max_length=20, choices=EscalationReason.choices, blank=True)
    skip_reason = models.CharField(max_length=200, blank=True)
    active_ms = models.PositiveBigIntegerField(default=0)
    submitted_at = models.DateTimeField(null=True, blank=True, db_index=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    task_state_after = models.CharField(
        max_length=12, choices=TaskState.choices, blank=True, help_text="Its submit's answer, for a replay."
    )

    class Meta:
        indexes = [
            models.Index(fields=["reviewer", "state"]),
            models.Index(fields=["state", "lease_expires_at"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["task", "reviewer"], name="review_once_per_task_and_reviewer"),
            models.UniqueConstraint(
                fields=["task", "slot"],
                condition=Q(state__in=["reserved", "leased", "submitted"]),
                name="review_slot_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="submitted") | (Q(submitted_at__isnull=False) & ~Q(verdict="")),
                name="review_submitted_has_verdict",
            ),
        ]


class Outcome(models.TextChoices):
    ACCEPTED = "accepted", "Accepted"
    ADJUSTED = "adjusted", "Adjusted"
    RELABELLED = "relabelled", "Relabelled"
    REJECTED = "rejected", "Rejected"
    UNTOUCHED = "untouched", "Untouched"
    UNSEEN = "unseen", "Unseen"


class HintOutcome(models.Model):
    """What a submitted review did with each hint of its analysis; `unseen` was never shown."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="outcomes")
    hint = models.ForeignKey(Hint, on_delete=models.PROTECT, related_name="outcomes")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    played = models.BooleanField(default=False)
    start_shift_ms = models.BigIntegerField(null=True, blank=True)
    end_shift_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "hint"], name="hint_outcome_once")]


class SegmentOrigin(models.TextChoices):
    HINT = "hint", "Hint"
    HUMAN = "human", "Human"


class Segment(models.Model):
    """One violation a person asserts, [start_ms, end_ms), under the policy version then in force.

    Of origin `hint` exactly if it has hints; rows elsewhere hold them, so the rule is kept by `draft_check`.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="segments")
    violation_type = models.ForeignKey(ViolationType, on_delete=models.PROTECT, related_name="segments")
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    client_id = models.UUIDField()
    start_ms = models.PositiveBigIntegerField()
    end_ms = models.PositiveBigIntegerField()
    origin = models.CharField(max_length=5, choices=SegmentOrigin.choices)
    hints = models.ManyToManyField(Hint, through="SegmentHint", related_name="segments")

    class Meta:
        ordering = ["review", "start_ms"]
        constraints = [
            models.CheckConstraint(condition=Q(start_ms__lt=F("end_ms")), name="segment_has_length"),
            models.UniqueConstraint(fields=["review", "client_id"], name="segment_client_id_once"),
        ]


class SegmentHint(models.Model):
    """A hint that a segment came from: several after a merge. `place` 0 is the primary one."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="came_from")
    hint = models.ForeignKey(Hint, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["segment", "place"]
        constraints = [
            models.UniqueConstraint(fields=["segment", "hint"], name="segment_hint_once"),
            models.UniqueConstraint(fields=["segment", "place"], name="segment_hint_place_once"),
        ]


class WatchedRange(models.Model):
    """A part [start_ms, end_ms) of the video that this review played, and how."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="watched_ranges")
    start_ms = models.PositiveBigIntegerField()
    end_ms = models.PositiveBigIntegerField()
    speed = models.FloatField(default=1.0)
    muted = models.BooleanField(default=False)
    blurred = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(start_ms__lt=F("end_ms")), name="watched_range_has_length"),
        ]


class SettlementKind(models.TextChoices):
    AGREED = "agreed", "Agreed by its reviews"
    ADJUDICATED = "adjudicated", "Adjudicated by a senior"


class Settlement(models.Model):
    """The final word on a task.

    `deciding_review` holds its segments: the first of agreeing reviews, or the senior's.

    A reopened review withdraws it (`withdrawn_at`); what was settled stays readable.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="settlements")
    kind = models.CharField(max_length=12, choices=SettlementKind.choices)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    deciding_review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    agreement = models.FloatField(
        null=True, blank=True, help_text="Event F1 at tIoU 0.5 between the reviews."
    )
    settled_at = models.DateTimeField(db_index=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(withdrawn_at__isnull=True), name="settlement_one_in_force"
            ),
        ]
