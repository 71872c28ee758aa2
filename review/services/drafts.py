"""Drafts: what a review in work holds, its rules, and how it is saved. The browser sends whole drafts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from review.models import Arm, EscalationReason, Hint, Outcome, Review, Segment, SegmentOrigin, User, Verdict
from review.problems import DraftConflict, DraftInvalid
from review.services.leases import lease_check, lease_extend, review_lock
from review.services.texts import text_storable

Milliseconds = Annotated[int, Field(ge=0, le=10**12)]


Words = Annotated[str, AfterValidator(text_storable)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _each_once(ids: list[int]) -> list[int]:
    return list(dict.fromkeys(ids))


class DraftSegment(_Part):
    """A segment in the making: [start_ms, end_ms) of one violation type. `id` is made by the browser.

    `hint_ids` are the hints it came from, the primary one first: several after a merge, none if by hand.
    """

    id: UUID
    violation_type: Annotated[str, Field(max_length=50)]
    start_ms: Milliseconds
    end_ms: Milliseconds
    origin: SegmentOrigin
    hint_ids: Annotated[list[int], Field(max_length=1_000), AfterValidator(_each_once)] = []


class DraftWatched(_Part):
    """A part [start_ms, end_ms) that was played, and how."""

    start_ms: Milliseconds
    end_ms: Milliseconds
    speed: Annotated[float, Field(gt=0, le=64)] = 1.0
    muted: bool = False
    blurred: bool = False


class Draft(_Part):
    """All of a reviewer's work on one task so far."""

    segments: Annotated[list[DraftSegment], Field(max_length=5_000)] = []
    rejected: Annotated[list[int], Field(max_length=10_000)] = []
    shown: Annotated[list[int], Field(max_length=10_000)] = []
    played: Annotated[list[int], Field(max_length=10_000)] = []
    watched: Annotated[list[DraftWatched], Field(max_length=20_000)] = []
    active_ms: Milliseconds = 0
    verdict: Verdict | None = None
    escalation_reason: EscalationReason | None = None
    notes: Annotated[Words, Field(max_length=20_000)] = ""
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    show_more: bool = False

    def hint_ids(self) -> set[int]:
        """Every hint that the draft speaks of."""
        return self.kept_hint_ids() | set(self.rejected) | set(self.shown) | set(self.played)

    def kept_hint_ids(self) -> set[int]:
        """Every hint that a segment came from."""
        return {hint_id for segment in self.segments for hint_id in segment.hint_ids}


@dataclass(frozen=True)
class DraftSaved:
    """The version now stored, and until when the lease runs."""

    version: int
    lease_expires_at: datetime


@transaction.atomic
def draft_save(
    *, review_id: int, reviewer: User, lease_token: int, version: int, draft: Draft, now: datetime
) -> DraftSaved:
    """Store the whole draft over `version` and renew the lease. The same draft again is no conflict."""
    review = review_lock(review_id=review_id, reviewer=reviewer)
    lease_check(review, lease_token=lease_token)
    draft_check(review, draft)
    draft_store(review, version=version, draft=draft, now=now)
    lease_extend(review, now=now)
    review.save()
    return DraftSaved(review.draft_version, review.lease_expires_at)


def draft_store(review: Review, *, version: int, draft: Draft, now: datetime) -> None:
    """Put the draft on the locked row (not saved yet), or raise DraftConflict with what is stored."""
    content = draft.model_dump(mode="json")
    is_replay = version == review.draft_version - 1 and content == review.draft
    if is_replay:
        return
    if version != review.draft_version:
        raise DraftConflict(
            "Another window has saved this review since. Look at both drafts and keep one.",
            current_version=review.draft_version,
            current_draft=draft_of(review).model_dump(mode="json"),
        )
    review.draft = content
    review.draft_version += 1
    review.draft_saved_at = now


def draft_of(review: Review) -> Draft:
    """The stored draft; an empty one before the first save."""
    return Draft.model_validate(review.draft or {})


