"""A whole review in one go, for reviewers who are not at a browser: simulated ones, and tests.

It goes through the same draft, rules and submit as everybody's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from review.models import Arm, Hint, Review, SegmentOrigin, Verdict
from review.services.drafts import Draft, DraftSegment, DraftWatched, hints_of
from review.services.reviews import Submitted, review_submit


@dataclass(frozen=True)
class ReviewActs:
    """What somebody did, in milliseconds. Hints are named by id, violation types by slug."""

    verdict: Verdict
    accepts: Sequence[int] = ()
    adjusts: Sequence[tuple[int, int, int]] = ()
    relabels: Sequence[tuple[int, str, int, int]] = ()
    rejects: Sequence[int] = ()
    additions: Sequence[tuple[str, int, int]] = ()
    watched: Sequence[tuple[int, int, float, bool]] = ()
    played: Sequence[int] = ()
    active_ms: int = 0
    notes: str = ""


@transaction.atomic
def review_submit_acts(*, review: Review, acts: ReviewActs, now: datetime) -> Submitted:
    """Submit a review in work as these acts say; every hint not behind "show more" counts as shown."""
    return review_submit(
        review_id=review.pk,
        reviewer=review.reviewer,
        lease_token=review.lease_token,
        version=review.draft_version,
        draft=draft_of_acts(review, acts),
        now=now,
    )


def draft_of_acts(review: Review, acts: ReviewActs) -> Draft:
    """The draft that a browser would hold after these acts."""
    hints: dict[int, Hint] = {}
    if review.arm == Arm.LEVEL2:
        hints = {hint.pk: hint for hint in hints_of(review).select_related("violation_type")}
    length_ms = review.task.submission.video.duration_ms
    return Draft(
        segments=_apart(_within(_segments(acts, hints), length_ms)),
        rejected=list(acts.rejects),
        shown=[pk for pk, hint in hints.items() if not hint.capped],
        played=list(acts.played),
        watched=_watched(acts, length_ms),
        active_ms=acts.active_ms,
        verdict=acts.verdict,
        notes=acts.notes,
    )


def _segments(acts: ReviewActs, hints: dict[int, Hint]) -> list[DraftSegment]:
    kept = [(pk, hints[pk].start_ms, hints[pk].end_ms) for pk in acts.accepts]
    same_type = [(hints[pk].violation_type.slug, start, end, pk) for pk, start, end in (*kept, *acts.adjusts)]
    other_type = [(slug, start, end, pk) for pk, slug, start, end in acts.relabels]
    return [
        *(_segment(slug, start, end, hint_id) for slug, start, end, hint_id in (*same_type, *other_type)),
        *(_segment(slug, start, end, None) for slug, start, end in acts.additions),
    ]


def _segment(slug: str, start_ms: int, end_ms: int, hint_id: int | None) -> DraftSegment:
    return DraftSegment(
        id=uuid.uuid4(),
        violation_type=slug,
        start_ms=start_ms,
        end_ms=end_ms,
        origin=SegmentOrigin.HUMAN if hint_id is None else SegmentOrigin.HINT,
        hint_id=hint_id,
    )


def _within(segments: Iterable[DraftSegment], length_ms: int | None) -> list[DraftSegment]:
    if length_ms is None:
        return list(segments)
    return [
        segment.model_copy(update={"end_ms": min(segment.end_ms, length_ms)})
        for segment in segments
        if segment.start_ms < length_ms
    ]


def _apart(segments: Iterable[DraftSegment]) -> list[DraftSegment]:
    """Trim what overlaps an earlier segment of its type, as the timeline does; what is covered goes."""
    end_of: dict[str, int] = {}
    apart = []
    for segment in sorted(segments, key=lambda segment: (segment.start_ms, segment.end_ms)):
        start = max(segment.start_ms, end_of.get(segment.violation_type, 0))
        if start < segment.end_ms:
            apart.append(segment.model_copy(update={"start_ms": start}))
            end_of[segment.violation_type] = segment.end_ms
    return apart


def _watched(acts: ReviewActs, length_ms: int | None) -> list[DraftWatched]:
    ranges = [
        (start, end if length_ms is None else min(end, length_ms), speed, muted)
        for start, end, speed, muted in acts.watched
    ]
    return [
        DraftWatched(start_ms=start, end_ms=end, speed=speed, muted=muted)
        for start, end, speed, muted in ranges
        if start < end
    ]
