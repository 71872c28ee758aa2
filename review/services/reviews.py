"""The life of a review after its claim: renew, submit, skip, reopen, expire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from review.models import (
    Arm,
    EscalationReason,
    HintOutcome,
    PolicyVersion,
    Review,
    ReviewState,
    Segment,
    SegmentHint,
    Snapshot,
    TaskState,
    User,
    Verdict,
    ViolationType,
    WatchedRange,
)
from review.problems import DraftInvalid, NotFound, UnableToReopen, VerdictInvalid
from review.services.audit import audit_write
from review.services.drafts import Draft, draft_check, draft_from_rows, draft_store, hints_of
from review.services.leases import (
    Lease,
    lease_check,
    lease_end,
    lease_extend,
    lease_of,
    lease_start,
    review_lock,
)
from review.services.outcomes import outcomes_of
from review.services.queues import review_take_back
from review.services.reservations import reservation_end
from review.services.settlements import settlement_decide, settlement_withdraw
from review.services.tasks import WORKED, task_update_places


@transaction.atomic
def review_renew(*, review_id: int, reviewer: User, lease_token: int, now: datetime) -> Lease:
    """Go on holding the review. An expired one is taken back under a new token if its place is free."""
    review = review_lock(review_id=review_id, reviewer=reviewer)
    if review.state == ReviewState.EXPIRED and review.lease_token == lease_token:
        return lease_of(review_take_back(review, now=now))
    lease_check(review, lease_token=lease_token)
    lease_extend(review, now=now)
    review.save()
    return lease_of(review)


# --- Submit -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Submitted:
    """The answer to a submit; a replay of the same submit gets the same one."""

    review_id: int
    task_state: TaskState


@transaction.atomic
def review_submit(
    *, review_id: int, reviewer: User, lease_token: int, version: int, draft: Draft, now: datetime
) -> Submitted:
    """Turn the draft into segments, outcomes and a verdict, and move the task on. All of it or nothing."""
    review = review_lock(review_id=review_id, reviewer=reviewer)
    if review.state == ReviewState.SUBMITTED and review.lease_token == lease_token:
        return Submitted(review.pk, TaskState(review.task_state_after))
    lease_check(review, lease_token=lease_token)
    draft_check(review, draft)
    verdict = _checked_verdict(draft)
    draft_store(review, version=version, draft=draft, now=now)
    _rewrite_rows(review, draft)
    lease_end(review, at=now)
    review.state, review.submitted_at = ReviewState.SUBMITTED, now
    review.verdict, review.notes = verdict, draft.notes
    review.escalation_reason = (verdict == Verdict.ESCALATED and draft.escalation_reason) or ""
    review.active_ms = min(draft.active_ms, review.earlier_lease_ms)
    review.save()
    return Submitted(review.pk, _moved_on(review, draft, now))


def _moved_on(review: Review, draft: Draft, now: datetime) -> TaskState:
    state = settlement_decide(task=review.task, now=now)
    review.task_state_after = state
    review.save(update_fields=["task_state_after"])
    payload = {"verdict": review.verdict, "segments": len(draft.segments), "active_ms": review.active_ms}
    if review.escalation_reason:
        payload["escalation_reason"] = review.escalation_reason
    if review.active_ms < draft.active_ms:
        payload["active_ms_claimed"] = draft.active_ms  # more than the lease lasted: the lesser one counts
    audit_write(actor=review.reviewer, verb="review_submitted", target=review, payload=payload, now=now)
    return state


def _checked_verdict(draft: Draft) -> Verdict:
    if draft.verdict is None:
        raise VerdictInvalid(_("Choose a verdict before you submit."))
    if draft.verdict == Verdict.VIOLATING and not draft.segments:
        raise VerdictInvalid(
            _("A violating video needs at least one segment. Mark one or choose another verdict.")
        )
    if draft.verdict == Verdict.CLEAN and draft.segments:
        raise VerdictInvalid(_("A clean video has no segments. Remove them or choose violating."))
    _check_words(draft)
    return draft.verdict


def _check_words(draft: Draft) -> None:
    """Who comes next has nothing but these words to go by."""
    has_notes = bool(draft.notes.strip())
    if draft.verdict == Verdict.UNREVIEWABLE and not has_notes:
        raise VerdictInvalid(_("Say in the notes what keeps this video from being judged."))
    if draft.verdict != Verdict.ESCALATED:
        return
    if draft.escalation_reason is None:
        raise VerdictInvalid(_("Choose from the list why a senior should look at this."))
    if draft.escalation_reason == EscalationReason.OTHER and not has_notes:
        raise VerdictInvalid(_("Say in the notes why a senior should look at this."))


def _rewrite_rows(review: Review, draft: Draft) -> None:
    """A reopened review has rows of its earlier submit: they are replaced within the same transaction."""
    review.segments.all().delete()
    review.outcomes.all().delete()
    review.watched_ranges.all().delete()
    rows = Segment.objects.bulk_create(_segments(review, draft))
    SegmentHint.objects.bulk_create(
        SegmentHint(segment=row, hint_id=hint_id, place=place)
        for row, segment in zip(rows, draft.segments, strict=True)
        for place, hint_id in enumerate(segment.hint_ids)
    )
    WatchedRange.objects.bulk_create(
        WatchedRange(review=review, **watched.model_dump()) for watched in draft.watched
    )
    if review.arm == Arm.LEVEL2:
        _write_outcomes(review, draft)


def _segments(review: Review, draft: Draft) -> list[Segment]:
    slugs = {segment.violation_type for segment in draft.segments}
    kinds = {kind.slug: kind for kind in ViolationType.objects.filter(slug__in=slugs)}
    in_force = _versions_in_force({kind.policy_id for kind in kinds.values()})
    return [
        Segment(
            review=review,
            violation_type=kinds[segment.violation_type],
            policy_version=_version(in_force, kinds[segment.violation_type]),
            client_id=segment.id,
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            origin=segment.origin,
        )
        for segment in draft.segments
    ]


def _versions_in_force(policy_ids: set[int]) -> dict[int, PolicyVersion]:
    versions = PolicyVersion.objects.filter(policy__in=policy_ids).order_by("number")
    return {version.policy_id: version for version in versions}  # the highest number comes last and stays


def _version(in_force: dict[int, PolicyVersion], kind: ViolationType) -> PolicyVersion:
    if kind.policy_id not in in_force:
        raise DraftInvalid(f'The policy of "{kind.slug}" says nothing yet. Ask an administrator to write it.')
    return in_force[kind.policy_id]


def _write_outcomes(review: Review, draft: Draft) -> None:
    hints = hints_of(review).select_related("violation_type")
    HintOutcome.objects.bulk_create(
        HintOutcome(
            review=review,
            hint=done.hint,
            outcome=done.outcome,
            played=done.played,
            start_shift_ms=done.start_shift_ms,
            end_shift_ms=done.end_shift_ms,
        )
        for done in outcomes_of(draft, hints)
    )


# --- Skip, reopen, expire -----------------------------------------------------------------------------------


@transaction.atomic
def review_skip(*, review_id: int, reviewer: User, lease_token: int, reason: str, now: datetime) -> None:
    """Give the task back, with a reason. A reopened review goes back to what was submitted instead."""
    review = review_lock(review_id=review_id, reviewer=reviewer)
    if review.state == ReviewState.SKIPPED and review.lease_token == lease_token:
        return
    lease_check(review, lease_token=lease_token)
    review.skip_reason = reason.strip()
    _give_up(review, ReviewState.SKIPPED, at=now)
    payload = {"reason": review.skip_reason}
    audit_write(actor=reviewer, verb="review_skipped", target=review, payload=payload, now=now)


def _give_up(review: Review, state: ReviewState, *, at: datetime) -> None:
    """Free the slot; the draft stays. What was submitted before a reopening counts again."""
    lease_end(review, at=at)
    if review.submitted_at is None:
        review.state = state
        review.save()
        task_update_places(review.task)
        return
    review.state = ReviewState.SUBMITTED
    # Under the old token a late submit would pass for a replay of the first, and its changes be lost unsaid.
    review.lease_token += 1
    review.draft = draft_from_rows(review).model_dump(mode="json")
    review.draft_version += 1
    review.save()
    settlement_decide(task=review.task, now=at)


@transaction.atomic
def review_reopen(*, review_id: int, reviewer: User, now: datetime) -> Review:
    """Take one's own submitted review back into work; the settlement is withdrawn until the next submit."""
    review = review_lock(review_id=review_id, reviewer=reviewer)
    if review.state == ReviewState.LEASED:
        return review
    _check_reopening(review)
    state = TaskState.ADJUDICATING if review.is_adjudication else TaskState.IN_REVIEW
    lease_start(review, now=now)
    review.reopened_at = now
    review.save()
    settlement_withdraw(task=review.task, state=state, now=now)
    audit_write(actor=reviewer, verb="review_reopened", target=review, payload={}, now=now)
    return review