def draft_from_rows(review: Review) -> Draft:
    """What was submitted, as a draft again; what no row holds (the slider) comes from the stored draft."""
    stored = draft_of(review)
    outcomes = list(review.outcomes.values_list("hint_id", "outcome", "played"))
    segments = review.segments.select_related("violation_type").prefetch_related("came_from")
    return Draft(
        segments=[_draft_segment(segment) for segment in segments],
        rejected=[hint for hint, outcome, _ in outcomes if outcome == Outcome.REJECTED],
        shown=[hint for hint, outcome, _ in outcomes if outcome != Outcome.UNSEEN],
        played=[hint for hint, _, played in outcomes if played],
        watched=[
            DraftWatched.model_validate(row, from_attributes=True) for row in review.watched_ranges.all()
        ],
        active_ms=review.active_ms,
        verdict=Verdict(review.verdict) if review.verdict else None,
        escalation_reason=EscalationReason(review.escalation_reason) if review.escalation_reason else None,
        notes=review.notes,
        score_threshold=stored.score_threshold,
        show_more=stored.show_more,
    )


def _draft_segment(segment: Segment) -> DraftSegment:
    return DraftSegment(
        id=segment.client_id,
        violation_type=segment.violation_type.slug,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        origin=SegmentOrigin(segment.origin),
        hint_ids=[link.hint_id for link in segment.came_from.all()],
    )


def hints_of(review: Review) -> QuerySet[Hint]:
    """The hints this review could ever be shown: of its pinned analysis, of the types it covers.

    An analysis belongs to a video, so a planted hint would also show on its ordinary tasks.
    """
    covered = review.covered_types.values("pk")
    hints = Hint.objects.filter(analysis=review.analysis_id, violation_type__in=covered)
    return hints if review.task.is_golden else hints.exclude(is_planted=True)


# --- The rules ----------------------------------------------------------------------------------------------


def draft_check(review: Review, draft: Draft) -> None:
    """Raise DraftInvalid with a sentence that names the first item that breaks a rule."""
    _check_bounds(review, draft)
    _check_types(review, draft.segments)
    _check_overlaps(draft.segments)
    _check_hints(review, draft)


def _check_bounds(review: Review, draft: Draft) -> None:
    length_ms = review.task.submission.video.duration_ms
    segments = [(f"Segment {n}", s.start_ms, s.end_ms) for n, s in enumerate(draft.segments, start=1)]
    watched = [(f"Watched range {n}", w.start_ms, w.end_ms) for n, w in enumerate(draft.watched, start=1)]
    for name, start_ms, end_ms in (*segments, *watched):
        if start_ms >= end_ms:
            raise DraftInvalid(f"{name} starts at {start_ms} ms, not before its end at {end_ms} ms.")
        if length_ms is not None and end_ms > length_ms:
            raise DraftInvalid(f"{name} ends at {end_ms} ms, after the video's end at {length_ms} ms.")


def _check_types(review: Review, segments: Iterable[DraftSegment]) -> None:
    covered = set(review.covered_types.values_list("slug", flat=True))
    ids = Counter(segment.id for segment in segments)
    for number, segment in enumerate(segments, start=1):
        if segment.violation_type not in covered:
            raise DraftInvalid(
                f'Segment {number} has the violation type "{segment.violation_type}", which this queue does '
                "not cover. Choose another type."
            )
        if ids[segment.id] > 1:
            raise DraftInvalid(f"Segment {number} has the id {segment.id}, which another segment has too.")
        if (segment.origin == SegmentOrigin.HINT) != bool(segment.hint_ids):
            raise DraftInvalid(f"Segment {number} must name its hints if it comes from any, and only then.")


def _check_overlaps(segments: Iterable[DraftSegment]) -> None:
    last: dict[str, DraftSegment] = {}
    for segment in sorted(segments, key=lambda segment: segment.start_ms):
        before = last.get(segment.violation_type)
        if before is not None and segment.start_ms < before.end_ms:
            raise DraftInvalid(
                f'Two segments of "{segment.violation_type}" overlap: {before.start_ms} to {before.end_ms} '
                f"ms and {segment.start_ms} to {segment.end_ms} ms. Merge them or trim one."
            )
        last[segment.violation_type] = segment


def _check_hints(review: Review, draft: Draft) -> None:
    named = draft.hint_ids()
    if not named:
        return
    if review.arm != Arm.LEVEL2:
        raise DraftInvalid(f"Hint {min(named)} is named, but this review is shown no hints. Remove it.")
    known = set(hints_of(review).values_list("pk", flat=True))
    if named - known:
        raise DraftInvalid(f"Hint {min(named - known)} does not belong to this review's analysis. Remove it.")
    both = set(draft.rejected) & draft.kept_hint_ids()
    if both:
        raise DraftInvalid(f"Hint {min(both)} is rejected and kept as a segment. Choose one of the two.")
