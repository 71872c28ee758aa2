"""Two tiers in one house: what is extracted, what scores, what happens when networks come, change or go."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from ml.features import EMBEDDED_VERSION, load_features
from review.media import media_path
from review.models import Analysis, Bundle, Video, WeightsReport
from review.services.analyses import analyses_rescore, analysis_retry
from tests.factories import (
    AnalysisFactory,
    BundleFactory,
)
from tests.ml.features.published import WEIGHTS, needs_weights
from tests.worker.clips import write_clip
from tests.worker.stored import a_video, analysed
from worker import analysis, features
from worker.features import accepted_versions
from worker.weights import weights_here

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=1.5)


def networks_come(settings: Settings) -> None:
    """The published files, each a link, so that a test may take one away or replace it."""
    folder: Path = settings.SPOTTER_WEIGHTS
    folder.mkdir()
    for file in WEIGHTS.iterdir():
        (folder / file.name).symlink_to(file)


def one_is_altered(settings: Settings) -> None:
    file: Path = settings.SPOTTER_WEIGHTS / "silero_vad.onnx"
    file.unlink()
    file.write_bytes(b"something else")


def pretrained_bundle_goes_live(version: str) -> Bundle:
    bundle: Bundle = BundleFactory(
        state="live", promoted_at=timezone.now(), extractor_version=version, feature_tier="pretrained"
    )
    return bundle


def test_without_networks_features_are_basic(clip: Path) -> None:
    video = a_video(clip)
    assert analysed(video).state == "done"
    assert (video.extractor_version, video.feature_tier) == (EMBEDDED_VERSION, "embedded")


@needs_weights
def test_with_networks_they_are_pretrained_and_name_what_made_them(clip: Path, settings: Settings) -> None:
    networks_come(settings)
    video = a_video(clip)
    assert analysed(video).state == "done"
    assert (video.extractor_version, video.feature_tier) == (weights_here().version, "pretrained")
    assert video.feature_weights == weights_here().files
    assert load_features(media_path(video.features_path), tier="embedded").version == EMBEDDED_VERSION


@needs_weights
def test_an_altered_file_never_stops_a_basic_analysis(clip: Path, settings: Settings) -> None:
    networks_come(settings)
    one_is_altered(settings)
    video = a_video(clip)
    assert analysed(video).state == "done"
    assert video.feature_tier == "embedded"
    features.refresh()
    report = WeightsReport.objects.get()
    assert (report.state, "silero_vad.onnx" in report.sentence) == ("altered", True)


@needs_weights
@pytest.mark.parametrize(("harm", "code"), [("gone", "missing_weights"), ("altered", "altered_weights")])
def test_a_pretrained_bundle_without_its_networks_fails_in_a_sentence_and_heals_when_they_are_back(
    clip: Path, settings: Settings, harm: str, code: str
) -> None:
    networks_come(settings)
    pretrained_bundle_goes_live(weights_here().version)
    if harm == "altered":
        one_is_altered(settings)
    else:
        shutil.rmtree(settings.SPOTTER_WEIGHTS)
    video = a_video(clip)
    failed = analysed(video)
    assert (failed.state, failed.refusal_code) == ("failed", code)
    assert "reviewed without hints" in failed.sentence
    assert (video.probed_at is not None, video.feature_tier) == (True, "embedded")
    # Nothing goes round in circles while they are away ...
    features.refresh()
    assert analyses_rescore(now=timezone.now() + timedelta(hours=1)) == 0
    assert not Analysis.objects.filter(state="queued").exists()
    # ... and once they are back upkeep asks for the features that the bundle reads.
    shutil.rmtree(settings.SPOTTER_WEIGHTS, ignore_errors=True)
    networks_come(settings)
    features.refresh()
    again = Analysis.objects.get(state="queued")
    assert (again.video, again.refreshes_features) == (video, True)


@needs_weights
def test_a_retry_once_the_networks_are_back_extracts_what_the_live_bundle_reads(
    clip: Path, settings: Settings
) -> None:
    networks_come(settings)
    version = weights_here().version
    live = pretrained_bundle_goes_live(version)
    shutil.rmtree(settings.SPOTTER_WEIGHTS)
    video = a_video(clip)
    failed = analysed(video)
    Bundle.objects.filter(pk=live.pk).update(state="retired")  # no files of it are here to score with
    networks_come(settings)
    analysis_retry(analysis_id=failed.pk, now=timezone.now())
    assert analysed(video).state == "done"
    assert video.extractor_version == version


@needs_weights
def test_networks_that_come_later_make_older_features_anew_behind_whatever_waits(
    clip: Path, settings: Settings
) -> None:
    video = a_video(clip)
    first = analysed(video)
    features.refresh()
    assert Analysis.objects.count() == 1, "basic features do while there is nothing better"
    networks_come(settings)
    upload = AnalysisFactory(state="queued", bundle=None)
    features.refresh()
    assert not Analysis.objects.filter(video=video, state="queued").exists()
    upload.delete()
    for _ in range(2):  # the second time nothing is doubled
        features.refresh()
    second = Analysis.objects.exclude(pk=first.pk).get()
    assert second == (done := analysed(video))
    assert (done.state, video.feature_tier) == ("done", "pretrained")
    features.refresh()
    assert Analysis.objects.count() == 2, "it is up to date now"
    # Without networks again, what they made is kept and serves.
    shutil.rmtree(settings.SPOTTER_WEIGHTS)
    features.refresh()
    assert Analysis.objects.count() == 2
    assert accepted_versions(weights_here()) == {EMBEDDED_VERSION, video.extractor_version}


@needs_weights
def test_a_video_that_cannot_be_extracted_anew_is_not_tried_for_ever(clip: Path, settings: Settings) -> None:
    video = a_video(clip)
    analysed(video)
    networks_come(settings)
    media_path(video.path).write_bytes(b"no film any more")
    features.refresh()
    assert analysed(video).state == "refused"
    features.refresh()
    assert not Analysis.objects.filter(state="queued").exists()
    assert load_features(media_path(video.features_path)).tier == "embedded", "the old ones still serve"


@needs_weights
def test_a_promotion_scores_again_only_what_the_bundle_can_read(clip: Path, settings: Settings) -> None:
    networks_come(settings)
    version = weights_here().version
    readable, basic = (a_video(clip) for _ in range(2))
    for video, made in ((readable, version), (basic, EMBEDDED_VERSION)):
        AnalysisFactory(video=video, bundle=None, state="done")
        Video.objects.filter(pk=video.pk).update(features_path="f", extractor_version=made)
    live = pretrained_bundle_goes_live(version)
    assert analyses_rescore(now=timezone.now()) == 1
    assert Analysis.objects.get(state="queued").video == readable
    # A basic bundle reads the basic features, and finds them in the pretrained ones too.
    Analysis.objects.filter(state="queued").delete()
    Video.objects.filter(pk=readable.pk).update(feature_tier="pretrained")
    Bundle.objects.filter(pk=live.pk).update(extractor_version=EMBEDDED_VERSION, feature_tier="embedded")
    assert analyses_rescore(now=timezone.now()) == 2


@needs_weights
def test_networks_that_go_in_the_middle_of_an_analysis_leave_it_basic(
    clip: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks_come(settings)
    video = a_video(clip)
    looked = weights_here()
    shutil.rmtree(settings.SPOTTER_WEIGHTS)
    answers = iter([looked])
    monkeypatch.setattr(analysis, "weights_here", lambda: next(answers, None) or weights_here())
    done = analysed(video)
    assert (done.state, video.feature_tier) == ("done", "embedded")


@needs_weights
def test_the_command_tells_of_the_networks_and_queues_what_lacks_them(
    clip: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("weights", "verify")
    assert ended.value.code == 1
    video = a_video(clip)
    analysed(video)
    networks_come(settings)
    call_command("weights", "verify")
    assert "All there" in capsys.readouterr().out
    for queued in (1, 0):
        call_command("weights", "refresh")
        told = capsys.readouterr().out
        assert told.startswith(f"0 of 1 videos have features of {weights_here().version}.")
        assert f" {queued} queued now" in told