def _check_reopening(review: Review) -> None:
    if review.state != ReviewState.SUBMITTED:
        raise UnableToReopen(_("Only a submitted review can be reopened. Take the next task from the queue."))
    if review.task.state == TaskState.FROZEN:
        raise UnableToReopen(_("This task is frozen, so its reviews stay as they are."))
    # A snapshot holds every review submitted before it; changing one would make the bundle's card a lie.
    if Snapshot.objects.filter(created_at__gte=review.submitted_at).exists():
        raise UnableToReopen(_("A model has learned from this review since, so it stays as it is."))
    # Seniors' places come after everybody's, and the next senior's after the one who passed it on.
    by_senior = review.task.reviews.filter(is_adjudication=True, state__in=WORKED, slot__gt=review.slot)
    if by_senior.exists():
        raise UnableToReopen(_("A senior has this task already. Tell them what you would change."))


def reviews_expire(*, now: datetime) -> int:
    """Take back every lease and end every reservation past its time, one by one; how many."""
    overdue = Review.objects.filter(state__in=_EXPIRING, lease_expires_at__lt=now)
    rows = list(overdue.select_related("reviewer"))
    return sum(_expired(review.pk, review.reviewer, now=now) for review in rows)


_EXPIRING: Sequence[ReviewState] = (ReviewState.RESERVED, ReviewState.LEASED)


@transaction.atomic
def _expired(review_id: int, reviewer: User, *, now: datetime) -> bool:
    try:
        review = review_lock(review_id=review_id, reviewer=reviewer)
    except NotFound:
        return False  # a reservation that ended in between
    # Asked again under the lock: it may have been renewed or submitted in between.
    if review.state not in _EXPIRING or review.lease_expires_at >= now:
        return False
    if review.state == ReviewState.RESERVED:
        reservation_end(review, why="ran_out", now=now)
        return True
    _give_up(review, ReviewState.EXPIRED, at=review.lease_expires_at)
    audit_write(actor=None, verb="review_expired", target=review, payload={}, now=now)
    return True
