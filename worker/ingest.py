"""Ingest: files and folders from the command line, with or without labels. One file's trouble is its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from review.media import UnableToAcceptUpload, upload_check
from review.models import Queue, SubmissionOrigin, User, Video
from review.problems import Problem
from review.services.labels import labels_import
from review.services.submissions import (
    SubmissionResult,
    SubmissionWords,
    submission_create,
)
from review.services.videos import SAFE_EXTENSIONS
from worker.cage import ChildBroke, child_events, limits
from worker.columns import probe_fields
from worker.labels import Label, LabelFile

PROBED_AT_ONCE = 200


@dataclass(frozen=True)
class Ingested:
    """What became of one file: a result, or the sentence why not."""

    path: Path
    result: SubmissionResult | None
    sentence: str = ""


@dataclass(frozen=True)
class IngestWishes:
    """How files are taken in. `annotator` makes the reviews of the labels."""

    queue: Queue | None = None
    submitted_by: User | None = None
    labels: LabelFile | None = None
    annotator: User | None = None


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and in folders everything that is named like a video or a sound."""
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file())
            yield from (f for f in inside if f.suffix.lower().lstrip(".") in SAFE_EXTENSIONS)
        else:
            yield path


def ingest(files: Sequence[Path], wishes: IngestWishes) -> Iterator[Ingested]:
    """Probe all files in caged children, then store each with its task, its analysis and its labels."""
    refused = {file: sentence for file in files if (sentence := _refused_unread(file))}
    yield from (Ingested(file, None, sentence) for file, sentence in refused.items())
    present = [file for file in files if file not in refused]
    for start in range(0, len(present), PROBED_AT_ONCE):
        portion = present[start : start + PROBED_AT_ONCE]
        for file, probe in _probed(portion):
            yield _ingested(file, probe, wishes)


def _refused_unread(file: Path) -> str:
    """Why not to look into the file at all, in the words that an upload gets; empty: look into it."""
    if not file.is_file():
        return "There is no such file."
    try:
        upload_check(size_bytes=file.stat().st_size)
    except UnableToAcceptUpload as refusal:
        return refusal.sentence
    return ""


def _probed(files: Sequence[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each file with its `probed` event. A file that breaks the child is left out of the next one."""
    left = list(files)
    while left:
        heard = 0
        request = {"sources": [str(file.resolve()) for file in left], "limits": limits()}
        try:
            for event in child_events(request, arguments=("--probe-many",)):
                yield left[heard], event
                heard += 1
        except ChildBroke as broken:
            if heard < len(left):
                yield left[heard], {"refused": {"sentence": f"It could not be looked at: {broken}."}}
        left = left[heard + 1 :] if heard < len(left) else []


def _ingested(file: Path, probe: dict[str, Any], wishes: IngestWishes) -> Ingested:
    if "refused" in probe:
        return Ingested(file, None, str(probe["refused"]["sentence"]))
    label = wishes.labels.labels.get(file.resolve()) if wishes.labels else None
    now = timezone.now()
    try:
        result = submission_create(
            content=file,
            words=_words(file, label),
            origin=SubmissionOrigin.COMMAND,
            submitted_by=wishes.annotator if label else wishes.submitted_by,
            queue=wishes.queue,
            along=_along(probe["result"], label, wishes, now),
            now=now,
        )
    except (UnableToAcceptUpload, Problem) as refusal:
        return Ingested(file, None, str(refusal))
    except OSError as error:
        return Ingested(file, None, f"It cannot be read or stored: {error.strerror}.")
    return Ingested(file, result)


def _words(file: Path, label: Label | None) -> SubmissionWords:
    if label is None:
        return SubmissionWords(file_name=file.name)
    # The label file ingested twice, or again after a kill, must not label anything twice.
    return SubmissionWords(
        file_name=file.name,
        title=label.title,
        source=label.source,
        external_id=label.name,
    )


def _along(
    probe: dict[str, Any], label: Label | None, wishes: IngestWishes, now: datetime
) -> Callable[[SubmissionResult], None]:
    def write(result: SubmissionResult) -> None:
        if result.video.probed_at is None:
            Video.objects.filter(pk=result.video.pk).update(**probe_fields(probe, now))
            result.video.refresh_from_db()
        if label and wishes.labels and wishes.annotator:
            labels_import(
                task=result.task,
                annotator=wishes.annotator,
                segments=label.segments,
                covers=wishes.labels.covers,
                now=now,
            )

    return write
