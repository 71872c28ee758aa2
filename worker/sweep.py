"""What lies on the disk to no purpose: broken-off uploads, workplaces of trainings, superseded features."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from review.media import media_path
from review.models import Bundle, BundleState, FeatureTier, TrainingRun, TrainingState, Video
from review.services.training import OPEN
from worker.features import file_name
from worker.training import checkpoints_name

# Longer than any upload: one that is still coming in was written to a moment ago.
LEFT_AFTER_S = 24 * 3600.0

logger = logging.getLogger(__name__)


def sweep() -> int:
    """Remove what has lain untouched for a day; how many things that were."""
    left = [path for path in (*_uploads(), *_workplaces(), *_superseded_features()) if _is_old(path)]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if left:
        logger.info("swept: %s left behind or superseded", len(left))
    return len(left)


def _uploads() -> Iterator[Path]:
    yield from (Path(settings.MEDIA_ROOT) / "incoming").glob("tmp*")
    if settings.FILE_UPLOAD_TEMP_DIR:  # the system's own temporary folder is not ours to sweep
        yield from Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*")


def _workplaces() -> Iterator[Path]:
    running = TrainingRun.objects.filter(state=TrainingState.RUNNING).values_list("pk", "claim")
    in_use = {f".training-{pk}-{claim}" for pk, claim in running}
    open_runs = TrainingRun.objects.filter(state__in=OPEN).values_list("pk", flat=True)
    in_use |= {checkpoints_name(pk) for pk in open_runs}
    yield from (path for path in Path(settings.BUNDLES_ROOT).glob(".training-*") if path.name not in in_use)


def _superseded_features() -> Iterator[Path]:
    """Features beside newer ones that no bundle in use reads; none while a training may be reading them."""
    if TrainingRun.objects.filter(state__in=OPEN).exists():
        return
    in_use = (BundleState.LIVE, BundleState.CANDIDATE, BundleState.SHADOW)
    bundles = Bundle.objects.filter(state__in=in_use, feature_tier=FeatureTier.PRETRAINED)
    kept = {file_name(version) for version in bundles.values_list("extractor_version", flat=True)}
    for features_path in Video.objects.exclude(features_path="").values_list("features_path", flat=True):
        current = media_path(features_path)
        if current.is_file() and _is_old(current):
            names = kept | {current.name}
            yield from (
                path for path in current.parent.glob("features*.safetensors") if path.name not in names
            )


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > LEFT_AFTER_S
    except FileNotFoundError:
        return False
