"""Analyses: the life of the row. Every write of a running worker names its claim, or it is not made.

What an analysis publishes is in publishing.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from review import jobs
from review.models import (
    Analysis,
    AnalysisStage,
    AnalysisState,
    Bundle,
    BundleState,
    FeatureTier,
    Queue,
    StageState,
    TaskState,
    Video,
)
from review.models.queues import PRECISION_FLOOR
from review.problems import Problem

# Re-scoring a full backlog is done in portions: upkeep comes back for the rest.
RESCORE_AT_ONCE = 500
RESEND_AT_ONCE = 2_000


class ClaimLost(Exception):
    """The row was given back and may be in other hands: stop, and write nothing more."""


class UnableToRetry(Problem):
    """The analysis is not in a state that can be retried."""

    status = 409
    code = "retry_refused"
    title = "The analysis is not retried"


def analysis_create(*, video: Video, now: datetime, refreshes_features: bool = False) -> Analysis:
    """A queued analysis. The caller names it to a worker."""
    return Analysis.objects.create(video=video, queued_at=now, refreshes_features=refreshes_features)


def analysis_create_unless_open(
    *, video: Video, now: datetime, refreshes_features: bool = False
) -> Analysis | None:
    """A queued analysis, or None: another worker's upkeep, or a retry, came first."""
    try:
        with transaction.atomic():
            return analysis_create(video=video, now=now, refreshes_features=refreshes_features)
    except IntegrityError:
        return None


def analysis_claim(*, analysis_id: int, now: datetime) -> Analysis | None:
    """Take the queued row, or None: another worker got there first, or it is finished."""
    row = Analysis.objects.filter(pk=analysis_id, state=AnalysisState.QUEUED).first()
    if row is None:
        return None
    taken = Analysis.objects.filter(pk=row.pk, state=AnalysisState.QUEUED, claim=row.claim).update(
        state=AnalysisState.RUNNING,
        claim=row.claim + 1,
        attempts=F("attempts") + 1,
        started_at=now,
        heartbeat_at=now,
        finished_at=None,
        refusal_code="",
        sentence="",
    )
    return Analysis.objects.select_related("video").get(pk=row.pk, claim=row.claim + 1) if taken else None


def analysis_heartbeat(*, analysis: Analysis, now: datetime) -> bool:
    """Say that the work goes on; False when the row is no longer ours."""
    return bool(_held(analysis).update(heartbeat_at=now))


def analysis_guard(analysis: Analysis, *, now: datetime) -> None:
    """First write of each transaction: locks the row, or raises ClaimLost when it is no longer ours."""
    if not analysis_heartbeat(analysis=analysis, now=now):
        raise ClaimLost(f"analysis {analysis.pk}, claim {analysis.claim}")


@transaction.atomic
def analysis_aim(*, analysis: Analysis, extractor_version: str, feature_tier: str, now: datetime) -> None:
    """Write down which features this attempt sets out to extract, whatever becomes of it."""
    analysis_guard(analysis, now=now)
    _held(analysis).update(extractor_version=extractor_version, feature_tier=feature_tier)


def _held(analysis: Analysis) -> Any:
    return Analysis.objects.filter(pk=analysis.pk, claim=analysis.claim, state=AnalysisState.RUNNING)


# --- Stages -------------------------------------------------------------------------------------------


@transaction.atomic
def stage_start(*, analysis: Analysis, name: str, now: datetime) -> None:
    """Begin a stage, or begin it again: its attempts are counted."""
    analysis_guard(analysis, now=now)
    stage, is_new = AnalysisStage.objects.get_or_create(
        analysis=analysis, name=name, defaults={"state": StageState.RUNNING, "started_at": now}
    )
    if not is_new:
        AnalysisStage.objects.filter(pk=stage.pk).update(
            state=StageState.RUNNING,
            attempts=F("attempts") + 1,
            progress=0.0,
            started_at=now,
            finished_at=None,
        )


@transaction.atomic
def stage_progress(*, analysis: Analysis, name: str, done: float, now: datetime) -> None:
    """How much of the running stage is done, 0 to 1."""
    analysis_guard(analysis, now=now)
    AnalysisStage.objects.filter(analysis=analysis, name=name).update(progress=min(1.0, max(0.0, done)))


