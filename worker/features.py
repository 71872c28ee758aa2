"""Cached features: which file serves whom, when to extract anew, and what upkeep does about older ones."""

from __future__ import annotations

import logging
from pathlib import Path

from django.utils import timezone

from review.media import media_path
from review.models import Analysis, Bundle, FeatureTier, Video
from review.services.features import feature_versions, features_refresh, weights_report
from worker.weights import WeightsHere, weights_here, why_unreadable

logger = logging.getLogger(__name__)


def is_usable(path: str, version: str, weights: dict[str, str]) -> bool:
    """Whether the file is there, whole, of that version, and the version is one this code reads."""
    from ml.features import extractor_version, stored_version

    return bool(path) and version == extractor_version(weights) == stored_version(media_path(path))


def decoding_wanted(analysis: Analysis, live: Bundle | None, here: WeightsHere) -> bool:
    """Whether this analysis has to extract features, or those at hand do."""
    video = analysis.video
    if video.probed_at is None or not is_usable(
        video.features_path, video.extractor_version, video.feature_weights
    ):
        return True
    if here.tier == FeatureTier.EMBEDDED or video.extractor_version == here.version:
        return False
    needed_live = live is not None and live.extractor_version == here.version
    return analysis.refreshes_features or needed_live


def features_file(video: Video, live: Bundle, here: WeightsHere) -> Path:
    """The file that the live bundle reads. Raises WeightsRefused where there is none for it."""
    newest = media_path(video.features_path)
    is_basic = live.feature_tier == FeatureTier.EMBEDDED  # every tier holds what it reads
    if is_basic or video.extractor_version == live.extractor_version:
        return newest
    kept = newest.with_name(file_name(live.extractor_version))
    if kept.is_file():
        return kept
    raise why_unreadable({each["name"]: each["sha256"] for each in live.weights}, here)


def file_name(version: str) -> str:
    """As the caged child names it: features of several versions lie side by side."""
    return f"features-{version}.safetensors"


def refresh() -> int:
    """Queue videos whose features are older than those that can be had, and tell the pages what is here."""
    now, here = timezone.now(), weights_here()
    is_news = weights_report(
        state=here.state, extractor_version=here.version, sentence=here.sentence, now=now
    )
    if is_news:
        logger.info("weights %s, extracting %s. %s", here.state, here.version, here.sentence)
    queued = features_refresh(wanted=here.version, accepted=accepted_versions(here), now=now)
    if queued:
        logger.info("features: %s queued. %s", queued, coverage())
    return queued


def coverage() -> str:
    """How many videos have the features that would be extracted now, in a sentence."""
    version = weights_here().version
    has = Video.objects.filter(extractor_version=version).exclude(features_path="").count()
    of = Video.objects.exclude(features_path="").count()
    return f"{has} of {of} videos have features of {version}."


def accepted_versions(here: WeightsHere) -> set[str]:
    """Versions that need not be made anew: the one in use, and without networks every one still readable."""
    from ml.features import extractor_version

    if here.tier == FeatureTier.PRETRAINED:
        return {here.version}
    readable = {v for v, weights in feature_versions().items() if v == extractor_version(weights)}
    return {here.version, *readable}
