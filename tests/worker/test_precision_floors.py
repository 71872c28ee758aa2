"""The queue that a video waits in decides how sure its hints must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.bundle import load_bundle
from ml.features import EMBEDDED_VERSION, save_features
from ml.floors import thresholds_at
from ml.train import train_bundle
from ml.types import Mark
from review.media import media_path
from review.models import Analysis, Queue, ViolationType
from review.services.analyses import analyses_rescore
from tests.factories import (
    NOW,
    AnalysisFactory,
    BundleFactory,
    QueueFactory,
    SubmissionFactory,
    TaskFactory,
    VideoFactory,
    ViolationTypeFactory,
)
from tests.ml.making import FLASHING, SPECS, make_examples, make_features
from worker import analysis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]


def a_live_bundle(home: Path) -> dict[str, dict[str, float]]:
    """A small one of three types; gives the thresholds it learned by floor."""
    folder = home / "bundles" / "small"
    train_bundle(make_examples(home, 8), violations=SPECS, out_dir=folder, name="small")
    bundle = load_bundle(folder)
    slugs = list(bundle.slugs())
    BundleFactory(
        name="small",
        state="live",
        sha256=bundle.digest,
        extractor_version=EMBEDDED_VERSION,
        violation_slugs=slugs,
        thresholds=dict(bundle.thresholds),
    )
    for slug in slugs:
        ViolationTypeFactory(slug=slug)
    return {slug: dict(floors) for slug, floors in bundle.floors.items()}


def a_described_video(queue: Queue) -> Analysis:
    """A queued analysis of a video whose features are there already."""
    video = VideoFactory(
        features_path="film/features.safetensors", extractor_version=EMBEDDED_VERSION, feature_tier="embedded"
    )
    path = media_path(video.features_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_features(make_features((Mark(FLASHING.slug, 4.0, 8.0),), seed=500, strength=3.0), path)
    TaskFactory(submission=SubmissionFactory(video=video), queue=queue)
    row: Analysis = AnalysisFactory(video=video, state="queued", bundle=None)
    return row


def test_hints_open_at_the_floor_of_the_queue_and_move_with_it(home: Path) -> None:
    floors, queue = a_live_bundle(home), QueueFactory(precision_floor=0.9)
    row = a_described_video(queue)
    analysis.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.precision_floor) == ("done", 0.9)
    assert _thresholds(row) == pytest.approx(thresholds_at(floors, 0.9))
    Queue.objects.filter(pk=queue.pk).update(precision_floor=0.5)
    assert analyses_rescore(now=NOW) == 1
    again = row.video.analyses.latest("pk")
    analysis.run(again.pk)
    again.refresh_from_db()
    assert _thresholds(again) == pytest.approx(thresholds_at(floors, 0.5))
    assert again.precision_floor == 0.5
    assert analyses_rescore(now=NOW) == 0


def _thresholds(row: Analysis) -> dict[str, float]:
    names = dict(ViolationType.objects.values_list("pk", "slug"))
    return {names[curve.violation_type_id]: curve.threshold for curve in row.curves.all()}