@transaction.atomic
def stage_done(
    *,
    analysis: Analysis,
    name: str,
    duration_ms: int,
    now: datetime,
    result: dict[str, Any] | None = None,
    skipped: bool = False,
    video_fields: dict[str, Any] | None = None,
) -> None:
    """Finish a stage; what it found out about the video is written with it, so the two never disagree."""
    analysis_guard(analysis, now=now)
    AnalysisStage.objects.filter(analysis=analysis, name=name).update(
        state=StageState.DONE,
        progress=1.0,
        finished_at=now,
        duration_ms=duration_ms,
        result=result,
        skipped=skipped,
    )
    if video_fields:
        Video.objects.filter(pk=analysis.video_id).update(**video_fields)


@transaction.atomic
def stages_abandon(*, analysis: Analysis, now: datetime) -> None:
    """What was begun broke off, and the analysis goes on without it."""
    analysis_guard(analysis, now=now)
    _running_stages(analysis.pk).update(state=StageState.FAILED, finished_at=now)


# --- Ends other than publishing -----------------------------------------------------------------------


@transaction.atomic
def analysis_refuse(*, analysis: Analysis, code: str, sentence: str, now: datetime) -> None:
    """The file itself is the reason; trying again would not help. It is reviewed without hints."""
    _end(analysis, AnalysisState.REFUSED, code=code, sentence=sentence, now=now)


@transaction.atomic
def analysis_fail(*, analysis: Analysis, code: str, sentence: str, now: datetime) -> None:
    """Give up with a sentence; the retry button queues it again."""
    _end(analysis, AnalysisState.FAILED, code=code, sentence=sentence, now=now)


def _end(analysis: Analysis, state: AnalysisState, *, code: str, sentence: str, now: datetime) -> None:
    ended = _held(analysis).update(
        state=state,
        refusal_code=code[:50],
        sentence=sentence[:500],
        finished_at=now,
    )
    if not ended:
        raise ClaimLost(f"analysis {analysis.pk}, claim {analysis.claim}")
    _running_stages(analysis.pk).update(state=StageState.FAILED, finished_at=now)


@transaction.atomic
def analysis_stumble(*, analysis: Analysis, code: str, sentence: str, now: datetime) -> AnalysisState:
    """The attempt broke off. Queue it again while attempts are left, else fail."""
    if analysis.attempts >= settings.ANALYSIS_MAX_ATTEMPTS:
        analysis_fail(analysis=analysis, code=code, sentence=sentence, now=now)
        return AnalysisState.FAILED
    if not _held(analysis).update(state=AnalysisState.QUEUED, queued_at=now, sent_at=None):
        raise ClaimLost(f"analysis {analysis.pk}, claim {analysis.claim}")
    _running_stages(analysis.pk).update(state=StageState.FAILED, finished_at=now)
    jobs.analyses_enqueue([analysis])
    return AnalysisState.QUEUED


def _running_stages(analysis_id: int) -> Any:
    return AnalysisStage.objects.filter(analysis_id=analysis_id, state=StageState.RUNNING)


@transaction.atomic
def analysis_retry(*, analysis_id: int, now: datetime) -> Analysis:
    """The retry button: a failed or refused analysis starts afresh, with all its attempts."""
    retried = Analysis.objects.filter(
        pk=analysis_id, state__in=[AnalysisState.FAILED, AnalysisState.REFUSED]
    ).exclude(video__analyses__state__in=[AnalysisState.QUEUED, AnalysisState.RUNNING])
    if not _queued_afresh(retried, now=now):
        raise UnableToRetry(
            "This analysis did not fail, or another one of the video is under way. Reload the page."
        )
    analysis = Analysis.objects.select_related("video").get(pk=analysis_id)
    jobs.analyses_enqueue([analysis])
    return analysis


def _queued_afresh(rows: QuerySet[Analysis], *, now: datetime) -> bool:
    try:
        with transaction.atomic():
            return bool(
                rows.update(
                    state=AnalysisState.QUEUED,
                    attempts=0,
                    queued_at=now,
                    sent_at=None,
                    finished_at=None,
                    # Whatever went wrong may lie in the features at hand.
                    refreshes_features=True,
                )
            )
    except IntegrityError:
        return False  # another analysis of the video was queued at this very moment


# --- Upkeep -------------------------------------------------------------------------------------------


