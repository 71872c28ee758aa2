"""Submit: the draft becomes segments, outcomes, watched ranges and a verdict, all of it or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from review.models import (
    AuditEvent,
    HintOutcome,
    Outcome,
    PolicyVersion,
    Review,
    ReviewState,
    Segment,
    TaskState,
)
from review.problems import DraftConflict, DraftInvalid, LeaseLost, VerdictInvalid
from review.services.drafts import draft_from_rows, draft_of
from review.services.reviews import review_reopen, review_submit
from tests.factories import NOW, HintFactory, PolicyVersionFactory, make_scene
from tests.review.helpers import LATER, claim, draft, segment, submit

pytestmark = pytest.mark.django_db


def test_segments_are_kept_under_the_policy_version_in_force() -> None:
    scene = make_scene()
    PolicyVersionFactory(policy=scene.gunfire.policy)
    review = claim(scene)
    submit(review, segment(scene.gunfire, 2_000, 3_000), notes="clear")
    row = Segment.objects.get(review=review)
    assert (row.start_ms, row.end_ms, row.origin) == (2_000, 3_000, "human")
    assert not row.hints.exists()
    assert row.policy_version == PolicyVersion.objects.get(policy=scene.gunfire.policy, number=2)
    review.refresh_from_db()
    assert (review.state, review.verdict, review.notes) == ("submitted", "violating", "clear")
    assert review.submitted_at == LATER


def outcomes(review: Review) -> dict[int, str]:
    return dict(HintOutcome.objects.filter(review=review).values_list("hint", "outcome"))


def test_every_hint_of_the_analysis_gets_its_outcome() -> None:
    scene = make_scene()
    more = [
        HintFactory(analysis=scene.analysis, violation_type=scene.gunfire, start_ms=s, end_ms=s + 2_000)
        for s in (20_000, 30_000, 40_000, 50_000)
    ]
    accepted, adjusted = scene.hints
    relabelled, rejected, untouched, unseen = more
    review = claim(scene)
    submit(
        review,
        segment(scene.gunfire, 1_000, 5_000, hints=[accepted]),
        segment(scene.fight, 9_500, 14_000, hints=[adjusted]),
        segment(scene.fight, 20_000, 22_000, hints=[relabelled]),
        rejected=[rejected.pk],
        shown=[hint.pk for hint in (accepted, adjusted, relabelled, rejected, untouched)],
        played=[accepted.pk],
    )
    assert outcomes(review) == {
        accepted.pk: Outcome.ACCEPTED,
        adjusted.pk: Outcome.ADJUSTED,
        relabelled.pk: Outcome.RELABELLED,
        rejected.pk: Outcome.REJECTED,
        untouched.pk: Outcome.UNTOUCHED,
        unseen.pk: Outcome.UNSEEN,
    }
    moved = HintOutcome.objects.get(hint=adjusted)
    assert (moved.start_shift_ms, moved.end_shift_ms, moved.played) == (-500, 0, False)
    assert HintOutcome.objects.get(hint=accepted).played


def test_a_hint_split_in_two_is_adjusted() -> None:
    scene = make_scene()
    hint = scene.hints[0]
    review = claim(scene)
    submit(
        review,
        segment(scene.gunfire, 1_000, 2_000, hints=[hint]),
        segment(scene.gunfire, 3_000, 5_000, hints=[hint]),
    )
    assert outcomes(review)[hint.pk] == Outcome.ADJUSTED


def test_hints_merged_into_one_segment_are_all_adjusted_and_have_no_shift() -> None:
    scene = make_scene()
    first = scene.hints[0]
    second = HintFactory(analysis=scene.analysis, violation_type=scene.gunfire, start_ms=6_000, end_ms=8_000)
    other_type = scene.hints[1]
    review = claim(scene)
    submit(review, segment(scene.gunfire, 1_000, 14_000, hints=[second, first, other_type]))
    assert outcomes(review) == {
        first.pk: Outcome.ADJUSTED,
        second.pk: Outcome.ADJUSTED,
        other_type.pk: Outcome.RELABELLED,
    }
    shifts = HintOutcome.objects.filter(review=review).values_list("start_shift_ms", "end_shift_ms")
    assert set(shifts) == {(None, None)}


def test_a_merged_segment_as_long_as_one_of_its_hints_is_still_no_acceptance() -> None:
    scene = make_scene()
    inside = HintFactory(analysis=scene.analysis, violation_type=scene.gunfire, start_ms=2_000, end_ms=3_000)
    review = claim(scene)
    submit(review, segment(scene.gunfire, 1_000, 5_000, hints=[scene.hints[0], inside]))
    assert outcomes(review)[scene.hints[0].pk] == Outcome.ADJUSTED


def test_a_segment_keeps_its_hints_in_their_order_and_each_once() -> None:
    scene = make_scene()
    first, second = scene.hints
    review = claim(scene)
    submit(review, segment(scene.gunfire, hints=[second, first, second]))
    review.refresh_from_db()
    assert review.draft["segments"][0]["hint_ids"] == [second.pk, first.pk]
    (row,) = Segment.objects.filter(hints=first)
    assert [link.hint_id for link in row.came_from.all()] == [second.pk, first.pk]
    assert draft_from_rows(review).segments[0].hint_ids == [second.pk, first.pk]


@pytest.mark.parametrize("arm", ["blind", "level1"])
def test_an_arm_without_hints_has_no_outcomes(arm: str) -> None:
    review = claim(make_scene(arm=arm))
    submit(review)
    assert outcomes(review) == {}


def test_watched_ranges_are_kept_with_speed_mute_and_blur() -> None:
    review = claim(make_scene())
    submit(review, watched=[{"start_ms": 0, "end_ms": 9_000, "speed": 2.0, "muted": True, "blurred": False}])
    row = review.watched_ranges.get()
    assert (row.start_ms, row.end_ms, row.speed, row.muted, row.blurred) == (0, 9_000, 2.0, True, False)


def test_nobody_is_active_for_longer_than_leased() -> None:
    review = claim(make_scene())
    submit(review, active_ms=10_000_000, now=NOW + timedelta(seconds=60))
    review.refresh_from_db()
    assert review.active_ms == 60_000
    event = AuditEvent.objects.get(verb="review_submitted")
    assert event.payload is not None
    assert event.payload.content["active_ms_claimed"] == 10_000_000


@pytest.mark.parametrize("verdict", ["escalated", "unreviewable"])
@pytest.mark.parametrize("marked", [True, False])
def test_these_verdicts_stand_with_or_without_segments(verdict: str, marked: bool) -> None:
    scene = make_scene()
    segments = [segment(scene.gunfire)] if marked else []
    assert submit(claim(scene), *segments, verdict=verdict, notes="It does not play.").review_id


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"verdict": "unreviewable"}, "what keeps"),
        ({"verdict": "escalated", "escalation_reason": None, "notes": "Look!"}, "Choose from the list"),
        ({"verdict": "escalated", "escalation_reason": "other"}, "in the notes why a senior"),
    ],
)
def test_these_verdicts_need_a_word_of_why(answer: dict[str, Any], sentence: str) -> None:
    review = claim(make_scene())
    with pytest.raises(VerdictInvalid, match=sentence):
        submit(review, **{"notes": " \n", **answer})
    review.refresh_from_db()
    assert (review.state, review.draft_version) == (ReviewState.LEASED, 0)


def test_a_reason_is_enough_to_escalate_and_belongs_to_the_escalation() -> None:
    scene = make_scene()
    review = claim(scene)
    submit(review, verdict="escalated", escalation_reason="child_safety")
    review.refresh_from_db()
    assert (review.escalation_reason, review.notes) == ("child_safety", "")
    assert draft_from_rows(review).escalation_reason == "child_safety"
    event = AuditEvent.objects.get(verb="review_submitted")
    assert event.payload is not None
    assert event.payload.content["escalation_reason"] == "child_safety"
    review_reopen(review_id=review.pk, reviewer=review.reviewer, now=LATER)
    submit(review, verdict="clean", escalation_reason="child_safety")
    review.refresh_from_db()
    assert (review.verdict, review.escalation_reason) == ("clean", "")


def test_a_draft_from_before_there_were_reasons_still_opens() -> None:
    review = claim(make_scene())
    review.draft = {"verdict": "escalated", "notes": "Is it staged?"}
    assert draft_of(review).escalation_reason is None


def test_violating_needs_a_segment_clean_must_have_none_and_one_must_choose() -> None:
    scene = make_scene()
    review = claim(scene)
    for segments, verdict in (([], "violating"), ([segment(scene.gunfire)], "clean"), ([], None)):
        with pytest.raises(VerdictInvalid):
            submit(review, *segments, verdict=verdict)
    review.refresh_from_db()
    assert (review.state, review.draft_version, Segment.objects.count()) == (ReviewState.LEASED, 0, 0)


def test_a_replay_gets_the_same_answer_and_changes_nothing() -> None:
    scene = make_scene(overlap=2)
    review = claim(scene)
    content = draft(segment(scene.gunfire), verdict="violating")
    same = {
        "review_id": review.pk,
        "reviewer": review.reviewer,
        "lease_token": 1,
        "version": 0,
        "draft": content,
        "now": LATER,
    }
    first = review_submit(**same)  # type: ignore[arg-type]
    submit(claim(scene), segment(scene.gunfire))
    scene.task.refresh_from_db()
    assert scene.task.state == TaskState.SETTLED
    assert review_submit(**same) == first  # type: ignore[arg-type]
    assert first.task_state == TaskState.WAITING
    assert Segment.objects.filter(review=review).count() == 1


def test_a_submit_from_a_stale_window_is_a_conflict() -> None:
    review = claim(make_scene())
    Review.objects.filter(pk=review.pk).update(draft={"notes": "newer"}, draft_version=4)
    with pytest.raises(DraftConflict):
        review_submit(
            review_id=review.pk,
            reviewer=review.reviewer,
            lease_token=1,
            version=3,
            draft=draft(verdict="clean"),
            now=LATER,
        )


def test_a_submit_under_an_old_token_is_refused() -> None:
    review = claim(make_scene())
    Review.objects.filter(pk=review.pk).update(lease_token=2)
    with pytest.raises(LeaseLost):
        review_submit(
            review_id=review.pk,
            reviewer=review.reviewer,
            lease_token=1,
            version=0,
            draft=draft(verdict="clean"),
            now=LATER,
        )


def test_a_draft_that_breaks_a_rule_is_not_submitted() -> None:
    scene = make_scene()
    with pytest.raises(DraftInvalid):
        submit(claim(scene), segment(scene.gunfire, 0, 10**9))
    assert not Segment.objects.exists()


def test_a_policy_that_says_nothing_yet_is_named() -> None:
    scene = make_scene()
    scene.gunfire.policy.versions.all().delete()
    with pytest.raises(DraftInvalid, match="says nothing yet"):
        submit(claim(scene), segment(scene.gunfire))
