"""`python -m tests.worker.submit_files PATH…`: submits files as an upload would, without looking inside."""

from __future__ import annotations

import sys
from pathlib import Path

import django


def main(paths: list[str]) -> None:
    django.setup()
    from django.utils import timezone

    from review.models import SubmissionOrigin
    from review.services.submissions import SubmissionWords, submission_create

    for path in map(Path, paths):
        submission_create(
            content=path,
            words=SubmissionWords(file_name=path.name, title=path.name),
            origin=SubmissionOrigin.UPLOAD,
            now=timezone.now(),
        )


if __name__ == "__main__":
    main(sys.argv[1:])