def analyses_give_back(*, now: datetime) -> int:
    """Queue again every running row whose worker has gone silent; a row that used up its attempts fails."""
    limit = now - timedelta(seconds=settings.STALE_AFTER_SECONDS)
    stale = Analysis.objects.select_related("video").filter(
        state=AnalysisState.RUNNING, heartbeat_at__lt=limit
    )
    return sum(_given_back(analysis, limit=limit, now=now) for analysis in stale)


@transaction.atomic
def _given_back(analysis: Analysis, *, limit: datetime, now: datetime) -> bool:
    # Asked again inside the transaction: the worker may have come back to life in between.
    if not _held(analysis).filter(heartbeat_at__lt=limit).exists():
        return False
    sentence = (
        f"The worker was stopped during {analysis.attempts} attempts at this analysis. "
        "Press Retry, or review the video without hints."
    )
    try:
        analysis_stumble(analysis=analysis, code="worker_lost", sentence=sentence, now=now)
    except ClaimLost:
        return False
    return True


def analyses_resend(*, now: datetime, sent_before: datetime) -> int:
    """Name queued rows again whose message may be lost. Harmless when it was not: a row is claimed once."""
    lost = Analysis.objects.select_related("video").filter(
        Q(sent_at__lt=sent_before) | Q(sent_at__isnull=True, queued_at__lt=now - timedelta(seconds=5)),
        state=AnalysisState.QUEUED,
    )
    rows = list(lost.order_by("queued_at")[:RESEND_AT_ONCE])
    jobs.analyses_enqueue(rows)
    return len(rows)


@transaction.atomic
def analyses_rescore(*, now: datetime) -> int:
    """A new analysis for each waiting task whose hints are not the live bundle's at its queue's floor.

    Open reviews keep theirs.
    Does nothing where there is nothing to do, so upkeep may call it as often as it likes.
    """
    live = Bundle.objects.filter(state=BundleState.LIVE).first()
    if live is None:
        return 0
    videos = list(_outdated(live).order_by("pk")[:RESCORE_AT_ONCE])
    queued = [a for video in videos if (a := analysis_create_unless_open(video=video, now=now))]
    jobs.analyses_enqueue(queued)
    return len(queued)


def _outdated(live: Bundle) -> QuerySet[Video]:
    """Videos of waiting tasks scored by another bundle or at another precision floor.

    And those that failed to be before this one went live.
    """
    latest = Analysis.objects.filter(video=OuterRef("pk")).order_by("-pk")
    videos = Video.objects.filter(submissions__task__state=TaskState.WAITING).annotate(
        latest_state=Subquery(latest.values("state")[:1]),
        latest_bundle=Subquery(latest.values("bundle")[:1]),
        latest_queued_at=Subquery(latest.values("queued_at")[:1]),
        latest_floor=Subquery(latest.values("precision_floor")[:1]),
        wanted_floor=Subquery(_lowest_floors(OuterRef("pk"))[:1]),
    )
    by_another = ~Q(latest_bundle=live.pk) | Q(latest_bundle__isnull=True)
    at_another = ~Q(latest_floor=F("wanted_floor"))
    is_old = Q(latest_state=AnalysisState.DONE) & (by_another | at_another)
    if live.promoted_at is not None:
        # A bundle that could not be loaded fails all that comes while it is live: its successor heals them.
        failed = Q(latest_state=AnalysisState.FAILED, latest_queued_at__lt=live.promoted_at)
        is_old |= failed & ~Q(features_path="")
    return videos.filter(is_old, _readable_by(live)).distinct()


def precision_floor_for(video: Video) -> float:
    """The share of right hints that an analysis of this video aims at.

    One analysis serves all queues that the video's open tasks lie in, so the least demanding one decides:
    nobody misses what they asked for.
    """
    floor = _lowest_floors(video.pk).first()
    return PRECISION_FLOOR if floor is None else float(floor)


def _lowest_floors(video: Any) -> QuerySet[Queue, float]:
    still_open = [state for state in TaskState if state not in (TaskState.SETTLED, TaskState.FROZEN)]
    queues = Queue.objects.filter(tasks__submission__video=video, tasks__state__in=still_open)
    return queues.order_by("precision_floor").values_list("precision_floor", flat=True)


def _readable_by(live: Bundle) -> Q:
    """Videos with features for this bundle. The others must be decoded first: features_refresh sees to it."""
    readable = Q(extractor_version__in=[live.extractor_version, ""])
    if live.feature_tier == FeatureTier.EMBEDDED:
        readable |= Q(feature_tier=FeatureTier.PRETRAINED)
    return readable
