"""One plain factory a model: the least that the database accepts, everything else by keyword.

`make_scene` builds the usual set-up of a review test in one call: a queue with two violation types, an
analysed video with a curve and hints, its submission and its task.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from review import models

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory[models.User]):
    class Meta:
        model = models.User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    role = models.Role.REVIEWER

    @factory.post_generation
    def password(self: models.User, create: bool, extracted: str | None, **_: object) -> None:
        """A usable password costs 100 ms of hashing, so only those get one that ask: `password=PASSWORD`."""
        if extracted:
            self.set_password(extracted)
        else:
            self.set_unusable_password()
        if create:
            self.save(update_fields=["password"])


class InvitationFactory(DjangoModelFactory[models.Invitation]):
    class Meta:
        model = models.Invitation

    secret_hash = factory.Sequence(lambda n: models.secret_hash(f"invitation {n}"))
    invited_by = factory.SubFactory(UserFactory, role=models.Role.ADMINISTRATOR)
    invited_at = NOW
    expires_at = NOW + timedelta(days=7)


class ApiTokenFactory(DjangoModelFactory[models.ApiToken]):
    """`secret="…"` chooses the secret that `Authorization: Bearer` must carry."""

    class Meta:
        model = models.ApiToken

    class Params:
        secret = factory.Sequence(lambda n: f"token {n}")

    name = "A platform"
    owner = factory.SubFactory(UserFactory)
    secret_hash = factory.LazyAttribute(lambda token: models.secret_hash(token.secret))
    created_at = NOW


class PolicyFactory(DjangoModelFactory[models.Policy]):
    """A policy with its first version, unless `version=None`."""

    class Meta:
        model = models.Policy
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"policy-{n}")

    @factory.post_generation
    def version(self: models.Policy, create: bool, extracted: object, **values: object) -> None:
        if create and (extracted is not None or "version" not in values):
            PolicyVersionFactory(policy=self, **values)


class PolicyVersionFactory(DjangoModelFactory[models.PolicyVersion]):
    class Meta:
        model = models.PolicyVersion

    policy = factory.SubFactory(PolicyFactory)
    number = factory.LazyAttribute(lambda version: version.policy.versions.count() + 1)
    name = factory.LazyAttribute(lambda version: version.policy.slug.replace("-", " ").title())
    guideline = "What counts and what does not."
    created_at = NOW


class ViolationTypeFactory(DjangoModelFactory[models.ViolationType]):
    class Meta:
        model = models.ViolationType

    slug = factory.Sequence(lambda n: f"violation-{n}")
    name = factory.LazyAttribute(lambda kind: kind.slug.replace("-", " ").capitalize())
    policy = factory.SubFactory(PolicyFactory)


class QueueFactory(DjangoModelFactory[models.Queue]):
    """`violation_types=[…]` says what it covers; `arm="level2"` makes every draw that arm."""

    class Meta:
        model = models.Queue
        skip_postgeneration_save = True

    class Params:
        arm = models.Arm.LEVEL2

    name = factory.Sequence(lambda n: f"Queue {n}")
    arm_mix = factory.LazyAttribute(lambda queue: {str(queue.arm): 1.0})

    @factory.post_generation
    def violation_types(
        self: models.Queue, create: bool, extracted: list[models.ViolationType] | None, **_: object
    ) -> None:
        if create and extracted:
            self.violation_types.set(extracted)


class SplitGroupFactory(DjangoModelFactory[models.SplitGroup]):
    class Meta:
        model = models.SplitGroup

    key = factory.Sequence(lambda n: f"source:{n}")
    split = models.Split.TRAIN
    created_at = NOW


class VideoFactory(DjangoModelFactory[models.Video]):
    """A probed one-minute video with picture and sound; no file lies at its path."""

    class Meta:
        model = models.Video

    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    size_bytes = 1_000_000
    path = factory.LazyAttribute(lambda video: f"videos/{video.sha256[:2]}/{video.sha256}/original.mp4")
    split_group = factory.SubFactory(SplitGroupFactory)
    created_at = NOW
    probed_at = NOW
    duration_ms = 60_000
    width = 640
    height = 360
    average_fps = 25.0
    has_picture = True
    has_sound = True


class SubmissionFactory(DjangoModelFactory[models.Submission]):
    class Meta:
        model = models.Submission

    video = factory.SubFactory(VideoFactory)
    title = factory.Sequence(lambda n: f"Film {n}")
    origin = models.SubmissionOrigin.UPLOAD
    created_at = NOW


class TaskFactory(DjangoModelFactory[models.Task]):
    class Meta:
        model = models.Task

    submission = factory.SubFactory(SubmissionFactory)
    queue = factory.SubFactory(QueueFactory)
    overlap = factory.LazyAttribute(lambda task: task.queue.overlap)
    created_at = NOW


class SnapshotFactory(DjangoModelFactory[models.Snapshot]):
    class Meta:
        model = models.Snapshot

    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    path = factory.LazyAttribute(lambda snapshot: f"{snapshot.sha256}.json")
    created_at = NOW


class BundleFactory(DjangoModelFactory[models.Bundle]):
    class Meta:
        model = models.Bundle

    name = factory.Sequence(lambda n: f"bundle-{n}")
    path = factory.LazyAttribute(lambda bundle: bundle.name)
    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    extractor_version = "embedded-1"
    feature_tier = "embedded"
    created_at = NOW


class PromotionFactory(DjangoModelFactory[models.Promotion]):
    class Meta:
        model = models.Promotion

    bundle = factory.SubFactory(BundleFactory)
    reason = "Not worse on holdout."
    promoted_at = NOW


class TrainingRunFactory(DjangoModelFactory[models.TrainingRun]):
    class Meta:
        model = models.TrainingRun

    trigger = models.TrainingTrigger.PERSON
    queued_at = NOW


class HoldoutLookFactory(DjangoModelFactory[models.HoldoutLook]):
    class Meta:
        model = models.HoldoutLook

    training_run = factory.SubFactory(TrainingRunFactory, state=models.TrainingState.DONE)
    candidate = factory.SubFactory(BundleFactory)
    looked_at = NOW


class AnalysisFactory(DjangoModelFactory[models.Analysis]):
    """A finished analysis by a bundle."""

    class Meta:
        model = models.Analysis

    video = factory.SubFactory(VideoFactory)
    bundle = factory.SubFactory(BundleFactory)
    state = models.AnalysisState.DONE
    queued_at = NOW
    step_ms = 250
    step_count = 240


class AnalysisStageFactory(DjangoModelFactory[models.AnalysisStage]):
    class Meta:
        model = models.AnalysisStage

    analysis = factory.SubFactory(AnalysisFactory)
    name = models.StageName.PROBE
    state = models.StageState.DONE
    started_at = NOW


class CurveFactory(DjangoModelFactory[models.Curve]):
    class Meta:
        model = models.Curve

    analysis = factory.SubFactory(AnalysisFactory)
    violation_type = factory.SubFactory(ViolationTypeFactory)
    scores = factory.LazyAttribute(lambda curve: bytes([200]) * curve.analysis.step_count)
    band_low = factory.LazyAttribute(lambda curve: bytes([150]) * curve.analysis.step_count)
    band_high = factory.LazyAttribute(lambda curve: bytes([250]) * curve.analysis.step_count)
    threshold = 0.5
    peak = 0.8


class HintFactory(DjangoModelFactory[models.Hint]):
    class Meta:
        model = models.Hint

    analysis = factory.SubFactory(AnalysisFactory)
    violation_type = factory.SubFactory(ViolationTypeFactory)
    start_ms = 1_000
    end_ms = 5_000
    score = 0.8
    rank = factory.LazyAttribute(lambda hint: hint.analysis.hints.count() + 1)
    group = factory.LazyAttribute(lambda hint: hint.rank)


class ReviewFactory(DjangoModelFactory[models.Review]):
    """A review in work; `state="submitted"` needs a verdict and `submitted_at` too."""

    class Meta:
        model = models.Review

    task = factory.SubFactory(TaskFactory)
    reviewer = factory.SubFactory(UserFactory)
    slot = 0
    state = models.ReviewState.LEASED
    arm = models.Arm.LEVEL2
    leased_at = NOW
    lease_expires_at = NOW + timedelta(seconds=900)


class HintOutcomeFactory(DjangoModelFactory[models.HintOutcome]):
    class Meta:
        model = models.HintOutcome

    review = factory.SubFactory(ReviewFactory)
    hint = factory.SubFactory(HintFactory)
    outcome = models.Outcome.ACCEPTED


class SegmentFactory(DjangoModelFactory[models.Segment]):
    """`origin="hint", hints=[…]` says which hints it came from."""

    class Meta:
        model = models.Segment
        skip_postgeneration_save = True

    review = factory.SubFactory(ReviewFactory)
    violation_type = factory.SubFactory(ViolationTypeFactory)
    policy_version = factory.LazyAttribute(lambda segment: segment.violation_type.policy.versions.first())
    client_id = factory.LazyFunction(uuid.uuid4)
    start_ms = 1_000
    end_ms = 5_000
    origin = models.SegmentOrigin.HUMAN

    @factory.post_generation
    def hints(self: models.Segment, create: bool, extracted: list[models.Hint] | None, **_: object) -> None:
        for place, hint in enumerate(extracted or []):
            SegmentHintFactory(segment=self, hint=hint, place=place)


class SegmentHintFactory(DjangoModelFactory[models.SegmentHint]):
    class Meta:
        model = models.SegmentHint

    segment = factory.SubFactory(SegmentFactory, origin=models.SegmentOrigin.HINT)
    hint = factory.SubFactory(HintFactory)
    place = 0


class WatchedRangeFactory(DjangoModelFactory[models.WatchedRange]):
    class Meta:
        model = models.WatchedRange

    review = factory.SubFactory(ReviewFactory)
    start_ms = 0
    end_ms = 60_000


class SettlementFactory(DjangoModelFactory[models.Settlement]):
    class Meta:
        model = models.Settlement

    task = factory.SubFactory(TaskFactory)
    kind = models.SettlementKind.AGREED
    verdict = models.Verdict.CLEAN
    deciding_review = factory.SubFactory(
        ReviewFactory,
        task=factory.SelfAttribute("..task"),
        state=models.ReviewState.SUBMITTED,
        verdict=models.Verdict.CLEAN,
        submitted_at=NOW,
    )
    settled_at = NOW


class AuditPayloadFactory(DjangoModelFactory[models.AuditPayload]):
    class Meta:
        model = models.AuditPayload

    content = factory.Dict({})


class AuditEventFactory(DjangoModelFactory[models.AuditEvent]):
    class Meta:
        model = models.AuditEvent

    at = NOW
    verb = "review.submitted"
    object_type = "review"
    object_id = "1"
    payload = factory.SubFactory(AuditPayloadFactory)
    payload_sha256 = "0" * 64


@dataclass(frozen=True)
class Scene:
    """What most review tests start from. `hints[0]` is 1-5 s of `gunfire`, `hints[1]` 10-14 s of `fight`."""

    queue: models.Queue
    gunfire: models.ViolationType
    fight: models.ViolationType
    analysis: models.Analysis
    hints: list[models.Hint]
    task: models.Task


def make_scene(
    *, arm: str = "level2", overlap: int = 1, split: str = "train", lease_seconds: int = 900
) -> Scene:
    gunfire, fight = ViolationTypeFactory(name="Gunfire"), ViolationTypeFactory(name="Fight")
    queue = QueueFactory(
        arm=arm, overlap=overlap, lease_seconds=lease_seconds, violation_types=[gunfire, fight]
    )
    video = VideoFactory(split_group__split=split)
    bundle = BundleFactory(violation_slugs=[gunfire.slug, fight.slug])
    analysis = AnalysisFactory(video=video, bundle=bundle)
    for violation_type in (gunfire, fight):
        CurveFactory(analysis=analysis, violation_type=violation_type)
    hints: list[models.Hint] = [
        HintFactory(analysis=analysis, violation_type=gunfire, start_ms=1_000, end_ms=5_000),
        HintFactory(analysis=analysis, violation_type=fight, start_ms=10_000, end_ms=14_000),
    ]
    task = TaskFactory(queue=queue, submission__video=video)
    return Scene(queue, gunfire, fight, analysis, hints, task)
