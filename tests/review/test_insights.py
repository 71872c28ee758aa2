"""Figures of the insights page: the worked examples of docs/metrics.md, and what is never counted."""

from __future__ import annotations

from typing import Any

import pytest

from review.models import Outcome
from review.queries.insights import (
    ArmInsights,
    HintRow,
    Insights,
    Named,
    ReviewRow,
    acceptance_of,
    bucket_of,
    insights_get,
    insights_of,
)
from review.queries.statistics import rate, time_ratio
from tests.factories import (
    NOW,
    BundleFactory,
    HintFactory,
    HintOutcomeFactory,
    ReviewFactory,
    SegmentFactory,
    make_scene,
)

GUNFIRE = Named("gunfire", "Gunfire", "violence")


def hint(outcome: str, kept: tuple[int, int] | None = None, *, played: bool = True) -> HintRow:
    return HintRow(outcome, GUNFIRE, Named(1, "first"), (0, 4_000), kept, played)


def review(arm: Any, active_ms: int, *, video_ms: int | None = 60_000, state: str = "submitted") -> ReviewRow:
    return ReviewRow(state, arm, None, active_ms, video_ms, simulated=False)


def arm_of(insights: Insights, name: str) -> ArmInsights:
    return next(row for row in insights.by_arm if row.arm == name)


# --- Pure ---------------------------------------------------------------------------------------------------


def test_eight_of_ten_has_the_wilson_interval_of_the_textbook() -> None:
    found = rate(8, 10)
    assert found.value == 0.8
    assert [found.low, found.high] == pytest.approx([0.4902, 0.9433], abs=1e-4)


def test_a_share_of_nothing_is_empty_and_not_zero() -> None:
    assert (rate(0, 0).value, rate(0, 0).low, rate(0, 0).high) == (None, None, None)


@pytest.mark.parametrize(("count", "total"), [(0, 1), (1, 1), (0, 500), (500, 500)])
def test_an_interval_stays_between_zero_and_one_and_holds_the_share(count: int, total: int) -> None:
    found = rate(count, total)
    assert found.low is not None
    assert found.high is not None
    assert 0.0 <= found.low <= count / total <= found.high <= 1.0


def test_over_reliance_is_the_worked_example_of_the_docs() -> None:
    rows = [*[hint(Outcome.ACCEPTED)] * 3, hint(Outcome.ACCEPTED, played=False)]
    found = acceptance_of([*rows, hint(Outcome.REJECTED, played=False)])
    assert (found.unplayed.count, found.unplayed.total) == (1, 4)


def test_acceptance_is_the_worked_example_of_the_docs() -> None:
    rows = [
        *[hint(Outcome.ACCEPTED, (0, 4_000))] * 4,
        hint(Outcome.ADJUSTED, (200, 4_000)),
        hint(Outcome.ADJUSTED, (3_000, 9_000)),
        hint(Outcome.RELABELLED, (0, 4_000)),
        hint(Outcome.REJECTED),
        hint(Outcome.UNTOUCHED),
        hint(Outcome.UNSEEN),
    ]
    found = acceptance_of(rows)
    assert (found.strict.count, found.lenient.count, found.fine_grained.count) == (4, 6, 5)
    assert {found.strict.total, found.lenient.total, found.fine_grained.total} == {9}
    assert (found.outcomes.relabelled, found.outcomes.unseen) == (1, 1)


def test_a_time_ratio_has_an_interval_from_two_reviews_on() -> None:
    assert time_ratio([]).median is None
    assert (time_ratio([1.5]).mean, time_ratio([1.5]).low) == (1.5, None)
    three = time_ratio([1.0, 2.0, 3.0])
    assert (three.median, three.mean) == (2.0, 2.0)
    assert [three.low, three.high] == pytest.approx([0.868, 3.132], abs=1e-3)


def test_arms_are_compared_with_blind_and_hintless_stands_apart() -> None:
    rows = [review("blind", 120_000), review("level2", 60_000), review("hintless", 600_000)]
    found = insights_of(rows, [], [], now=NOW)
    assert arm_of(found, "blind").time_ratio.median == 2.0
    assert arm_of(found, "blind").against_blind is None
    assert arm_of(found, "level2").against_blind == 0.5
    assert arm_of(found, "hintless").time_ratio.median == 10.0


def test_without_blind_reviews_nothing_is_compared() -> None:
    found = insights_of([review("level2", 60_000)], [], [], now=NOW)
    assert arm_of(found, "level2").against_blind is None


def test_reviews_of_unknown_length_and_unfinished_ones_have_no_ratio() -> None:
    rows = [
        review("level1", 60_000, video_ms=None),
        review("level1", 0, state="skipped"),
        review("level1", 0, state="expired"),
        review("level1", 0, state="leased"),
    ]
    found = arm_of(insights_of(rows, [], [], now=NOW), "level1")
    assert (found.submitted, found.skipped, found.expired, found.in_work) == (1, 1, 1, 1)
    assert found.time_ratio.reviews == 0


