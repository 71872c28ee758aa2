"""From labels to hints without a broker: train, promote, score again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

import ml.learning
from ml.bundle import MANIFEST, canonical
from ml.features import (
    EMBEDDED_VERSION,
    PICTURE_NAMES,
    SOUND_NAMES,
    STEP_S,
    Features,
    as_embedded,
    extractor_version,
    load_features,
    save_features,
)
from ml.weights import PRETRAINED_TIER
from review.media import media_path, video_folder
from review.models import (
    Analysis,
    Bundle,
    HintlessReason,
    HoldoutLook,
    Promotion,
    Task,
    TrainingRun,
    Video,
    ViolationType,
)
from review.services.analyses import ClaimLost
from review.services.arms import Pinned, analysis_pin
from review.services.bundles import bundle_promote
from review.services.labels import LabelSegment, import_annotator, labels_import
from review.services.snapshots import snapshot_read
from review.services.training import training_cancel, training_request, trainings_give_back
from tests.factories import (
    AnalysisFactory,
    BundleFactory,
    QueueFactory,
    SubmissionFactory,
    TaskFactory,
    VideoFactory,
    ViolationTypeFactory,
)
from worker import analysis, training

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
STEPS = 120  # 30 s
NETWORKS = {entry.name: entry.sha256 for entry in PRETRAINED_TIER}
SPLITS = ("train",) * 6 + ("validation",) * 2 + ("holdout",) * 2


@pytest.fixture
def fight() -> ViolationType:
    kind: ViolationType = ViolationTypeFactory(slug="physical-fight", modality="picture")
    return kind


def video_with(start: int, end: int, *, split: str, seed: int, pretrained: bool = False) -> Video:
    """A video whose picture features are raised between two steps, and its file with them."""
    rng = np.random.default_rng(seed)
    picture = rng.normal(0, 1, (STEPS, len(PICTURE_NAMES))).astype(np.float32)
    picture[start:end] += 2.0
    video: Video = VideoFactory(split_group__split=split, duration_ms=round(1000 * STEPS * STEP_S))
    everywhere = np.ones(STEPS, dtype=bool)
    basic = Features(
        version=EMBEDDED_VERSION,
        tier="embedded",
        step_s=STEP_S,
        duration_s=STEPS * STEP_S,
        picture=picture,
        sound=np.zeros((STEPS, len(SOUND_NAMES)), dtype=np.float32),
        picture_mask=everywhere,
        sound_mask=~everywhere,
        cuts=~everywhere,
    )
    keep(video, as_pretrained(basic, start, end) if pretrained else basic)
    return video


def as_pretrained(basic: Features, start: int, end: int) -> Features:
    """The same, as if the published networks had looked too: they see it all the more clearly."""
    rng = np.random.default_rng(start)
    seen = rng.normal(0, 1, (STEPS // 2, 40)).astype(np.float16)
    seen[start // 2 : end // 2, :4] += 2
    return replace(
        basic,
        version=extractor_version(NETWORKS),
        tier="pretrained",
        picture_embedding=seen,
        sound_embedding=np.zeros((STEPS, 24), np.float16),
        speech=np.zeros(STEPS, np.float32),
        weights=NETWORKS,
    )


def keep(video: Video, features: Features) -> None:
    """The features become the video's."""
    video.features_path = str(video_folder(video.sha256) / f"features-{features.version}.safetensors")
    video.extractor_version, video.feature_tier = features.version, features.tier
    video.feature_weights = dict(features.weights)
    video.save()
    path = media_path(video.features_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_features(features, path)


def labelled_videos(fight: ViolationType, *, pretrained: bool = False) -> None:
    queue, annotator = QueueFactory(violation_types=[fight]), import_annotator(name="import:test")
    for seed, split in enumerate(SPLITS):
        start = 20 + 6 * seed
        video = video_with(start, start + 24, split=split, seed=seed, pretrained=pretrained)
        task: Task = TaskFactory(queue=queue, submission=SubmissionFactory(video=video))
        segment = LabelSegment("physical-fight", start * 250, (start + 24) * 250)
        labels_import(task=task, annotator=annotator, segments=[segment], covers=[fight], now=timezone.now())


def test_labels_become_a_live_bundle_and_waiting_videos_get_hints(fight: ViolationType, home: Path) -> None:
    labelled_videos(fight)
    waiting = video_with(40, 70, split="train", seed=99)
    AnalysisFactory(video=waiting, bundle=None)
    task: Task = TaskFactory(submission=SubmissionFactory(video=waiting))
    run = training_request(now=timezone.now())
    training.run(run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.sentence
    bundle = Bundle.objects.get()
    assert (bundle.state, run.bundle) == ("live", bundle)
    assert (HoldoutLook.objects.count(), Promotion.objects.count()) == (1, 1)
    assert "first bundle" in Promotion.objects.get().reason
    assert bundle.metrics["holdout"]["violations"]["physical-fight"]["auc"] > 0.9
    assert [path.name for path in (home / "bundles").iterdir()] == [bundle.path]

    rescore = Analysis.objects.get(state="queued")
    assert rescore.video == waiting
    analysis.run(rescore.pk)
    rescore.refresh_from_db()
    assert (rescore.state, rescore.bundle) == ("done", bundle)
    curve = np.frombuffer(bytes(rescore.curves.get().scores), dtype=np.uint8)
    assert len(curve) == STEPS
    assert curve[40:70].mean() > 2 * curve[:36].mean()
    best = rescore.hints.get(rank=1)
    assert best.start_ms < 17_500
    assert best.end_ms > 10_000
    task.refresh_from_db()
    assert task.priority > 0


def test_a_live_bundle_of_an_older_format_means_no_hints_until_the_next_training(
    fight: ViolationType, home: Path
) -> None:
    labelled_videos(fight)
    live = trained().bundle
    assert live is not None
    as_older_format(home / "bundles" / live.path, live)
    waiting = video_with(40, 70, split="train", seed=99)
    TaskFactory(submission=SubmissionFactory(video=waiting))
    row = AnalysisFactory(video=waiting, bundle=None, state="queued")
    analysis.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.refusal_code) == ("failed", "unknown_format")
    assert "Train it again" in row.sentence
    assert analysis_pin(waiting) == Pinned(None, HintlessReason.FAILED)

    newer = trained().bundle
    assert newer is not None
    assert newer.state == "live"
    assert "cannot be compared" in newer.gate["reasons"][0]
    again = Analysis.objects.get(state="queued", video=waiting)
    analysis.run(again.pk)
    again.refresh_from_db()
    assert (again.state, again.bundle) == ("done", newer)


def as_older_format(folder: Path, row: Bundle) -> None:
    """The bundle as an earlier version of Spotter would have written and registered it."""
    content = json.loads((folder / MANIFEST).read_text()) | {"format_version": 2}
    del content["self"]
    content["self"] = hashlib.sha256(canonical(content)).hexdigest()
    (folder / MANIFEST).write_bytes(canonical(content))
    row.sha256 = hashlib.sha256(canonical(content)).hexdigest()
    row.path = row.sha256
    row.save()
    folder.rename(folder.with_name(row.path))


def test_a_candidate_without_enough_holdout_waits_for_a_person(fight: ViolationType) -> None:
    labelled_videos(fight)
    for _ in range(2):
        training.run(training_request(now=timezone.now()).pk)
    first, second = Bundle.objects.order_by("pk")
    assert (first.state, second.state) == ("live", "candidate")
    assert second.metrics["training"]["warm_from"] == {"name": first.name, "digest": first.sha256}
    assert second.gate["verdict"] == "not_enough_holdout"
    assert "needed" in TrainingRun.objects.latest("pk").sentence


def test_a_candidate_judged_against_a_bundle_that_is_live_no_more_waits_for_a_person(
    fight: ViolationType, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled_videos(fight)
    gate_result = training.gate_result

    def rolled_back_meanwhile(*args: Any, **kwargs: Any) -> dict[str, Any]:
        gate = gate_result(*args, **kwargs)
        bundle_promote(bundle=BundleFactory(), reason="The one before was better.", now=timezone.now())
        return gate

    monkeypatch.setattr(training, "gate_result", rolled_back_meanwhile)
    training.run(training_request(now=timezone.now()).pk)
    candidate = Bundle.objects.get(training_run__isnull=False)
    assert candidate.state == "candidate"
    assert "went live while" in TrainingRun.objects.get().sentence


def test_training_without_labels_fails_with_a_sentence() -> None:
    run = training_request(now=timezone.now())
    training.run(run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.sentence.endswith(".")
    assert not Bundle.objects.exists()


def test_a_killed_run_goes_on_with_what_it_had_fitted_and_leaves_nothing_behind(
    fight: ViolationType, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled_videos(fight)
    run = training_request(now=timezone.now())
    with monkeypatch.context() as patch:
        patch.setattr(ml.learning, "learn_people", killed)
        with pytest.raises(KeyboardInterrupt):
            training.run(run.pk)
    folder = home / "bundles" / training.checkpoints_name(run.pk)
    assert [path.name for path in folder.glob("head-picture*")] == ["head-picture.safetensors"]
    run.refresh_from_db()
    first = run.snapshot
    video_with(20, 44, split="train", seed=77)
    assert trainings_give_back(now=timezone.now() + timedelta(hours=1)) == 1
    fitted: list[str] = []
    monkeypatch.setattr(ml.learning, "fit_head", lambda *_: fitted.append("again"))
    training.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts, fitted) == ("done", 2, []), run.sentence
    assert run.snapshot == first
    assert run.bundle is not None
    assert [path.name for path in (home / "bundles").iterdir()] == [run.bundle.path]


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_run_cancelled_half_way_leaves_nothing_behind(
    fight: ViolationType, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled_videos(fight)
    run = training_request(now=timezone.now())

    def cancelled(*_: object) -> None:
        training_cancel(run=run, now=timezone.now())
        raise ClaimLost("cancelled")

    monkeypatch.setattr(ml.learning, "learn_people", cancelled)
    training.run(run.pk)
    assert list((home / "bundles").iterdir()) == []


def test_a_cancelled_run_is_not_begun() -> None:
    run = training_request(now=timezone.now())
    training_cancel(run=run, now=timezone.now())
    training.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("cancelled", 0)


def trained() -> TrainingRun:
    run = training_request(now=timezone.now())
    training.run(run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.sentence
    return run


def test_where_all_videos_have_pretrained_features_the_bundle_reads_them_and_names_the_networks(
    fight: ViolationType,
) -> None:
    labelled_videos(fight)
    first = trained().bundle
    assert first is not None
    assert (first.feature_tier, first.weights) == ("embedded", [])
    for seed, video in enumerate(Video.objects.order_by("pk")):
        start = 20 + 6 * seed
        keep(video, as_pretrained(load_features(media_path(video.features_path)), start, start + 24))
    second = trained().bundle
    assert second is not None
    assert (second.feature_tier, second.extractor_version) == ("pretrained", extractor_version(NETWORKS))
    assert {each["name"]: each["licence"] for each in second.weights}["silero_vad.onnx"] == "MIT"
    assert second.gate["verdict"] == "not_enough_holdout", "each was measured with features of its own tier"
    assert second.snapshot is not None
    manifest = snapshot_read(second.snapshot)
    assert all(video["features"]["weights"] == NETWORKS for video in manifest["videos"])
    # The basic one is live and reads the pretrained videos; the other one does too, once it is.
    waiting = video_with(40, 70, split="train", seed=99, pretrained=True)
    TaskFactory(submission=SubmissionFactory(video=waiting))
    for live in (first, second):
        if live == second:
            bundle_promote(bundle=second, reason="It looks better.", now=timezone.now())
            assert Analysis.objects.filter(state="queued", video=waiting).exists()
        else:
            AnalysisFactory(video=waiting, bundle=None, state="queued")
        row = Analysis.objects.get(state="queued")
        analysis.run(row.pk)
        row.refresh_from_db()
        assert (row.state, row.bundle) == ("done", live), row.sentence
        curve = np.frombuffer(bytes(row.curves.get().scores), dtype=np.uint8)
        assert curve[40:70].mean() > 2 * curve[:36].mean()


def test_while_one_video_lacks_pretrained_features_all_are_read_in_their_basic_view(
    fight: ViolationType,
) -> None:
    labelled_videos(fight, pretrained=True)
    holdout = Video.objects.filter(split_group__split="holdout").earliest("pk")
    keep(holdout, as_embedded(load_features(media_path(holdout.features_path))))
    bundle = trained().bundle
    assert bundle is not None
    assert bundle.feature_tier == "embedded"


@pytest.mark.parametrize("harm", ["older", "damaged", "gone", "never extracted"])
def test_videos_without_current_features_are_counted_named_and_queued(
    fight: ViolationType, harm: str
) -> None:
    labelled_videos(fight)
    video = Video.objects.filter(split_group__split="train").latest("pk")
    file = media_path(video.features_path)
    match harm:
        case "older":
            Video.objects.filter(pk=video.pk).update(extractor_version="embedded-0")
        case "damaged":
            file.write_bytes(file.read_bytes()[:1000])
        case "gone":
            file.unlink()
        case "never extracted":
            Video.objects.filter(pk=video.pk).update(features_path="", extractor_version="")
    run = trained()
    assert run.bundle is not None
    assert run.sentence.startswith(f"1 labelled video has no current features and taught nothing: {video}.")
    assert run.bundle.metrics["training"]["without_features"] == [video.sha256]
    assert run.bundle.metrics["training"]["videos"] == len(SPLITS) - SPLITS.count("holdout") - 1
    queued = Analysis.objects.get(state="queued", refreshes_features=True)
    assert queued.video == video
