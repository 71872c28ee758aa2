"""Training runs and promotions: one open run, triggers that count, one live bundle."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from review.models import Analysis, Bundle, Promotion, Review, Task, TrainingRun, Video
from review.services.analyses import ClaimLost
from review.services.bundles import UnableToPromote, bundle_promote
from review.services.snapshots import snapshot_create, snapshot_manifest, snapshot_read
from review.services.training import (
    UnableToTrain,
    training_cancel,
    training_claim,
    training_consider,
    training_progress,
    training_request,
    trainings_give_back,
)
from tests.factories import (
    NOW,
    AnalysisFactory,
    BundleFactory,
    HintFactory,
    HintOutcomeFactory,
    ReviewFactory,
    SegmentFactory,
    TrainingRunFactory,
    UserFactory,
    WatchedRangeFactory,
    make_scene,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def settled_reviews(count: int) -> None:
    for _ in range(count):
        review = ReviewFactory(state="submitted", verdict="clean", submitted_at=NOW)
        Task.objects.filter(pk=review.task.pk).update(state="settled", settled_at=NOW)
        Video.objects.filter(pk=review.task.submission.video.pk).update(features_path="features.safetensors")


def test_one_training_run_is_open_at_a_time() -> None:
    run = training_request(now=NOW)
    with pytest.raises(UnableToTrain, match="under way"):
        training_request(now=NOW)
    training_cancel(run=run, now=NOW)
    training_request(now=NOW)


def test_the_first_bundle_is_trained_after_eight_settled_reviews(settings: Settings) -> None:
    settings.TRAINING_AUTOMATIC = True
    settled_reviews(7)
    assert training_consider(now=NOW) is None
    settled_reviews(1)
    run = training_consider(now=NOW)
    assert run is not None
    assert run.trigger == "first"
    assert training_consider(now=NOW) is None


def test_later_bundles_wait_for_25_reviews_settled_since_the_last_run(settings: Settings) -> None:
    settings.TRAINING_AUTOMATIC = True
    BundleFactory()
    settled_reviews(25)
    TrainingRunFactory(state="failed", queued_at=LATER)
    assert training_consider(now=LATER) is None
    TrainingRun.objects.all().delete()
    run = training_consider(now=LATER)
    assert run is not None
    assert run.trigger == "reviews"


def test_golden_tasks_do_not_count(settings: Settings) -> None:
    settings.TRAINING_AUTOMATIC = True
    settled_reviews(8)
    Task.objects.update(is_golden=True)
    assert training_consider(now=NOW) is None


def test_reviews_that_teach_nothing_do_not_count(settings: Settings) -> None:
    settings.TRAINING_AUTOMATIC = True
    settled_reviews(9)
    unreviewable, unanalysed = Review.objects.all()[:2]
    Review.objects.filter(pk=unreviewable.pk).update(verdict="unreviewable")
    Video.objects.filter(submissions__task__reviews=unanalysed).update(features_path="")
    assert training_consider(now=NOW) is None
    settled_reviews(1)
    assert training_consider(now=NOW) is not None


def test_training_waits_until_labelled_videos_are_analysed_but_not_for_ever(settings: Settings) -> None:
    settings.TRAINING_AUTOMATIC = True
    settled_reviews(20)
    waiting = list(Video.objects.all()[:12])
    Video.objects.filter(pk__in=[video.pk for video in waiting]).update(features_path="")
    for video in waiting:
        AnalysisFactory(video=video, bundle=None, state="queued", queued_at=NOW)
    AnalysisFactory(bundle=None, state="queued", queued_at=NOW)  # of a video without labels
    assert training_consider(now=LATER) is None
    patience = NOW + timedelta(minutes=30)
    assert training_consider(now=patience - timedelta(seconds=1)) is None
    run = training_consider(now=patience)
    assert run is not None
    run.delete()
    Analysis.objects.update(state="refused")
    assert training_consider(now=LATER) is not None


def test_training_does_not_wait_for_videos_that_are_only_scored_again(settings: Settings) -> None:
    settings.TRAINING_AUTOMATIC = True
    settled_reviews(8)
    for video in Video.objects.all():
        AnalysisFactory(video=video, bundle=None, state="queued", queued_at=NOW)
    assert training_consider(now=LATER) is not None


def test_simulated_reviews_never_start_the_first_training_but_later_ones(settings: Settings) -> None:
    settings.TRAINING_AUTOMATIC = True
    settled_reviews(25)
    Review.objects.update(source="simulated")
    assert training_consider(now=NOW) is None
    BundleFactory()
    assert training_consider(now=NOW) is not None


def test_a_killed_run_is_given_back_and_its_worker_fenced() -> None:
    run = training_request(now=NOW)
    old = training_claim(run_id=run.pk, now=NOW)
    assert old is not None
    assert trainings_give_back(now=LATER) == 1
    with pytest.raises(ClaimLost):
        training_progress(run=old, done=0.5, message="fitting", now=LATER)
    new = training_claim(run_id=run.pk, now=LATER)
    assert new is not None
    assert (new.claim, new.attempts) == (2, 2)


def test_promotion_retires_the_live_bundle_and_rollback_brings_it_back() -> None:
    old, new, admin = BundleFactory(), BundleFactory(), UserFactory(role="administrator")
    bundle_promote(bundle=old, reason="The first one.", now=NOW)
    bundle_promote(bundle=new, reason="It finds more.", promoted_by=admin, now=NOW)
    assert dict(Bundle.objects.values_list("pk", "state")) == {old.pk: "retired", new.pk: "live"}
    bundle_promote(bundle=old, reason="It finds too much.", promoted_by=admin, now=NOW)
    assert dict(Bundle.objects.values_list("pk", "state")) == {old.pk: "live", new.pk: "retired"}
    assert Promotion.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_promotions_at_once_each_know_what_they_replaced() -> None:
    live, *others = BundleFactory(state="live"), *(BundleFactory() for _ in range(3))

    def promote(bundle: Bundle) -> None:
        try:
            bundle_promote(bundle=bundle, reason="Tried.", now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(promote, others))
    assert Bundle.objects.filter(state="live").count() == 1
    replaced = list(Promotion.objects.order_by("pk").values_list("previous", "bundle"))
    assert [before for before, _ in replaced] == [live.pk, *(after for _, after in replaced[:-1])]


def test_a_promotion_needs_a_reason_and_a_bundle_that_is_not_live() -> None:
    bundle = BundleFactory()
    with pytest.raises(UnableToPromote, match="Say why"):
        bundle_promote(bundle=bundle, reason=" ", now=NOW)
    bundle_promote(bundle=bundle, reason="Good.", now=NOW)
    with pytest.raises(UnableToPromote, match="live already"):
        bundle_promote(bundle=bundle, reason="Good.", now=NOW)


def test_a_snapshot_holds_labels_by_pseudonym_and_is_made_once(settings: Settings, tmp_path: Path) -> None:
    settings.SNAPSHOTS_ROOT = tmp_path
    scene = make_scene(arm="blind")
    video = scene.task.submission.video
    type(video).objects.update(features_path="f.safetensors", extractor_version="embedded-1")
    review = ReviewFactory(
        task=scene.task, state="submitted", verdict="violating", submitted_at=NOW, arm="blind"
    )
    review.covered_types.add(scene.fight)
    SegmentFactory(review=review, violation_type=scene.fight)
    WatchedRangeFactory(review=review, muted=True)
    snapshot = snapshot_create(now=NOW)
    assert snapshot_create(now=LATER) == snapshot
    [told] = snapshot_read(snapshot)["videos"]
    [label] = told["reviews"]
    assert label["annotator"] == str(review.reviewer.pseudonym)
    assert review.reviewer.username not in json.dumps(snapshot_read(snapshot))
    assert (label["unhinted"], label["settled"], label["covers"]) == (True, False, [scene.fight.slug])
    assert label["watched"] == [[0, 60_000, 1.0, True]]
    assert [each["violation_type"] for each in label["segments"]] == [scene.fight.slug]
    assert snapshot.counts["reviews"] == 1


def test_golden_tasks_and_unreviewable_videos_never_enter_a_snapshot() -> None:
    for verdict, golden in (("clean", True), ("unreviewable", False), ("escalated", False)):
        scene = make_scene()
        type(scene.task.submission.video).objects.update(features_path="f")
        ReviewFactory(task=scene.task, state="submitted", verdict=verdict, submitted_at=NOW)
        Task.objects.filter(pk=scene.task.pk).update(is_golden=golden)
    assert snapshot_manifest(until=NOW)["videos"] == []


def test_a_review_submitted_while_the_snapshot_is_made_is_left_for_the_next_one() -> None:
    scene = make_scene()
    type(scene.task.submission.video).objects.update(features_path="f")
    ReviewFactory(task=scene.task, state="submitted", verdict="clean", submitted_at=LATER)
    assert snapshot_manifest(until=NOW)["videos"] == []
    assert len(snapshot_manifest(until=LATER)["videos"]) == 1


def test_a_segment_that_came_from_a_planted_hint_too_is_not_learned_from() -> None:
    scene = make_scene()
    type(scene.task.submission.video).objects.update(features_path="f")
    review = ReviewFactory(task=scene.task, state="submitted", verdict="violating", submitted_at=NOW)
    planted = HintFactory(analysis=scene.analysis, violation_type=scene.gunfire, is_planted=True)
    for hints in (scene.hints, [scene.hints[0], planted]):
        SegmentFactory(review=review, violation_type=scene.gunfire, origin="hint", hints=hints)
    (video,) = snapshot_manifest(until=NOW)["videos"]
    assert len(video["reviews"][0]["segments"]) == 1


def test_a_snapshot_says_where_reviewers_overruled_hints_but_not_planted_ones() -> None:
    scene = make_scene()
    type(scene.task.submission.video).objects.update(features_path="f")
    review = ReviewFactory(task=scene.task, state="submitted", verdict="clean", submitted_at=NOW)
    gunfire, fight = scene.hints
    planted = HintFactory(analysis=scene.analysis, violation_type=scene.gunfire, is_planted=True)
    accepted = HintFactory(analysis=scene.analysis, violation_type=scene.gunfire)
    unseen = HintFactory(analysis=scene.analysis, violation_type=scene.gunfire)
    HintOutcomeFactory(
        review=review, hint=gunfire, outcome="adjusted", start_shift_ms=-500, end_shift_ms=1_000
    )
    for hint, outcome in (
        (fight, "rejected"),
        (planted, "rejected"),
        (accepted, "accepted"),
        (unseen, "unseen"),
    ):
        HintOutcomeFactory(review=review, hint=hint, outcome=outcome)
    (video,) = snapshot_manifest(until=NOW)["videos"]
    told = video["reviews"][0]["overruled"]
    assert [row["outcome"] for row in told] == ["adjusted", "rejected"]
    assert told[0] == {
        "violation_type": scene.gunfire.slug,
        "outcome": "adjusted",
        "start_ms": 1_000,
        "end_ms": 5_000,
        "start_shift_ms": -500,
        "end_shift_ms": 1_000,
    }


def test_types_that_are_switched_off_themselves_or_with_their_policy_are_not_learned() -> None:
    scene = make_scene()
    assert {kind["slug"] for kind in snapshot_manifest(until=NOW)["violation_types"]} == {
        scene.gunfire.slug,
        scene.fight.slug,
    }
    type(scene.gunfire).objects.filter(pk=scene.gunfire.pk).update(is_active=False)
    type(scene.fight.policy).objects.filter(pk=scene.fight.policy_id).update(is_active=False)
    assert snapshot_manifest(until=NOW)["violation_types"] == []


def test_an_altered_snapshot_is_refused(settings: Settings, tmp_path: Path) -> None:
    settings.SNAPSHOTS_ROOT = tmp_path
    snapshot = snapshot_create(now=NOW)
    file = tmp_path / snapshot.path
    file.chmod(0o640)
    file.write_text("{}")
    with pytest.raises(ValueError, match="altered"):
        snapshot_read(snapshot)
