"""Settlement, adjudication, escalation; skipping, expiring and reopening reviews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from review.models import Review, ReviewState, Settlement, TaskState
from review.problems import LeaseLost, UnableToReopen
from review.services.agreement import agreement_of, event_f1, temporal_iou
from review.services.queues import queue_claim_next
from review.services.reviews import (
    review_renew,
    review_reopen,
    review_skip,
    review_submit,
    reviews_expire,
)
from tests.factories import NOW, Scene, SettlementFactory, SnapshotFactory, make_scene
from tests.review.helpers import LATER, claim, draft, person, segment, submit

HOURS = timedelta(hours=2)


def task_state(scene: Scene) -> str:
    scene.task.refresh_from_db()
    return scene.task.state


# --- Agreement, pure ----------------------------------------------------------------------------------------


def test_tiou_is_shared_time_over_covered_time() -> None:
    assert temporal_iou((0, 10), (5, 15)) == pytest.approx(1 / 3)
    assert temporal_iou((0, 10), (10, 20)) == 0.0
    assert temporal_iou((0, 10), (0, 10)) == 1.0


def test_event_f1_is_taken_per_type_and_averaged() -> None:
    alice = [("gunfire", 0, 4_000), ("fight", 0, 4_000)]
    bob = [("gunfire", 0, 3_000), ("distress", 0, 4_000)]
    assert event_f1(alice, bob) == pytest.approx(1 / 3)


def test_each_segment_is_matched_once() -> None:
    one = [("gunfire", 0, 10_000)]
    halves = [("gunfire", 0, 5_000), ("gunfire", 5_000, 10_000)]
    assert event_f1(one, halves) == pytest.approx(2 / 3)


def test_two_who_marked_nothing_agree_and_one_alone_does_not_count() -> None:
    assert event_f1([], []) == 1.0
    assert agreement_of([[("gunfire", 0, 1)]]) is None


def test_the_agreement_of_three_is_the_mean_over_their_pairs() -> None:
    same, other = [("gunfire", 0, 4_000)], [("gunfire", 50_000, 51_000)]
    assert agreement_of([same, same, other]) == pytest.approx(1 / 3)


# --- Settling -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_review_settles_a_task_of_overlap_one() -> None:
    scene = make_scene()
    review = claim(scene)
    assert submit(review, segment(scene.gunfire)).task_state == TaskState.SETTLED
    settlement = Settlement.objects.get(task=scene.task)
    assert (settlement.kind, settlement.verdict, settlement.agreement) == ("agreed", "violating", None)
    assert settlement.deciding_review == review
    assert settlement.settled_at == LATER


@pytest.mark.django_db
def test_two_who_agree_settle_and_the_first_review_decides() -> None:
    scene = make_scene(overlap=2)
    first = claim(scene)
    assert submit(first, segment(scene.gunfire, 1_000, 5_000)).task_state == TaskState.WAITING
    submit(claim(scene), segment(scene.gunfire, 1_500, 5_000), now=LATER + HOURS)
    settlement = Settlement.objects.get(task=scene.task)
    assert (settlement.agreement, settlement.deciding_review) == (1.0, first)


@pytest.mark.django_db
@pytest.mark.parametrize("second", [[], [(50_000, 51_000)]])
def test_two_who_disagree_call_a_senior_whose_review_settles(second: list[tuple[int, int]]) -> None:
    scene = make_scene(overlap=2)
    submit(claim(scene), segment(scene.gunfire, 1_000, 5_000))
    submit(claim(scene), *(segment(scene.gunfire, *bounds) for bounds in second))
    assert task_state(scene) == TaskState.ADJUDICATING
    assert not Settlement.objects.exists()
    by_senior = claim(scene, person(senior=True))
    assert submit(by_senior).task_state == TaskState.SETTLED
    settlement = Settlement.objects.get()
    assert (settlement.kind, settlement.deciding_review) == ("adjudicated", by_senior)


@pytest.mark.django_db
def test_an_escalated_verdict_escalates_at_once() -> None:
    scene = make_scene(overlap=2)
    assert submit(claim(scene), verdict="escalated", notes="Is it staged?").task_state == TaskState.ESCALATED
    assert not Settlement.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("verdict", ["clean", "violating", "unreviewable"])
def test_a_senior_settles_what_somebody_escalated(verdict: str) -> None:
    scene = make_scene(overlap=2)
    submit(claim(scene), verdict="escalated", notes="Is it staged?")
    by_senior = claim(scene, person(senior=True))
    segments = [segment(scene.gunfire)] if verdict == "violating" else []
    assert (by_senior.is_adjudication, by_senior.slot) == (True, 2)
    assert submit(by_senior, *segments, verdict=verdict, notes="-").task_state == TaskState.SETTLED
    settlement = Settlement.objects.get()
    assert (settlement.kind, settlement.deciding_review) == ("adjudicated", by_senior)


@pytest.mark.django_db
def test_what_a_senior_escalates_again_waits_for_another_senior() -> None:
    scene = make_scene()
    submit(claim(scene), verdict="escalated", notes="Is it staged?")
    first, second = person(senior=True), person(senior=True)
    passed_on = claim(scene, first)
    assert queue_claim_next(reviewer=second, queue=scene.queue, now=NOW) is None
    assert submit(passed_on, verdict="escalated", notes="Nor can I.").task_state == TaskState.ESCALATED
    for who in (first, person()):
        assert queue_claim_next(reviewer=who, queue=scene.queue, now=NOW) is None
    decided = claim(scene, second)
    with pytest.raises(UnableToReopen, match="senior"):
        reopen(passed_on)
    assert submit(decided).task_state == TaskState.SETTLED
    reopen(decided)


@pytest.mark.django_db
def test_a_late_review_does_not_undo_what_a_senior_decided() -> None:
    scene = make_scene(overlap=2)
    late = claim(scene)
    submit(claim(scene), verdict="escalated", notes="Is it staged?")
    by_senior = claim(scene, person(senior=True))
    submit(by_senior)
    assert submit(late, verdict="escalated", notes="Me too.").task_state == TaskState.SETTLED
    assert Settlement.objects.get(withdrawn_at=None).deciding_review == by_senior


@pytest.mark.django_db
@pytest.mark.parametrize("verdict", ["clean", "escalated"])
def test_a_settlement_left_in_force_by_hand_gives_way_to_the_next_decision(verdict: str) -> None:
    scene = make_scene(overlap=2)
    submit(claim(scene))
    left = SettlementFactory(task=scene.task, deciding_review=scene.task.reviews.get())
    submit(claim(scene), verdict=verdict, notes="Is it staged?", now=LATER + HOURS)
    left.refresh_from_db()
    assert left.withdrawn_at == LATER + HOURS
    in_force = Settlement.objects.filter(withdrawn_at=None)
    assert in_force.count() == (verdict == "clean")


@pytest.mark.django_db
def test_a_golden_task_settles_without_a_settlement() -> None:
    scene = make_scene()
    scene.task.is_golden = True
    scene.task.save()
    submit(claim(scene))
    assert task_state(scene) == TaskState.SETTLED
    assert not Settlement.objects.exists()


# --- Skipping, renewing, expiring ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_skip_keeps_its_reason_and_frees_the_task() -> None:
    scene = make_scene()
    review = claim(scene)
    for _ in range(2):  # the second is a replay
        review_skip(
            review_id=review.pk, reviewer=review.reviewer, lease_token=1, reason=" wrong language ", now=LATER
        )
    review.refresh_from_db()
    assert (review.state, review.skip_reason) == (ReviewState.SKIPPED, "wrong language")
    assert task_state(scene) == TaskState.WAITING


@pytest.mark.django_db
def test_only_overdue_leases_expire() -> None:
    scene = make_scene()
    review = claim(scene)
    assert reviews_expire(now=review.lease_expires_at) == 0
    assert reviews_expire(now=review.lease_expires_at + timedelta(milliseconds=1)) == 1
    review.refresh_from_db()
    assert (review.state, review.earlier_lease_ms) == (ReviewState.EXPIRED, 900_000)
    assert task_state(scene) == TaskState.WAITING


@pytest.mark.django_db
def test_renewing_an_expired_review_takes_it_back_under_a_new_token() -> None:
    review = claim(make_scene())
    reviews_expire(now=NOW + HOURS)
    lease = review_renew(review_id=review.pk, reviewer=review.reviewer, lease_token=1, now=NOW + HOURS)
    assert (lease.token, lease.expires_at) == (2, NOW + HOURS + timedelta(seconds=900))
    with pytest.raises(LeaseLost):
        review_renew(review_id=review.pk, reviewer=review.reviewer, lease_token=1, now=NOW + HOURS)


@pytest.mark.django_db
def test_renewing_is_refused_once_somebody_else_has_the_place() -> None:
    scene = make_scene()
    review = claim(scene)
    reviews_expire(now=NOW + HOURS)
    claim(scene, now=NOW + HOURS)
    with pytest.raises(LeaseLost, match="somebody else"):
        review_renew(review_id=review.pk, reviewer=review.reviewer, lease_token=1, now=NOW + HOURS)


# --- Reopening ----------------------------------------------------------------------------------------------


def reopen(review: Review, **values: Any) -> Review:
    return review_reopen(review_id=review.pk, reviewer=review.reviewer, now=NOW + HOURS, **values)


@pytest.mark.django_db
def test_a_reopened_review_withdraws_the_settlement_until_it_is_submitted_again() -> None:
    scene = make_scene()
    review = claim(scene)
    submit(review, segment(scene.gunfire))
    again = reopen(review)
    assert (again.state, again.lease_token) == (ReviewState.LEASED, 2)
    assert task_state(scene) == TaskState.IN_REVIEW
    assert Settlement.objects.get().withdrawn_at == NOW + HOURS
    assert reopen(review).lease_token == 2
    submit(review, now=NOW + HOURS + HOURS)
    assert not review.segments.exists()
    assert Settlement.objects.get(withdrawn_at=None).verdict == "clean"


@pytest.mark.django_db
def test_a_reopened_review_that_expires_goes_back_to_what_was_submitted() -> None:
    scene = make_scene()
    review = claim(scene)
    submit(review, segment(scene.gunfire, hints=[scene.hints[0]]), rejected=[scene.hints[1].pk])
    reopen(review)
    Review.objects.filter(pk=review.pk).update(draft={"notes": "changed my mind"}, draft_version=9)
    reviews_expire(now=NOW + 3 * HOURS)
    review.refresh_from_db()
    assert (review.state, review.verdict) == (ReviewState.SUBMITTED, "violating")
    assert review.draft["rejected"] == [scene.hints[1].pk]
    assert [part["hint_ids"] for part in review.draft["segments"]] == [[scene.hints[0].pk]]
    assert task_state(scene) == TaskState.SETTLED
    assert Settlement.objects.filter(withdrawn_at=None).count() == 1


@pytest.mark.django_db
def test_a_review_that_a_model_learned_from_stays_as_it_is() -> None:
    review = claim(make_scene())
    submit(review)
    SnapshotFactory(created_at=LATER + timedelta(seconds=1))
    with pytest.raises(UnableToReopen, match="learned"):
        reopen(review)


@pytest.mark.django_db
def test_a_review_under_adjudication_stays_as_it_is() -> None:
    scene = make_scene(overlap=2)
    review = claim(scene)
    submit(review, segment(scene.gunfire))
    submit(claim(scene))
    claim(scene, person(senior=True))
    with pytest.raises(UnableToReopen, match="senior"):
        reopen(review)


@pytest.mark.django_db
def test_a_senior_may_reopen_an_adjudication() -> None:
    scene = make_scene(overlap=2)
    submit(claim(scene), segment(scene.gunfire))
    submit(claim(scene))
    review = claim(scene, person(senior=True))
    submit(review)
    reopen(review)
    assert task_state(scene) == TaskState.ADJUDICATING
    submit(review, segment(scene.gunfire), now=NOW + 2 * HOURS)
    assert Settlement.objects.get(withdrawn_at=None).verdict == "violating"


@pytest.mark.django_db
def test_a_review_in_another_state_cannot_be_reopened() -> None:
    review = claim(make_scene())
    review_skip(review_id=review.pk, reviewer=review.reviewer, lease_token=1, reason="no", now=LATER)
    with pytest.raises(UnableToReopen):
        reopen(review)


@pytest.mark.django_db
def test_a_submit_after_a_reopened_lease_ran_out_is_refused_not_taken_for_a_replay() -> None:
    scene = make_scene()
    review = claim(scene)
    submit(review)
    reopened = review_reopen(review_id=review.pk, reviewer=review.reviewer, now=LATER)
    reviews_expire(now=LATER + HOURS)
    with pytest.raises(LeaseLost, match="submitted already"):
        review_submit(
            review_id=review.pk,
            reviewer=review.reviewer,
            lease_token=reopened.lease_token,
            version=reopened.draft_version,
            draft=draft(segment(scene.gunfire), verdict="violating"),
            now=LATER + HOURS,
        )
