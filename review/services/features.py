"""Features made anew: which videos have older ones than can be had, and what lies in the weights folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from review import jobs
from review.models import (
    Analysis,
    AnalysisState,
    Review,
    ReviewState,
    Task,
    TaskState,
    Verdict,
    Video,
    WeightsReport,
    WeightsState,
)
from review.services.analyses import analysis_create_unless_open

# A new upload waits behind no more than these.
REFRESH_AT_ONCE = 4
GAVE_UP = (AnalysisState.FAILED, AnalysisState.REFUSED)
TEACHES = {"state": ReviewState.SUBMITTED, "verdict__in": [Verdict.VIOLATING, Verdict.CLEAN]}


@transaction.atomic
def features_refresh(*, wanted: str, accepted: Collection[str], now: datetime) -> int:
    """Queue the extraction of a few videos whose features are of no accepted version; how many that were.

    `wanted` is the version that would be extracted now. Nothing is queued while anything else waits.
    """
    if Analysis.objects.filter(state=AnalysisState.QUEUED).exists():
        return 0
    waits = Task.objects.filter(submission__video=OuterRef("pk"), state=TaskState.WAITING)
    videos = videos_to_refresh(wanted=wanted, accepted=accepted).annotate(waits=Exists(waits))
    return _queue(videos.order_by("-waits", "pk")[:REFRESH_AT_ONCE], now=now)


def videos_to_refresh(*, wanted: str, accepted: Collection[str]) -> QuerySet[Video]:
    """Videos with features of another version, or with labels and no features; none that the wanted
    version was tried on in vain, and none that is being analysed."""
    labels = Review.objects.filter(task__submission__video=OuterRef("pk"), **TEACHES)
    in_vain = Q(state__in=GAVE_UP, extractor_version=wanted)
    under_way = Q(state__in=[AnalysisState.QUEUED, AnalysisState.RUNNING])
    spared = Analysis.objects.filter(in_vain | under_way, video=OuterRef("pk"))
    videos = Video.objects.exclude(extractor_version__in=accepted)
    return videos.filter(~Q(features_path="") | Exists(labels)).exclude(Exists(spared))


@transaction.atomic
def features_request(*, hashes: Sequence[str], wanted: str, now: datetime) -> int:
    """Queue the extraction of these videos, whose files turned out to lack; how many that were."""
    in_vain = Analysis.objects.filter(
        video=OuterRef("pk"), state__in=GAVE_UP, extractor_version=wanted, refreshes_features=True
    )
    return _queue(Video.objects.filter(~Exists(in_vain), sha256__in=hashes).order_by("pk"), now=now)


def _queue(videos: QuerySet[Video], *, now: datetime) -> int:
    made = [analysis_create_unless_open(video=video, now=now, refreshes_features=True) for video in videos]
    queued = [analysis for analysis in made if analysis is not None]
    jobs.analyses_enqueue(queued)
    return len(queued)


def feature_versions() -> Mapping[str, Mapping[str, str]]:
    """Every version that some video's features are of, with the weights that made it."""
    rows = Video.objects.exclude(extractor_version="").values_list("extractor_version", flat=True).distinct()
    return {
        version: Video.objects.filter(extractor_version=version).values_list("feature_weights", flat=True)[0]
        for version in rows.order_by("extractor_version")
    }


def weights_report(*, state: WeightsState, extractor_version: str, sentence: str, now: datetime) -> bool:
    """Write down what lies in the weights folder, for the pages; whether that is news."""
    said = {"state": state, "extractor_version": extractor_version, "sentence": sentence[:500]}
    if WeightsReport.objects.filter(pk=1, **said).exists():
        return False
    WeightsReport.objects.update_or_create(pk=1, defaults={**said, "changed_at": now})
    return True
