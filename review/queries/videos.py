"""What the videos pages and GET /api/videos show. Query counts are pinned by tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Prefetch, Q, QuerySet

from review.models import (
    Analysis,
    AnalysisStage,
    AnalysisState,
    Arm,
    Bundle,
    HintOutcome,
    Outcome,
    Review,
    ReviewState,
    Segment,
    Settlement,
    StageName,
    StageState,
    Submission,
    TaskState,
    User,
)
from review.queries.sentences import damage_sentence, proxy_sentence
from review.services.tasks import OPEN_STATES

PAGE_SIZE = 50
# How much of an analysis each stage usually takes, so that the bar moves evenly: decoding is nearly all.
STAGE_SHARE = {
    StageName.PROBE: 0.01,
    StageName.FRAMES: 0.01,
    StageName.PROXY: 0.28,
    StageName.THUMBNAILS: 0.10,
    StageName.WAVEFORM: 0.05,
    StageName.FEATURES: 0.45,
    StageName.CURVES: 0.07,
    StageName.HINTS: 0.03,
}


@dataclass(frozen=True)
class AnalysisRow:
    """An analysis as a line: the stage under way and how much of the whole is done (0 to 1)."""

    id: int
    state: str
    stage: str
    progress: float
    sentence: str
    attempts: int


@dataclass(frozen=True)
class VideoRow:
    """A submission with the state of its video's latest analysis and of its task."""

    id: UUID
    sha256: str
    title: str
    uploader: str
    source: str
    duration_ms: int | None
    created_at: datetime
    is_demo: bool
    task_id: int | None
    task_state: str
    task_state_label: str
    analysis: AnalysisRow | None


@dataclass(frozen=True)
class VideoPage:
    """One page of rows, newest first; `number` counts from 1."""

    rows: list[VideoRow]
    total: int
    number: int
    pages: int


