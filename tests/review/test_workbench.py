"""The workbench: everything its arm may show, and nothing that it must hide."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from review.models import Curve, Review, Task
from review.problems import NotFound
from review.queries.workbench import curves_bytes, workbench_get
from tests.factories import AnalysisStageFactory, CurveFactory, HintFactory, ViolationTypeFactory, make_scene
from tests.review.helpers import claim, person, segment, submit

pytestmark = pytest.mark.django_db


def as_sent(review: Review) -> str:
    found = asdict(workbench_get(review_id=review.pk))
    return json.dumps({**found, "draft": found["draft"].model_dump(mode="json")}, default=str)


def test_level_two_shows_curves_thresholds_hints_and_the_bundle() -> None:
    scene = make_scene()
    shown = workbench_get(review_id=claim(scene).pk)
    assert [hint.id for hint in shown.hints] == [hint.pk for hint in scene.hints]
    assert shown.thresholds == {scene.gunfire.slug: 0.5, scene.fight.slug: 0.5}
    assert shown.bundle is not None
    assert shown.bundle.id == scene.analysis.bundle_id
    assert shown.curves is not None
    assert (shown.curves.step_ms, shown.curves.count) == (250, 240)
    assert {kind.known_to_model for kind in shown.violation_types} == {True}
    assert (shown.read_only, shown.hintless, shown.state) == (False, None, "leased")


def test_level_one_shows_curves_but_neither_hints_nor_thresholds() -> None:
    shown = workbench_get(review_id=claim(make_scene(arm="level1")).pk)
    assert (shown.hints, shown.thresholds) == ([], {})
    assert shown.curves is not None


def test_a_blind_review_is_sent_nothing_of_the_model() -> None:
    scene = make_scene(arm="blind")
    scene.task.priority = 123.456
    scene.task.save()
    review = claim(scene)
    shown = workbench_get(review_id=review.pk)
    assert (shown.curves, shown.hints, shown.thresholds, shown.bundle) == (None, [], {}, None)
    assert {kind.known_to_model for kind in shown.violation_types} == {None}
    assert scene.analysis.bundle is not None
    for secret in (scene.analysis.bundle.name, "123.456", "0.8"):
        assert secret not in as_sent(review)
    with pytest.raises(NotFound):
        curves_bytes(review_id=review.pk)


def test_curves_are_bytes_type_by_type_score_low_high() -> None:
    scene = make_scene()
    review = claim(scene)
    content, shown = curves_bytes(review_id=review.pk), workbench_get(review_id=review.pk)
    assert shown.curves is not None
    assert len(content) == 3 * shown.curves.count * len(shown.curves.types)
    assert (content[0], content[240], content[480]) == (200, 150, 250)
    assert shown.curves.bands == shown.curves.types


def test_a_type_whose_band_was_not_shown_to_follow_disagreement_is_a_curve_alone() -> None:
    scene = make_scene()
    review = claim(scene)
    first = scene.analysis.curves.order_by("violation_type__slug").first()
    assert first is not None
    Curve.objects.filter(pk=first.pk).update(band_low=b"", band_high=b"")
    content, shown = curves_bytes(review_id=review.pk), workbench_get(review_id=review.pk)
    assert shown.curves is not None
    assert shown.curves.bands == shown.curves.types[1:]
    assert len(content) == (1 + 3 * (len(shown.curves.types) - 1)) * shown.curves.count


def test_types_the_queue_does_not_cover_are_left_out() -> None:
    scene = make_scene()
    other = ViolationTypeFactory()
    CurveFactory(analysis=scene.analysis, violation_type=other)
    HintFactory(analysis=scene.analysis, violation_type=other)
    review = claim(scene)
    assert other.slug not in as_sent(review)
    assert len(curves_bytes(review_id=review.pk)) == 3 * 240 * 2


def test_a_type_that_the_bundle_does_not_know_says_so() -> None:
    scene = make_scene()
    new = ViolationTypeFactory()
    scene.queue.violation_types.add(new)
    known = {
        kind.slug: kind.known_to_model for kind in workbench_get(review_id=claim(scene).pk).violation_types
    }
    assert known == {scene.gunfire.slug: True, scene.fight.slug: True, new.slug: False}


@pytest.mark.parametrize(
    ("state", "bundle", "code"),
    [("done", None, "no_bundle"), ("refused", None, "refused"), ("failed", None, "failed")],
)
def test_a_review_without_hints_says_why(state: str, bundle: None, code: str) -> None:
    scene = make_scene()
    scene.analysis.state, scene.analysis.bundle = state, bundle
    scene.analysis.save()
    shown = workbench_get(review_id=claim(scene).pk)
    assert shown.hintless is not None
    assert shown.hintless.code == code
    assert shown.hintless.sentence.endswith(".")
    assert (shown.hints, shown.curves) == ([], None)


def test_an_own_submitted_review_opens_read_only_with_what_was_submitted() -> None:
    scene = make_scene()
    review = claim(scene)
    submit(review, segment(scene.gunfire, hints=[scene.hints[0]]), played=[scene.hints[0].pk], notes="sure")
    shown = workbench_get(review_id=review.pk)
    assert (shown.read_only, shown.can_reopen, shown.verdict) == (True, True, "violating")
    assert shown.draft.played == [scene.hints[0].pk]
    assert [part.hint_ids for part in shown.draft.segments] == [[scene.hints[0].pk]]
    assert shown.draft.notes == "sure"


def test_thumbnails_and_waveform_come_with_their_addresses() -> None:
    scene = make_scene()
    video = scene.analysis.video
    video.thumbnails = {
        "path": "x.jpg", "columns": 10, "rows": 2, "tile_width": 160, "tile_height": 90,
        "interval_ms": 5_000, "count": 12,
    }  # fmt: skip
    video.waveform = {"path": "x.bin", "step_ms": 100, "count": 600}
    video.save()
    review = claim(scene)
    shown = workbench_get(review_id=review.pk).video
    assert shown.thumbnails is not None
    assert (shown.thumbnails.url, shown.thumbnails.count) == (f"/media/reviews/{review.pk}/thumbnails", 12)
    assert shown.waveform is not None
    assert (shown.waveform.step_ms, shown.waveform.count) == (100, 600)


@pytest.mark.parametrize("arm", ["blind", "level1", "level2"])
def test_frame_times_and_cuts_are_of_the_file_so_every_arm_gets_them(arm: str) -> None:
    scene = make_scene()
    review = claim(scene)
    type(review).objects.filter(pk=review.pk).update(arm=arm)
    shown = workbench_get(review_id=review.pk).video
    assert (shown.frames, shown.cuts) == (None, None)
    video = scene.analysis.video
    video.frames, video.cuts = {"path": "frames.bin", "count": 700}, {"path": "cuts.bin", "count": 0}
    video.save()
    shown = workbench_get(review_id=review.pk).video
    assert shown.frames is not None
    assert (shown.frames.url, shown.frames.count) == (f"/media/reviews/{review.pk}/frames", 700)
    assert shown.cuts is not None
    assert (shown.cuts.url, shown.cuts.count) == (f"/media/reviews/{review.pk}/cuts", 0)


def test_where_a_proxy_plays_the_frame_times_are_of_what_it_shows() -> None:
    video = make_scene().analysis.video
    shown = {"path": "proxy-frames.bin", "count": 9}
    video.frames = {"path": "frames.bin", "count": 10}
    video.proxy_path = "proxy.mp4"
    assert video.frames_played == video.frames, "a proxy of an earlier version kept the original's times"
    video.frames = {**video.frames, "shown": shown}
    assert video.frames_played == shown
    video.proxy_path = ""
    assert (video.frames_played or {})["path"] == "frames.bin"
    video.frames = {}
    assert video.frames_played is None


@pytest.mark.parametrize("arm", ["blind", "level2"])
def test_a_damaged_file_is_said_to_be_one_in_every_arm(arm: str) -> None:
    scene = make_scene()
    review = claim(scene)
    type(review).objects.filter(pk=review.pk).update(arm=arm)
    assert workbench_get(review_id=review.pk).video.damage == ""
    AnalysisStageFactory(analysis=scene.analysis, name="features", result={"broken_packets": 2})
    damage = workbench_get(review_id=review.pk).video.damage
    assert damage.startswith("The file is damaged: 2 packets could not be decoded.")


def test_a_workbench_costs_the_same_whatever_it_holds(django_assert_num_queries: Any) -> None:
    review = claim(make_scene())
    with django_assert_num_queries(8):
        workbench_get(review_id=review.pk)
    scene = make_scene()
    for _ in range(5):
        kind = ViolationTypeFactory()
        scene.queue.violation_types.add(kind)
        CurveFactory(analysis=scene.analysis, violation_type=kind)
        HintFactory(analysis=scene.analysis, violation_type=kind)
    review = claim(scene)
    with django_assert_num_queries(8):
        workbench_get(review_id=review.pk)


def test_a_draft_of_thousands_of_segments_is_read_once_and_only_for_the_workbench(client: Client) -> None:
    review = claim(make_scene())
    client.force_login(review.reviewer)
    wire = f"/api/reviews/{review.pk}"
    for path, times in ((wire, 1), (f"{wire}/curves", 0), (f"/media/reviews/{review.pk}/video", 0)):
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        reading = [query["sql"] for query in asked if '"review_review"."draft",' in query["sql"]]
        assert len(reading) == times, path


def test_a_planted_hint_shows_on_golden_tasks_alone() -> None:
    scene = make_scene()
    scene.hints[1].is_planted = True
    scene.hints[1].save()
    review = claim(scene)
    assert [hint.id for hint in workbench_get(review_id=review.pk).hints] == [scene.hints[0].pk]
    Task.objects.update(is_golden=True)
    assert len(workbench_get(review_id=review.pk).hints) == 2


def test_a_senior_is_told_why_it_was_escalated_but_not_by_whom_nor_what_was_marked() -> None:
    scene = make_scene()
    first = claim(scene, person("rita"))
    assert workbench_get(review_id=first.pk).escalations == []
    marked = segment(scene.gunfire)
    submit(first, marked, verdict="escalated", escalation_reason="legal", notes="Is it staged?")
    by_senior = claim(scene, person(senior=True))
    shown = workbench_get(review_id=by_senior.pk)
    assert [(each.reason, each.notes) for each in shown.escalations] == [("legal", "Is it staged?")]
    assert "rita" not in as_sent(by_senior)
    assert str(marked["id"]) not in as_sent(by_senior)
