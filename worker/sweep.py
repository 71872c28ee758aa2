"""What a kill leaves on the disk that no row names: broken-off uploads and the workplaces of trainings."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from review.models import TrainingRun, TrainingState

# Longer than any upload: one that is still coming in was written to a moment ago.
LEFT_AFTER_S = 24 * 3600.0

logger = logging.getLogger(__name__)


def sweep() -> int:
    """Remove what has lain untouched for a day; how many things that were."""
    left = [path for path in (*_uploads(), *_workplaces()) if _is_old(path)]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if left:
        logger.info("swept: %s left behind by broken-off work", len(left))
    return len(left)


def _uploads() -> Iterator[Path]:
    yield from (Path(settings.MEDIA_ROOT) / "incoming").glob("tmp*")
    if settings.FILE_UPLOAD_TEMP_DIR:  # the system's own temporary folder is not ours to sweep
        yield from Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*")


def _workplaces() -> Iterator[Path]:
    running = TrainingRun.objects.filter(state=TrainingState.RUNNING).values_list("pk", "claim")
    in_use = {f".training-{pk}-{claim}" for pk, claim in running}
    yield from (path for path in Path(settings.BUNDLES_ROOT).glob(".training-*") if path.name not in in_use)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > LEFT_AFTER_S
    except FileNotFoundError:
        return False
