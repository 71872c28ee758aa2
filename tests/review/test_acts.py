"""Whole reviews in one go, as simulated reviewers leave them."""

from __future__ import annotations

import pytest

from review.models import HintOutcome, Outcome, Verdict
from review.services.acts import ReviewActs, review_submit_acts
from tests.factories import HintFactory, make_scene
from tests.review.helpers import LATER, claim

pytestmark = pytest.mark.django_db


def test_acts_become_segments_and_outcomes_through_the_same_rules() -> None:
    scene = make_scene()
    accepted, adjusted = scene.hints
    capped = HintFactory(analysis=scene.analysis, violation_type=scene.fight, capped=True)
    review = claim(scene)
    acts = ReviewActs(
        verdict=Verdict.VIOLATING,
        accepts=[accepted.pk],
        adjusts=[(adjusted.pk, 9_000, 14_500)],
        additions=[(scene.gunfire.slug, 30_000, 70_000)],
        watched=[(0, 61_000, 1.0, False)],
        active_ms=45_000,
        played=[accepted.pk],
    )
    assert review_submit_acts(review=review, acts=acts, now=LATER).task_state == "settled"
    found = dict(HintOutcome.objects.values_list("hint", "outcome"))
    assert found == {
        accepted.pk: Outcome.ACCEPTED,
        adjusted.pk: Outcome.ADJUSTED,
        capped.pk: Outcome.UNSEEN,
    }
    assert review.segments.get(origin="human").end_ms == 60_000
    assert review.watched_ranges.get().end_ms == 60_000


def test_overlapping_marks_of_one_type_are_trimmed_and_covered_ones_go() -> None:
    scene = make_scene(arm="blind")
    review = claim(scene)
    slug = scene.gunfire.slug
    marks = [(slug, 1_000, 5_000), (slug, 4_000, 8_000), (slug, 2_000, 3_000), (scene.fight.slug, 0, 9_000)]
    review_submit_acts(review=review, acts=ReviewActs(verdict=Verdict.VIOLATING, additions=marks), now=LATER)
    bounds = review.segments.filter(violation_type=scene.gunfire).values_list("start_ms", "end_ms")
    assert list(bounds.order_by("start_ms")) == [(1_000, 5_000), (5_000, 8_000)]
