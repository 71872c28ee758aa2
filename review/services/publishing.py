"""Publishing an analysis: curves, hints and the task's priority become visible in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Subquery

from review.models import (
    Analysis,
    AnalysisState,
    Bundle,
    Curve,
    Hint,
    PolicyVersion,
    Task,
    Video,
    ViolationType,
)
from review.models.queues import PRECISION_FLOOR
from review.services.analyses import ClaimLost


@dataclass(frozen=True)
class CurveDraft:
    """A curve to publish: one byte a step, 0..255 for 0..1; a band not shown is empty. `violation`: slug."""

    violation: str
    scores: bytes
    band_low: bytes
    band_high: bytes
    threshold: float
    peak: float


@dataclass(frozen=True)
class HintDraft:
    """A hint to publish. `violation` is a slug; ranks need not be dense, only in order."""

    violation: str
    start_ms: int
    end_ms: int
    score: float
    rank: int
    group: int
    capped: bool


@transaction.atomic
def analysis_publish(
    *,
    analysis: Analysis,
    now: datetime,
    bundle: Bundle | None = None,
    step_ms: int = 250,
    step_count: int = 0,
    curves: Sequence[CurveDraft] = (),
    hints: Sequence[HintDraft] = (),
    precision_floor: float = PRECISION_FLOOR,
) -> None:
    """The analysis is done. Without a bundle there was no model yet, and the video is reviewed without hints.

    Types the database does not know, or that are switched off, are left out.
    """
    video = Video.objects.get(pk=analysis.video_id)
    held = Analysis.objects.filter(pk=analysis.pk, claim=analysis.claim, state=AnalysisState.RUNNING)
    published = held.update(
        state=AnalysisState.DONE,
        bundle=bundle,
        finished_at=now,
        heartbeat_at=now,
        precision_floor=precision_floor,
        step_ms=step_ms,
        step_count=step_count,
        extractor_version=video.extractor_version,
        feature_tier=video.feature_tier,
    )
    if not published:
        raise ClaimLost(f"analysis {analysis.pk}, claim {analysis.claim}")
    types = {kind.slug: kind.pk for kind in ViolationType.objects.filter(is_active=True)}
    _curves_create(analysis, [curve for curve in curves if curve.violation in types], types)
    _hints_create(analysis, [hint for hint in hints if hint.violation in types], types)
    Task.objects.filter(submission__video=video).update(priority=priority_of(video))


def _curves_create(analysis: Analysis, curves: Sequence[CurveDraft], types: dict[str, int]) -> None:
    Curve.objects.bulk_create(
        Curve(
            analysis=analysis,
            violation_type_id=types[curve.violation],
            scores=curve.scores,
            band_low=curve.band_low,
            band_high=curve.band_high,
            threshold=curve.threshold,
            peak=curve.peak,
        )
        for curve in curves
    )


def _hints_create(analysis: Analysis, hints: Sequence[HintDraft], types: dict[str, int]) -> None:
    Hint.objects.bulk_create(
        Hint(
            analysis=analysis,
            violation_type_id=types[hint.violation],
            start_ms=hint.start_ms,
            end_ms=hint.end_ms,
            score=hint.score,
            rank=rank,
            group=hint.group,
            capped=hint.capped,
        )
        for rank, hint in enumerate(sorted(hints, key=lambda hint: hint.rank), start=1)
    )


def severities() -> dict[str, float]:
    """Severity per violation type's slug, from its policy's version in force."""
    newest = PolicyVersion.objects.filter(policy=OuterRef("policy")).order_by("-number")
    kinds = ViolationType.objects.annotate(severity=Subquery(newest.values("severity")[:1]))
    return {slug: 1.0 if value is None else value for slug, value in kinds.values_list("slug", "severity")}


def priority_of(video: Video) -> float:
    """Expected severity of what waits in the video: score x severity x seconds over its uncapped hints."""
    latest = Analysis.objects.filter(video=video, state=AnalysisState.DONE).order_by("-pk").first()
    hints = (
        Hint.objects.filter(analysis=latest, capped=False, is_planted=False)
        if latest
        else Hint.objects.none()
    )
    weight = severities()
    rows = hints.values_list("violation_type__slug", "score", "start_ms", "end_ms")
    return sum(score * weight[slug] * (end - start) / 1000 for slug, score, start, end in rows)
