"""POST /api/submissions takes one file and what its sender says of it; GET tells what became of it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import File, Form, Router, Schema, Status, UploadedFile

from review import access
from review.api.auth import person_of
from review.api.errors import PROBLEMS
from review.models import AnalysisState, Submission, SubmissionOrigin, TaskState
from review.problems import Problem
from review.services.submissions import SubmissionWords, submission_create

router = Router(tags=["submissions"])
METADATA_CHARACTERS = 20_000


class MetadataInvalid(Problem):
    status = 422
    code = "metadata_invalid"
    title = "The metadata cannot be read"


class SubmissionFields(Schema):
    """What the sender says. `metadata` is a JSON object as text; `external_id` makes a repeat safe."""

    title: str = ""
    description: str = ""
    uploader: str = ""
    source: str = ""
    external_id: str = ""
    metadata: str = ""


class SubmissionMade(Schema):
    """`known_video`: these bytes were here before, so they are not analysed again."""

    id: UUID
    video_sha256: str
    known_video: bool
    analysis_id: int | None
    analysis_state: AnalysisState | None
    task_id: int | None


class SubmissionDetails(SubmissionMade):
    title: str
    description: str
    uploader: str
    source: str
    external_id: str
    metadata: dict[str, Any]
    is_demo: bool
    task_state: TaskState | None


@router.post(
    "/submissions",
    response={201: SubmissionMade, 200: SubmissionMade, **PROBLEMS},
    summary="Send a video in",
)
def submission_post(
    request: HttpRequest, file: File[UploadedFile], fields: Form[SubmissionFields]
) -> Status[SubmissionMade]:
    """Store the file, queue its analysis and its task. A repeated `external_id` gets the first answer."""
    sender = access.senior_required(person_of(request))
    said = {**fields.dict(), "metadata": _metadata(fields.metadata)}
    result = submission_create(
        content=file,
        words=SubmissionWords(file_name=file.name or "", **said),
        origin=_origin(request),
        submitted_by=sender,
        now=timezone.now(),
    )
    made = SubmissionMade(
        id=result.submission.public_id,
        video_sha256=result.video.sha256,
        known_video=result.known_video,
        analysis_id=result.analysis.pk,
        analysis_state=AnalysisState(result.analysis.state),
        task_id=result.task.pk,
    )
    return Status(200 if result.replayed else 201, made)


def _origin(request: HttpRequest) -> SubmissionOrigin:
    """A program names itself by a token, a person's browser by its session."""
    has_token = "Authorization" in request.headers
    return SubmissionOrigin.API if has_token else SubmissionOrigin.UPLOAD


def _metadata(text: str) -> dict[str, Any]:
    try:
        metadata = json.loads(text or "{}") if len(text) <= METADATA_CHARACTERS else None
        json.dumps(metadata, allow_nan=False)  # Python reads NaN and 1e999, no database takes them
    except (ValueError, RecursionError):
        metadata = None
    if not isinstance(metadata, dict):
        raise MetadataInvalid(f"Send metadata as a JSON object of at most {METADATA_CHARACTERS} characters.")
    return metadata


@router.get(
    "/submissions/{uuid:public_id}",
    response={200: SubmissionDetails, **PROBLEMS},
    summary="What became of it",
)
def submission_get(request: HttpRequest, public_id: UUID) -> SubmissionDetails:
    """For whoever sent it, and for seniors."""
    return _details(access.submission_readable(person_of(request), public_id))


def _details(submission: Submission) -> SubmissionDetails:
    texts = ("title", "description", "uploader", "source", "external_id", "metadata", "is_demo")
    task = getattr(submission, "task", None)
    analysis = submission.video.analyses.order_by("-pk").first()
    return SubmissionDetails(
        id=submission.public_id,
        video_sha256=submission.video.sha256,
        known_video=submission.video.submissions.filter(pk__lt=submission.pk).exists(),
        analysis_id=analysis.pk if analysis else None,
        analysis_state=AnalysisState(analysis.state) if analysis else None,
        task_id=task.pk if task else None,
        task_state=TaskState(task.state) if task else None,
        **{text: getattr(submission, text) for text in texts},
    )
