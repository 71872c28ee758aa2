"""All that the workbench of one review shows. What the arm hides never leaves the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from review.models import (
    Analysis,
    Arm,
    EscalationReason,
    HintlessReason,
    Modality,
    PolicyVersion,
    Review,
    ReviewState,
    Submission,
    Verdict,
    ViolationType,
)
from review.problems import NotFound
from review.queries.history import can_reopen, newest_snapshot_at, senior_has_it
from review.queries.sentences import hintless_sentence
from review.queries.workbench_video import WorkbenchVideo, workbench_video
from review.services.drafts import Draft, draft_from_rows, draft_of, hints_of


@dataclass(frozen=True)
class WorkbenchHintless:
    """Why a review has no hints although its arm would show them."""

    code: HintlessReason
    sentence: str


@dataclass(frozen=True)
class WorkbenchLease:
    token: int
    expires_at: datetime
    seconds: int


@dataclass(frozen=True)
class WorkbenchQueue:
    id: int
    name: str


@dataclass(frozen=True)
class WorkbenchSubmission:
    id: UUID
    title: str
    description: str
    uploader: str
    source: str
    metadata: dict[str, Any]
    is_demo: bool
    created_at: datetime


@dataclass(frozen=True)
class WorkbenchViolationType:
    """`known_to_model` is empty in a blind review: what the model knows is the model's too."""

    slug: str
    name: str
    policy_slug: str
    policy_name: str
    modality: Modality
    severity: float
    colour: str
    key: str
    guideline: str
    policy_guideline: str
    known_to_model: bool | None


@dataclass(frozen=True)
class WorkbenchCurves:
    """The binary at `url` holds, type by type: `count` bytes score and, if it is in `bands`, low, then high.

    `bands` are the types whose band was shown to follow how far reviewers really differ.
    """

    url: str
    step_ms: int
    count: int
    types: list[str]
    bands: list[str]


@dataclass(frozen=True)
class WorkbenchHint:
    id: int
    violation_type: str
    start_ms: int
    end_ms: int
    score: float
    rank: int
    group: int
    capped: bool


@dataclass(frozen=True)
class WorkbenchBundle:
    id: int
    name: str
    tier: str


@dataclass(frozen=True)
class WorkbenchEscalation:
    """Why a reviewer passed this task on; who it was is not told."""

    reason: EscalationReason | None
    notes: str


@dataclass(frozen=True)
class Workbench:
    """One review, ready to be worked on (or, submitted, to be read)."""

    id: int
    state: ReviewState
    arm: Arm
    hintless: WorkbenchHintless | None
    lease: WorkbenchLease
    draft_version: int
    draft: Draft
    verdict: Verdict | None
    read_only: bool
    can_reopen: bool
    is_adjudication: bool
    escalations: list[WorkbenchEscalation]
    queue: WorkbenchQueue
    task_id: int
    submission: WorkbenchSubmission
    video: WorkbenchVideo
    violation_types: list[WorkbenchViolationType]
    curves: WorkbenchCurves | None
    thresholds: dict[str, float]
    hints: list[WorkbenchHint]
    bundle: WorkbenchBundle | None


def workbench_get(*, review_id: int) -> Workbench:
    """The workbench of a review whose reader access.py has let in."""
    review = _still_there(_reviews(), review_id)
    types = list(review.covered_types.all())
    shown = _shown_analysis(review)
    curves = _curves(review, shown, types)
    return Workbench(
        id=review.pk,
        state=ReviewState(review.state),
        arm=Arm(review.arm),
        hintless=_hintless(review),
        lease=WorkbenchLease(review.lease_token, review.lease_expires_at, review.task.queue.lease_seconds),
        draft_version=review.draft_version,
        draft=_draft(review),
        verdict=Verdict(review.verdict) if review.verdict else None,
        read_only=review.state != ReviewState.LEASED,
        can_reopen=can_reopen(review, newest_snapshot_at()),
        is_adjudication=review.is_adjudication,
        escalations=_escalations(review),
        queue=WorkbenchQueue(review.task.queue.pk, review.task.queue.name),
        task_id=review.task_id,
        submission=_submission(review.task.submission),
        video=workbench_video(review.pk, review.task.submission.video),
        violation_types=[_violation_type(kind, shown) for kind in types],
        curves=curves,
        thresholds=_thresholds(review, shown),
        hints=_hints(review, shown),
        bundle=_bundle(shown),
    )


def _still_there(reviews: QuerySet[Review], review_id: int) -> Review:
    """A reservation may end between being let in and being read."""
    review = reviews.filter(pk=review_id).first()
    if review is None:
        raise NotFound(_("There is no such review among yours."))
    return review


def _reviews() -> QuerySet[Review]:
    versions = Prefetch("policy__versions", PolicyVersion.objects.order_by("-number"))
    types = (
        ViolationType.objects.select_related("policy").prefetch_related(versions).order_by("policy", "slug")
    )
    return (
        Review.objects.select_related("task__queue", "task__submission__video", "analysis__bundle")
        .prefetch_related(Prefetch("covered_types", types))
        .annotate(senior_has_it=senior_has_it())
    )


