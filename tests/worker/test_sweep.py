"""Upkeep's broom: what a kill left behind goes after a day, what is in use stays."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from tests.factories import BundleFactory, TrainingRunFactory, VideoFactory
from worker import jobs
from worker.sweep import sweep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT, settings.BUNDLES_ROOT = tmp_path / "media", tmp_path / "bundles"
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "uploads")
    return tmp_path


def lay(path: Path, *, days: float, folder: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if folder:
        path.mkdir()
    else:
        path.write_bytes(b"half a film")
    then = time.time() - days * 86_400
    os.utime(path, (then, then))
    return path


def test_only_what_nobody_touched_for_a_day_goes(home: Path) -> None:
    run, over = TrainingRunFactory(state="running", claim=2), TrainingRunFactory(state="failed")
    gone = [
        lay(home / "media/incoming/tmpabc", days=2),
        lay(home / "uploads/tmpabc.upload.mp4", days=2),
        lay(home / f"bundles/.training-{run.pk}-1", days=2, folder=True),
        lay(home / f"bundles/.training-{over.pk}-checkpoints", days=2, folder=True),
    ]
    kept = [
        lay(home / "media/incoming/tmpdef", days=0.5),
        lay(home / "media/videos/aa/original.mp4", days=400),
        lay(home / "uploads/somebody-elses.txt", days=400),
        lay(home / f"bundles/.training-{run.pk}-2", days=2, folder=True),
        lay(home / f"bundles/.training-{run.pk}-checkpoints", days=2, folder=True),
        lay(home / "bundles/0123abc", days=400, folder=True),
    ]
    assert sweep() == len(gone)
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in kept)


def test_a_house_without_any_folder_yet_has_nothing_to_sweep() -> None:
    assert sweep() == 0


def test_every_periodic_job_exists_and_expires_before_it_piles_up() -> None:
    schedule: Any = configured.CELERY_BEAT_SCHEDULE
    for entry in schedule.values():
        assert hasattr(jobs, entry["task"].removeprefix("worker."))
        assert entry["options"]["expires"] <= entry["schedule"]


def test_features_that_newer_ones_replaced_go_unless_a_bundle_in_use_reads_them(home: Path) -> None:
    BundleFactory(state="candidate", extractor_version="pretrained-1-abc", feature_tier="pretrained")
    BundleFactory(state="retired", extractor_version="pretrained-1-old", feature_tier="pretrained")
    folder = home / "media/videos/aa"
    VideoFactory(features_path="videos/aa/features-pretrained-2-def.safetensors")
    VideoFactory(features_path="videos/bb/features-pretrained-2-def.safetensors")
    current = [lay(folder / "features-pretrained-2-def.safetensors", days=2)]
    current += [lay(home / "media/videos/bb/features-pretrained-2-def.safetensors", days=0.1)]
    read = [lay(folder / "features-pretrained-1-abc.safetensors", days=9)]
    fresh = [lay(home / "media/videos/bb/features-embedded-1.safetensors", days=9)]
    gone = [
        lay(folder / f"features-{name}.safetensors", days=9) for name in ("embedded-1", "pretrained-1-old")
    ]
    run = TrainingRunFactory(state="running")
    assert sweep() == 0, "a training may be reading them"
    run.delete()
    assert sweep() == len(gone)
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in (*current, *read, *fresh))