def videos_page(
    *, number: int = 1, size: int = PAGE_SIZE, words: str = "", state: str = "", task_state: str = ""
) -> VideoPage:
    """Submissions, newest first, filtered by words in their texts and by states: latest analysis, task."""
    found = _filtered(words=words.strip(), state=state)
    if task_state in TaskState.values:
        found = found.filter(task__state=task_state)
    total = found.count()
    pages = max(1, -(-total // size))
    number = min(max(1, number), pages)
    rows = list(found.select_related("video", "task")[(number - 1) * size : number * size])
    analyses = _latest_analyses({row.video_id for row in rows})
    return VideoPage([_row(row, analyses.get(row.video_id)) for row in rows], total, number, pages)


def _filtered(*, words: str, state: str) -> QuerySet[Submission]:
    found = Submission.objects.all()
    if words:
        texts = ("title", "uploader", "source", "file_name", "external_id")
        matches = Q(video__sha256=words.lower())
        for text in texts:
            matches |= Q(**{f"{text}__icontains": words})
        found = found.filter(matches)
    if state in AnalysisState.values:
        latest = Analysis.objects.values("video").annotate(latest=Max("pk")).values("latest")
        found = found.filter(video__analyses__in=latest, video__analyses__state=state)
    return found


def _latest_analyses(video_ids: Iterable[int]) -> dict[int, Analysis]:
    # The newest alone: after a year of promotions each video has dozens, with their stages.
    newest = Analysis.objects.filter(video__in=video_ids).values("video").annotate(latest=Max("pk"))
    found = Analysis.objects.filter(pk__in=newest.values("latest")).prefetch_related("stages")
    return {analysis.video_id: analysis for analysis in found}


def _row(submission: Submission, analysis: Analysis | None) -> VideoRow:
    task = getattr(submission, "task", None)
    return VideoRow(
        id=submission.public_id,
        sha256=submission.video.sha256,
        title=submission.title,
        uploader=submission.uploader,
        source=submission.source,
        duration_ms=submission.video.duration_ms,
        created_at=submission.created_at,
        is_demo=submission.is_demo,
        task_id=task.pk if task else None,
        task_state=task.state if task else "",
        task_state_label=task.get_state_display() if task else "",
        analysis=analysis_row(analysis) if analysis else None,
    )


def analysis_row(analysis: Analysis) -> AnalysisRow:
    """The analysis as a line; its stages must be prefetched."""
    stages = list(analysis.stages.all())
    running = next((stage for stage in stages if stage.state == StageState.RUNNING), None)
    return AnalysisRow(
        id=analysis.pk,
        state=analysis.state,
        stage=running.name if running else "",
        progress=1.0 if analysis.state == AnalysisState.DONE else _progress(stages),
        sentence=analysis.sentence,
        attempts=analysis.attempts,
    )


def _progress(stages: Sequence[AnalysisStage]) -> float:
    done = sum(
        STAGE_SHARE[StageName(stage.name)] * (1.0 if stage.state == StageState.DONE else stage.progress)
        for stage in stages
    )
    return round(min(done, 1.0), 3)


# --- One submission -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReviewSummary:
    """A review as one line of a submission's page."""

    review: Review
    segments: int
    outcomes: list[tuple[str, int]]


@dataclass(frozen=True)
class VideoDetail:
    """Everything the page of one submission shows; `is_hidden`: what others said of it is left out.

    `bundle` made the latest curves and hints. `damage` and `proxy` are sentences, empty where there is
    nothing to say.
    """

    submission: Submission
    analyses: list[Analysis]
    latest: AnalysisRow | None
    stages: list[AnalysisStage]
    bundle: Bundle | None
    damage: str
    proxy: str
    is_hidden: bool
    reviews: list[ReviewSummary]
    settlement: Settlement | None
    others: list[Submission]


def video_detail(submission: Submission, *, viewer: User) -> VideoDetail:
    """The submission with its video's analyses, stages in their order, reviews and further submissions."""
    is_hidden = _is_kept_from(viewer, submission)
    analyses = list(
        submission.video.analyses.select_related("bundle").prefetch_related("stages").order_by("-pk")[:20]
    )
    latest = analyses[0] if analyses else None
    task = getattr(submission, "task", None)
    order = list(StageName.values)
    reviews = Review.objects.filter(task=task).select_related("reviewer")
    return VideoDetail(
        submission=submission,
        analyses=analyses,
        latest=analysis_row(latest) if latest else None,
        stages=sorted(latest.stages.all(), key=lambda stage: order.index(stage.name)) if latest else [],
        bundle=latest.bundle if latest and not is_hidden else None,
        damage=damage_sentence(_latest_result(analyses, StageName.FEATURES)),
        proxy=proxy_sentence(_latest_result(analyses, StageName.PROXY)),
        is_hidden=is_hidden,
        reviews=[] if is_hidden else review_summaries(reviews.order_by("pk")),
        settlement=task.settlements.filter(withdrawn_at=None).first() if task and not is_hidden else None,
        others=list(submission.video.submissions.exclude(pk=submission.pk)[:20]),
    )


def _latest_result(analyses: Sequence[Analysis], name: StageName) -> dict[str, Any] | None:
    """What the stage last found: an analysis that only scores again has no such stage of its own."""
    for analysis in analyses:
        for stage in analysis.stages.all():
            if stage.name == name and stage.state == StageState.DONE:
                return stage.result if isinstance(stage.result, dict) else None
    return None


def _is_kept_from(viewer: User, submission: Submission) -> bool:
    """A senior whose own review shows no hints must not read here which hints others met.

    Neither after its lease ran out, as long as they could take it back.
    """
    own = Review.objects.filter(reviewer=viewer, task__submission__video=submission.video_id)
    in_work = Q(state__in=[ReviewState.RESERVED, ReviewState.LEASED])
    to_come = Q(state=ReviewState.EXPIRED, task__state__in=OPEN_STATES)
    return own.filter(in_work | to_come).exclude(arm=Arm.LEVEL2).exists()


def review_summaries(reviews: QuerySet[Review]) -> list[ReviewSummary]:
    """Reviews with their segment count and outcomes in words, in three queries whatever their number."""
    outcomes = HintOutcome.objects.only("review_id", "outcome")
    segments = Segment.objects.only("review_id")
    prefetched = reviews.prefetch_related(
        Prefetch("outcomes", outcomes), Prefetch("segments", segments.order_by("pk"))
    )
    return [
        ReviewSummary(review, len(review.segments.all()), _outcome_counts(review)) for review in prefetched
    ]


def _outcome_counts(review: Review) -> list[tuple[str, int]]:
    """How many hints met which end, leaving out what was never shown and ends that nothing met."""
    given = [each.outcome for each in review.outcomes.all()]
    shown = [outcome for outcome in Outcome if outcome != Outcome.UNSEEN]
    counts = [(str(outcome.label), given.count(outcome.value)) for outcome in shown]
    return [(label.lower(), count) for label, count in counts if count]
