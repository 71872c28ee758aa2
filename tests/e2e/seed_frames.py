"""`python -m tests.e2e.seed_frames FILE PERSON`: puts numbered films under review, writes their reviews."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from review.models import Queue, SubmissionOrigin, User, ViolationType  # noqa: E402
from review.services.queues import queue_claim_next  # noqa: E402
from review.services.submissions import SubmissionWords, submission_create  # noqa: E402
from tests.e2e.numbered import all_films  # noqa: E402
from tests.e2e.seed import analyses_over, wait  # noqa: E402


def main(report: Path, person: str) -> None:
    """A queue a film, so that one person holds all of them at once."""
    reviewer = User.objects.get(username=person)
    queues = {}
    with tempfile.TemporaryDirectory() as folder:
        films = all_films(Path(folder))
        for name in films:
            queue = Queue.objects.create(name=f"Frames {name}", arm_mix={"blind": 1.0}, lease_seconds=3600)
            queue.violation_types.set(ViolationType.objects.all())
            queues[name] = queue
            submission_create(
                content=Path(folder) / name,
                words=SubmissionWords(file_name=name, title=name),
                origin=SubmissionOrigin.COMMAND,
                queue=queue,
                now=timezone.now(),
            )
    wait("the numbered films", analyses_over)
    facts = {}
    for name, times in films.items():
        review = queue_claim_next(reviewer=reviewer, queue=queues[name], now=timezone.now())
        assert review is not None
        video = review.task.submission.video
        facts[name] = {
            "review": review.pk,
            "times_us": [round(1_000_000 * time) for time in times],
            "is_proxy": bool(video.proxy_path),
        }
    report.write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
