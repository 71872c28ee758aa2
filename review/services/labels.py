"""Labels that came with files: each becomes a submitted review by an import annotator."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from review.models import (
    Arm,
    PersonKind,
    Review,
    ReviewSource,
    SegmentOrigin,
    Task,
    User,
    Verdict,
    ViolationType,
)
from review.problems import Problem
from review.services.drafts import Draft, DraftSegment, DraftWatched
from review.services.queues import review_begin
from review.services.reviews import review_submit


class UnableToImport(Problem):
    """The labels do not fit what is stored."""

    status = 422
    code = "labels_refused"
    title = "The labels are refused"


@dataclass(frozen=True)
class LabelSegment:
    """One labelled violation [start_ms, end_ms); `end_ms` None: to the end of the video."""

    violation_type: str
    start_ms: int
    end_ms: int | None


def import_annotator(*, name: str, is_demo: bool = False) -> User:
    """The annotator in whose name labels arrive: never a login."""
    user, is_new = User.objects.get_or_create(
        username=name, defaults={"kind": PersonKind.IMPORT, "is_demo": is_demo, "password": "!"}
    )
    if not is_new and user.kind != PersonKind.IMPORT:
        raise UnableToImport(f'"{name}" is a person here. Choose another name with --annotator.')
    return user


@transaction.atomic
def labels_import(
    *,
    task: Task,
    annotator: User,
    segments: Sequence[LabelSegment],
    covers: Sequence[ViolationType],
    now: datetime,
) -> Review:
    """The labels as a submitted review: all of the video watched with sound, for the covered types alone."""
    length = task.submission.video.duration_ms
    if not length:
        raise UnableToImport(
            "The video's length is not known yet, so its labels cannot be placed. Probe it first."
        )
    review = review_begin(task=task, reviewer=annotator, now=now, source=ReviewSource.IMPORT, arm=Arm.BLIND)
    review.covered_types.set(covers)
    review_submit(
        review_id=review.pk,
        reviewer=annotator,
        lease_token=review.lease_token,
        version=review.draft_version,
        draft=_draft(segments, length),
        now=now,
    )
    review.refresh_from_db()
    return review


def _draft(segments: Sequence[LabelSegment], length_ms: int) -> Draft:
    return Draft(
        segments=[
            DraftSegment(
                id=uuid.uuid4(),
                violation_type=segment.violation_type,
                start_ms=segment.start_ms,
                end_ms=length_ms if segment.end_ms is None else min(segment.end_ms, length_ms),
                origin=SegmentOrigin.HUMAN,
            )
            for segment in segments
        ],
        watched=[DraftWatched(start_ms=0, end_ms=length_ms)],
        verdict=Verdict.VIOLATING if segments else Verdict.CLEAN,
    )
