"""A stored video whose analysis a test runs itself, in this process."""

from __future__ import annotations

import shutil
from pathlib import Path

from review.media import media_path
from review.models import Analysis, Video
from tests.factories import AnalysisFactory, SubmissionFactory, TaskFactory, VideoFactory
from worker import analysis


def a_video(clip: Path) -> Video:
    """The clip's bytes in its place, nothing known of them yet, and a task that waits for it."""
    video: Video = VideoFactory(probed_at=None, duration_ms=None, has_picture=False, has_sound=False)
    path = media_path(video.path)
    path.parent.mkdir(parents=True)
    shutil.copy(clip, path)
    TaskFactory(submission=SubmissionFactory(video=video))
    return video


def analysed(video: Video) -> Analysis:
    """The video's open analysis, or a new one, run to its end."""
    row = Analysis.objects.filter(video=video, state="queued").first()
    row = row or AnalysisFactory(video=video, state="queued", bundle=None)
    analysis.run(row.pk)
    row.refresh_from_db()
    video.refresh_from_db()
    return row