def _shown_analysis(review: Review) -> Analysis | None:
    """The analysis this review may show anything of: nothing in a blind one, nothing without a bundle."""
    if review.arm == Arm.BLIND or review.analysis is None or review.analysis.bundle is None:
        return None
    return review.analysis


def _hintless(review: Review) -> WorkbenchHintless | None:
    if not review.hintless_reason:
        return None
    reason = HintlessReason(review.hintless_reason)
    return WorkbenchHintless(reason, hintless_sentence(reason))


def _escalations(review: Review) -> list[WorkbenchEscalation]:
    """What a senior must know of those before them; what these marked stays theirs."""
    if not review.is_adjudication:
        return []
    before = Review.objects.filter(
        task=review.task_id, state=ReviewState.SUBMITTED, verdict=Verdict.ESCALATED
    )
    return [
        WorkbenchEscalation(EscalationReason(reason) if reason else None, notes)
        for reason, notes in before.exclude(pk=review.pk)
        .order_by("pk")
        .values_list("escalation_reason", "notes")
    ]


def _draft(review: Review) -> Draft:
    return draft_from_rows(review) if review.state == ReviewState.SUBMITTED else draft_of(review)


def _submission(submission: Submission) -> WorkbenchSubmission:
    return WorkbenchSubmission(
        id=submission.public_id,
        title=submission.title,
        description=submission.description,
        uploader=submission.uploader,
        source=submission.source,
        metadata=submission.metadata,
        is_demo=submission.is_demo,
        created_at=submission.created_at,
    )


def _violation_type(kind: ViolationType, shown: Analysis | None) -> WorkbenchViolationType:
    version = next(iter(kind.policy.versions.all()), None)
    bundle = shown.bundle if shown else None
    return WorkbenchViolationType(
        slug=kind.slug,
        name=kind.name,
        policy_slug=kind.policy.slug,
        policy_name=version.name if version else kind.policy.slug,
        modality=Modality(kind.modality),
        severity=version.severity if version else 1.0,
        colour=kind.colour,
        key=kind.key,
        guideline=kind.guideline,
        policy_guideline=version.guideline if version else "",
        known_to_model=kind.slug in bundle.violation_slugs if bundle else None,
    )


def _curves(review: Review, shown: Analysis | None, types: list[ViolationType]) -> WorkbenchCurves | None:
    if shown is None:
        return None
    covered = {kind.pk for kind in types}
    has_band = ExpressionWrapper(~Q(band_low=b""), output_field=BooleanField())
    curves = shown.curves.filter(violation_type__in=covered).order_by("violation_type__slug")
    rows = list(curves.annotate(has_band=has_band).values_list("violation_type__slug", "has_band"))
    # Opening a reservation may pin another analysis: its curves must not come out of the browser's cache.
    url = f"/api/reviews/{review.pk}/curves?analysis={shown.pk}"
    names, bands = [slug for slug, _has in rows], [slug for slug, has in rows if has]
    return WorkbenchCurves(url, shown.step_ms, shown.step_count, names, bands) if names else None


def _thresholds(review: Review, shown: Analysis | None) -> dict[str, float]:
    """A curve and its threshold together give the hints away, so level 1 gets no threshold."""
    if shown is None or review.arm != Arm.LEVEL2:
        return {}
    covered = review.covered_types.values("pk")
    curves = shown.curves.filter(violation_type__in=covered)
    return dict(curves.values_list("violation_type__slug", "threshold"))


def _hints(review: Review, shown: Analysis | None) -> list[WorkbenchHint]:
    if shown is None or review.arm != Arm.LEVEL2:
        return []
    # In the order of WorkbenchHint's fields: hundreds of rows need no models around them.
    names = ("pk", "violation_type__slug", "start_ms", "end_ms", "score", "rank", "group", "capped")
    return [WorkbenchHint(*row) for row in hints_of(review).order_by("rank").values_list(*names)]


def _bundle(shown: Analysis | None) -> WorkbenchBundle | None:
    if shown is None or shown.bundle is None:
        return None
    return WorkbenchBundle(shown.bundle.pk, shown.bundle.name, shown.bundle.feature_tier)


def curves_bytes(*, review_id: int) -> bytes:
    """Type by type, in the order of `WorkbenchCurves.types`: scores, then low and high if it has a band."""
    reviews = Review.objects.defer("draft").select_related("analysis__bundle")
    review = _still_there(reviews, review_id)
    shown = _shown_analysis(review)
    if shown is None:
        raise NotFound("This review shows no curves.")
    covered = review.covered_types.values("pk")
    curves = shown.curves.filter(violation_type__in=covered).order_by("violation_type__slug")
    return b"".join(part for row in curves.values_list("scores", "band_low", "band_high") for part in row)
