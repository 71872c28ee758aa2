"""What a new review may show, and which analysis it is pinned to: decided once, when it is first leased."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from review.models import (
    Analysis,
    AnalysisState,
    Arm,
    HintlessReason,
    Review,
    ReviewSource,
    ReviewState,
    Split,
    Task,
    User,
    Verdict,
    Video,
)

# Players skip a frame here and there, and nobody waits for the last black second.
WHOLE_SHARE = 0.95
_SHOWS = list(Arm).index  # how much an arm shows, as a key to order by


@dataclass(frozen=True)
class Pinned:
    """The analysis a review is pinned to, and why it shows no hints (empty: it could)."""

    analysis: Analysis | None
    hintless_reason: str


def analysis_pin(video: Video) -> Pinned:
    """The newest finished analysis, even while a newer one is under way or has failed."""
    done = video.analyses.filter(state=AnalysisState.DONE).order_by("-pk").first()
    if done is not None:
        return Pinned(done, "" if done.bundle_id else HintlessReason.NO_BUNDLE)
    latest = video.analyses.order_by("-pk").values_list("state", flat=True).first()
    if latest == AnalysisState.REFUSED:
        return Pinned(None, HintlessReason.REFUSED)
    if latest == AnalysisState.FAILED:
        return Pinned(None, HintlessReason.FAILED)
    return Pinned(None, HintlessReason.NOT_ANALYSED)


def arm_draw(*, task: Task, reviewer: User) -> Arm:
    """The arm of this person's review of this task: the draw is always the same, whoever asks and when, and
    gives way only to what this person has seen of the video, or is not to see of it yet."""
    video = task.submission.video
    seen = _arm_seen(video, reviewer)
    if seen is not None:
        return seen
    if _needs_unaided_review(video):
        return Arm.BLIND
    drawn = arm_of_mix(task.queue.arm_mix, task_id=task.pk, pseudonym=reviewer.pseudonym)
    return min(drawn, _arm_in_work(video, reviewer), key=_SHOWS)


def _arm_in_work(video: Video, reviewer: User) -> Arm:
    """The least that an unfinished review of the same video shows this person: another task of it must not
    answer what that one keeps from them."""
    unfinished = [ReviewState.RESERVED, ReviewState.LEASED, ReviewState.EXPIRED]
    own = Review.objects.filter(
        task__submission__video=video, reviewer=reviewer, state__in=unfinished, hintless_reason=""
    )
    arms = [Arm(arm) for arm in own.values_list("arm", flat=True)]
    return min(arms, key=_SHOWS, default=Arm.LEVEL2)


def arm_keep(review: Review) -> Arm:
    """The arm of a reservation when it is opened: as drawn, unless its reviewer has seen too much since, or
    has begun a review of the same video that shows less."""
    video = review.task.submission.video
    if review.arm == Arm.BLIND:
        return _arm_seen(video, review.reviewer) or Arm.BLIND
    return min(Arm(review.arm), _arm_in_work(video, review.reviewer), key=_SHOWS)


def _arm_seen(video: Video, reviewer: User) -> Arm | None:
    """What another task of the same video has shown this person: they are not blind to it any more."""
    aided = Review.objects.filter(task__submission__video=video, reviewer=reviewer, hintless_reason="")
    aided = aided.exclude(state=ReviewState.RESERVED)  # fetched ahead, not seen yet
    arm = aided.exclude(arm=Arm.BLIND).order_by("-arm").values_list("arm", flat=True).first()
    return None if arm is None else Arm(arm)


def arm_of_mix(mix: Mapping[str, float], *, task_id: int, pseudonym: UUID) -> Arm:
    """Pure: a point in [0, 1) from a hash of who and what falls into one arm's share of the mix."""
    shares = [(arm, max(0.0, float(mix.get(arm, 0.0)))) for arm in Arm]
    digest = hashlib.sha256(f"arm:{task_id}:{pseudonym}".encode()).digest()
    point = int.from_bytes(digest[:8], "big") / 2**64 * sum(share for _, share in shares)
    for arm, share in shares:
        if point < share:
            return arm
        point -= share
    return Arm.BLIND  # an empty mix: the arm that shows least


def _needs_unaided_review(video: Video) -> bool:
    """Validation and holdout measure the model, so one person must judge all of it unaided first."""
    if video.split_group.split == Split.TRAIN:
        return False
    unaided = Q(arm=Arm.BLIND) | ~Q(hintless_reason="") | Q(source=ReviewSource.IMPORT)
    # The same that a snapshot takes: a golden or unreviewable one would leave the video without a measure.
    answers = Review.objects.filter(
        task__submission__video=video,
        task__is_golden=False,
        state=ReviewState.SUBMITTED,
        verdict__in=[Verdict.VIOLATING, Verdict.CLEAN],
    )
    return not any(_is_whole(review, video) for review in answers.filter(unaided))


def _is_whole(review: Review, video: Video) -> bool:
    """Whether the video was watched from end to end, unblurred and with its sound."""
    if not video.duration_ms:
        return True
    ranges = review.watched_ranges.filter(blurred=False)
    if video.has_sound:
        ranges = ranges.filter(muted=False)
    seen_ms, until = 0, 0
    for start_ms, end_ms in ranges.order_by("start_ms").values_list("start_ms", "end_ms"):
        seen_ms += max(0, end_ms - max(start_ms, until))
        until = max(until, end_ms)
    return seen_ms >= WHOLE_SHARE * video.duration_ms
