"""Queues and tasks."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from review.models.policies import ViolationType
from review.models.videos import Submission


class Arm(models.TextChoices):
    BLIND = "blind", "Blind"
    LEVEL1 = "level1", "Level 1: curves"
    LEVEL2 = "level2", "Level 2: curves and hints"


PRECISION_FLOOR = 0.7  # seven hints in ten should be right, unless a queue asks for more or for less
LEAST_FLOOR, MOST_FLOOR = 0.5, 0.95


def default_arm_mix() -> dict[str, float]:
    """A tenth of the reviews see nothing of the model, so that what hints do to people can be measured."""
    return {"blind": 0.1, "level1": 0.1, "level2": 0.8}


class Queue(models.Model):
    """A named line of work. Changing its overlap changes new tasks only: each task keeps its own.

    With no violation types chosen it covers every one in use, also those made later.
    """

    name = models.CharField(max_length=100, unique=True)
    violation_types = models.ManyToManyField(ViolationType, related_name="queues", blank=True)
    overlap = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    lease_seconds = models.PositiveIntegerField(default=900, validators=[MinValueValidator(30)])
    arm_mix = models.JSONField(default=default_arm_mix)
    precision_floor = models.FloatField(
        default=PRECISION_FLOOR,
        validators=[MinValueValidator(LEAST_FLOOR), MaxValueValidator(MOST_FLOOR)],
        help_text="Share of the hints that should be right.",
    )
    golden_rate = models.FloatField(default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="queue_one_default"
            ),
            models.CheckConstraint(
                condition=models.Q(precision_floor__gte=LEAST_FLOOR, precision_floor__lte=MOST_FLOOR),
                name="queue_precision_floor",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TaskState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    IN_REVIEW = "in_review", "In review"
    ADJUDICATING = "adjudicating", "Waiting for a senior"
    SETTLED = "settled", "Settled"
    ESCALATED = "escalated", "Escalated"
    FROZEN = "frozen", "Frozen"


class Task(models.Model):
    """A submission waiting in a queue. Every stored video becomes one, with or without hints.

    waiting <--last free slot taken / one given back--> in_review
    in_review --overlap met: reviews agree--> settled
    in_review --overlap met: they disagree--> adjudicating --a senior submits--> settled
    any review's verdict is escalated ------> escalated --a senior submits--> settled
    settled, escalated, adjudicating --a reviewer reopens--> in_review        (frozen: legal hold)

    A waiting task has a slot nobody works in, so the next claim is one walk along the (queue, state,
    priority) index. A reserved slot is nobody's work: it is passed by, unless nothing else is left to claim.
    An adjudicating or escalated task has one more slot, number `overlap`, for a senior who has not reviewed
    it. A senior who escalates in turn leaves it escalated, and the next slot is another senior's.
    A settled golden task has no Settlement: its answer was known before.
    """

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="task")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="tasks")
    state = models.CharField(max_length=12, choices=TaskState.choices, default=TaskState.WAITING)
    overlap = models.PositiveSmallIntegerField(default=1)
    priority = models.FloatField(default=0.0, help_text="Higher is sooner: expected severity of its hints.")
    is_golden = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["queue", "state", "-priority", "id"])]
