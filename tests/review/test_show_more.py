"""Hints behind "show more": whoever did not open them was not shown them, and no figure says so."""

from __future__ import annotations

from typing import Any

import pytest

from review.models import Hint, Review
from review.queries.insights import Insights, insights_get
from review.services.snapshots import snapshot_manifest
from tests.factories import HintFactory, Scene, make_scene
from tests.review.helpers import LATER, claim, segment, submit

pytestmark = pytest.mark.django_db


def scene_with_a_weak_hint() -> tuple[Scene, Hint, Review]:
    scene = make_scene()
    type(scene.analysis.video).objects.update(features_path="f")
    weak = HintFactory(
        analysis=scene.analysis, violation_type=scene.fight, start_ms=20_000, end_ms=24_000, capped=True
    )
    return scene, weak, claim(scene)


def figures_and_overruled() -> tuple[Insights, list[dict[str, Any]]]:
    (video,) = snapshot_manifest(until=LATER)["videos"]
    return insights_get(now=LATER), video["reviews"][0]["overruled"]


def test_a_hint_that_nobody_opened_is_in_no_share_and_overruled_by_nobody() -> None:
    scene, weak, review = scene_with_a_weak_hint()
    strong = [hint.pk for hint in scene.hints]
    submit(review, segment(scene.gunfire, hints=scene.hints[:1]), shown=strong, rejected=strong[1:])
    figures, overruled = figures_and_overruled()
    assert (figures.acceptance.strict.count, figures.acceptance.strict.total) == (1, 2)
    assert figures.acceptance.outcomes.unseen == 1
    assert [row["start_ms"] for row in overruled] == [scene.hints[1].start_ms]
    assert review.outcomes.get(hint=weak).outcome == "unseen"


def test_one_that_was_opened_counts_whatever_its_score() -> None:
    scene, weak, review = scene_with_a_weak_hint()
    every = [hint.pk for hint in (*scene.hints, weak)]
    submit(review, shown=every, rejected=[weak.pk], show_more=True)
    figures, overruled = figures_and_overruled()
    assert (figures.acceptance.strict.count, figures.acceptance.strict.total) == (0, 3)
    assert [row["start_ms"] for row in overruled] == [weak.start_ms]