@pytest.mark.parametrize(
    ("video_ms", "bucket"),
    [(59_999, "under 1 min"), (60_000, "1 to 5 min"), (300_000, "5 to 20 min"), (9**9, "20 min and longer")],
)
def test_a_video_as_long_as_a_bound_belongs_to_the_longer_bucket(video_ms: int, bucket: str) -> None:
    assert bucket_of(video_ms) == bucket


# --- Read from the database ---------------------------------------------------------------------------------


def submitted(**values: Any) -> Any:
    fields = {"state": "submitted", "verdict": "violating", "submitted_at": NOW, "active_ms": 30_000}
    return ReviewFactory(**{**fields, **values})


@pytest.mark.django_db
def test_outcomes_and_segments_are_told_per_violation_type_and_bundle() -> None:
    scene = make_scene()
    row = submitted(task=scene.task, analysis=scene.analysis)
    HintOutcomeFactory(review=row, hint=scene.hints[0], start_shift_ms=0, end_shift_ms=0)
    HintOutcomeFactory(review=row, hint=scene.hints[1], outcome="rejected")
    SegmentFactory(review=row, violation_type=scene.gunfire, origin="hint", hints=[scene.hints[0]])
    SegmentFactory(review=row, violation_type=scene.fight)
    found = insights_get(now=NOW)
    assert (found.reviews, found.simulated) == (1, 0)
    assert (found.acceptance.strict.count, found.acceptance.fine_grained.count) == (1, 1)
    assert (found.model_created.count, found.model_created.total) == (1, 2)
    gunfire, fight = found.by_violation
    assert (gunfire.acceptance.strict.value, fight.acceptance.strict.value) == (1.0, 0.0)
    (bundle,) = found.by_bundle
    assert (bundle.id, bundle.reviews, bundle.model_created.total) == (scene.analysis.bundle_id, 1, 2)
    assert not bundle.is_demo
    assert arm_of(found, "level2").time_ratio.median == 0.5


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["golden", "import", "planted", "unsubmitted"])
def test_what_tells_nothing_of_the_model_is_left_out(kind: str) -> None:
    scene = make_scene()
    if kind == "golden":
        scene.task.is_golden = True
        scene.task.save()
    the_hint = HintFactory(
        analysis=scene.analysis, violation_type=scene.gunfire, is_planted=kind == "planted"
    )
    row = submitted(
        task=scene.task,
        analysis=scene.analysis,
        source="import" if kind == "import" else "workbench",
        state="leased" if kind == "unsubmitted" else "submitted",
    )
    HintOutcomeFactory(review=row, hint=the_hint)
    SegmentFactory(review=row, violation_type=scene.gunfire, origin="hint", hints=[the_hint])
    found = insights_get(now=NOW)
    assert found.acceptance.strict.total == 0
    assert found.model_created.total == 0


@pytest.mark.django_db
def test_a_segment_of_several_hints_counts_once_and_a_planted_one_among_them_leaves_it_out() -> None:
    scene = make_scene()
    row = submitted(task=scene.task, analysis=scene.analysis)
    SegmentFactory(review=row, violation_type=scene.gunfire, origin="hint", hints=scene.hints)
    assert insights_get(now=NOW).model_created.count == 1
    planted = HintFactory(analysis=scene.analysis, violation_type=scene.fight, is_planted=True)
    SegmentFactory(review=row, violation_type=scene.fight, origin="hint", hints=[scene.hints[1], planted])
    assert insights_get(now=NOW).model_created.total == 1


@pytest.mark.django_db
def test_a_hintless_review_is_no_blind_one_and_names_no_bundle() -> None:
    bundle_less = submitted(arm="blind", hintless_reason="no_bundle")
    blind = submitted(arm="blind", analysis=make_scene().analysis)
    found = insights_get(now=NOW)
    assert bundle_less.pk != blind.pk
    assert (arm_of(found, "hintless").submitted, arm_of(found, "blind").submitted) == (1, 1)
    assert found.by_bundle == []


@pytest.mark.django_db
def test_simulated_reviews_are_counted_and_marked() -> None:
    submitted(source="simulated")
    submitted(source="workbench")
    found = insights_get(now=NOW)
    assert (found.reviews, found.simulated) == (2, 1)


@pytest.mark.django_db
def test_the_figures_cost_three_queries_whatever_the_number_of_reviews(
    django_assert_num_queries: Any,
) -> None:
    for _ in range(3):
        scene = make_scene()
        row = submitted(task=scene.task, analysis=scene.analysis)
        HintOutcomeFactory(review=row, hint=scene.hints[0])
        SegmentFactory(review=row, violation_type=scene.fight)
    BundleFactory()
    with django_assert_num_queries(3):
        insights_get(now=NOW)
