"""Submissions: a file comes in, becomes a video (or is recognised), a submission and its task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from review import jobs
from review.media import label_clean
from review.models import (
    Analysis,
    Queue,
    Split,
    Submission,
    SubmissionOrigin,
    Task,
    User,
    Video,
)
from review.problems import Problem
from review.services.analyses import analysis_create
from review.services.publishing import priority_of
from review.services.texts import json_storable, text_storable
from review.services.videos import (
    Readable,
    StoredFile,
    file_placed,
    file_received,
    split_group_key,
    video_get_or_create,
)

EXTERNAL_ID_CHARACTERS = 200


class UnableToSubmit(Problem):
    """The submission contradicts what is stored."""

    status = 409
    code = "submission_refused"
    title = "The submission is refused"


@dataclass(frozen=True)
class SubmissionWords:
    """What the sender says about the file: free text, cleaned to one line where it is a name."""

    file_name: str = ""
    title: str = ""
    description: str = ""
    uploader: str = ""
    source: str = ""
    external_id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    def cleaned(self) -> SubmissionWords:
        name = label_clean(self.file_name, most=500)
        # Cut short, two ids could become one, and the second file be taken for a repeat of the first.
        if len(self.external_id) > EXTERNAL_ID_CHARACTERS:
            raise UnableToSubmit(
                f"An external id has at most {EXTERNAL_ID_CHARACTERS} characters. Send a shorter one."
            )
        return SubmissionWords(
            file_name=name,
            title=label_clean(self.title, most=500)
            or label_clean(Path(name).stem, most=500, fallback="Untitled"),
            description=text_storable(self.description).strip(),
            uploader=label_clean(self.uploader, most=200),
            source=label_clean(self.source, most=200),
            external_id=label_clean(self.external_id, most=EXTERNAL_ID_CHARACTERS),
            metadata=json_storable(self.metadata),
        )


@dataclass(frozen=True)
class SubmissionResult:
    """What became of an upload. `known_video`: its bytes were here before; `replayed`: so was its id."""

    submission: Submission
    task: Task
    video: Video
    analysis: Analysis
    known_video: bool
    replayed: bool


def submission_create(
    *,
    content: Readable | Path,
    words: SubmissionWords,
    origin: SubmissionOrigin,
    now: datetime,
    submitted_by: User | None = None,
    queue: Queue | None = None,
    is_demo: bool = False,
    split: Split | None = None,
    group_key: str | None = None,
    along: Callable[[SubmissionResult], None] = lambda result: None,
) -> SubmissionResult:
    """Store the file and make its rows in one transaction; the same external id again gives the first one.

    `split` and `group_key` are for labels and demo films that come with a split of their own; an existing
    group or video keeps what was decided for it. `along` writes in the same transaction, such as labels that
    came with the file. Raises UnableToAcceptUpload or UnableToSubmit, with nothing left behind.
    """
    words = words.cleaned()
    with file_received(content) as stored:
        replay = _replayed(stored, words, submitted_by)
        if replay is not None:
            return replay
        key = group_key or split_group_key(source=words.source, uploader=words.uploader, sha256=stored.sha256)
        try:
            with file_placed(stored, file_name=words.file_name) as path, transaction.atomic():
                video, is_new = video_get_or_create(
                    stored=stored, path=path, group_key=key, split=split, now=now
                )
                submission = _row(
                    words, video, origin=origin, submitted_by=submitted_by, is_demo=is_demo, now=now
                )
                analysis = _analysis_of(video, now=now)
                task = task_create(submission=submission, queue=queue or queue_default(), now=now)
                result = SubmissionResult(
                    submission, task, video, analysis, known_video=not is_new, replayed=False
                )
                along(result)
        except IntegrityError:
            # The same external id, sent twice at once: the other one won, so this is its replay.
            replay = _replayed(stored, words, submitted_by)
            if replay is None:
                raise
            return replay
    return result


def _row(
    words: SubmissionWords,
    video: Video,
    *,
    origin: SubmissionOrigin,
    submitted_by: User | None,
    is_demo: bool,
    now: datetime,
) -> Submission:
    return Submission.objects.create(
        video=video,
        title=words.title,
        description=words.description,
        uploader=words.uploader,
        source=words.source,
        external_id=words.external_id,
        metadata=words.metadata,
        file_name=words.file_name,
        origin=origin,
        submitted_by=submitted_by,
        created_at=now,
        is_demo=is_demo,
    )


def _replayed(
    stored: StoredFile, words: SubmissionWords, submitted_by: User | None
) -> SubmissionResult | None:
    if not words.external_id:
        return None
    known = (
        Submission.objects.select_related("video", "task")
        .filter(submitted_by=submitted_by, external_id=words.external_id)
        .first()
    )
    if known is None:
        return None
    if known.video.sha256 != stored.sha256:
        raise UnableToSubmit(
            f'The external id "{words.external_id}" already names another file. Send this one under a new id.'
        )
    analysis = known.video.analyses.latest("pk")
    return SubmissionResult(known, known.task, known.video, analysis, known_video=True, replayed=True)


def _analysis_of(video: Video, *, now: datetime) -> Analysis:
    """A known video is not analysed again: its latest analysis stands, whatever became of it."""
    latest = video.analyses.order_by("-pk").first()
    if latest is not None:
        return latest
    analysis = analysis_create(video=video, now=now)
    jobs.analyses_enqueue([analysis])
    return analysis


def task_create(*, submission: Submission, queue: Queue, now: datetime) -> Task:
    """The submission's place in the queue, as urgent as the hints its video already has."""
    return Task.objects.create(
        submission=submission,
        queue=queue,
        overlap=queue.overlap,
        priority=priority_of(submission.video),
        created_at=now,
    )


def queue_default() -> Queue:
    """The queue for submissions that name none: the default one, else any active one, else a new one."""
    queue = Queue.objects.filter(is_active=True).order_by("-is_default", "pk").first()
    if queue is None:
        # Every stored video becomes a task, also before an administrator has made a queue. With no types
        # chosen it covers all that are in use, also those written later.
        queue, _ = Queue.objects.get_or_create(name="Reviews", defaults={"is_default": True})
    return queue
