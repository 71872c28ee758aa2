"""Training views in a training run: made in the real cage, of training videos alone, never its undoing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from ml.features.views import load_views
from ml.types import Annotation, Example, Mark
from review.media import media_path, video_folder
from review.models import Bundle, TrainingRun, Video, ViolationType
from review.services.snapshots import snapshot_create, snapshot_read
from review.services.training import training_request
from tests.worker.clips import write_clip
from tests.worker.test_training_run import SPLITS, fight, labelled_videos
from worker import training
from worker.views import regions_of, with_views

__all__ = ["fight"]  # a fixture
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
STRETCH_S = 6.0 + 2 * 0.5 + 8.0  # the mark of each video, around it, and clean film


def with_files(tmp_path: Path) -> list[Video]:
    """Put one real film, as long as the features say, in the place of every video's file."""
    film = write_clip(tmp_path / "film.mp4", seconds=30.0, sound=False, fps=6).read_bytes()
    videos = list(Video.objects.order_by("pk"))
    for video in videos:
        video.path = str(video_folder(video.sha256) / "original.mp4")
        video.has_picture = True
        video.save()
        media_path(video.path).write_bytes(film)
    return videos


def trained() -> TrainingRun:
    run = training_request(now=timezone.now())
    training.run(run.pk)
    run.refresh_from_db()
    return run


def views_in(home: Path) -> list[Path]:
    return sorted((home / "media").rglob("views-*.safetensors"))


def test_training_videos_alone_get_views_and_keep_them(
    fight: ViolationType, home: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.SPOTTER_VIEWS_MINUTES = 60
    labelled_videos(fight)
    with_files(tmp_path)
    run = trained()
    assert run.state == "done", run.sentence
    learned = Bundle.objects.get().metrics["training"]
    assert learned["views"]["videos"] == SPLITS.count("train")
    assert learned["training_views"] > learned["steps"]
    assert (learned["views"]["without"], learned["views"]["words"]) == ([], "")
    files = views_in(home)
    taught = {
        str(video_folder(v.sha256)) for v in Video.objects.filter(split_group__split="train").order_by("pk")
    }
    assert {str(path.parents[1].relative_to(home / "media")) for path in files} == taught
    made = [path.stat().st_mtime_ns for path in files]
    assert trained().state == "done"
    assert [path.stat().st_mtime_ns for path in files] == made


def test_a_budget_is_kept_and_none_means_none(
    fight: ViolationType, home: Path, settings: Settings, tmp_path: Path
) -> None:
    labelled_videos(fight)
    with_files(tmp_path)
    settings.SPOTTER_VIEWS_MINUTES = 0
    assert trained().state == "done"
    assert views_in(home) == []
    settings.SPOTTER_VIEWS_MINUTES = 1  # room for four videos of STRETCH_S
    assert trained().state == "done"
    seen = Bundle.objects.latest("pk").metrics["training"]["views"]
    assert (seen["videos"], seen["seconds"]) == (4, pytest.approx(4 * STRETCH_S))


def test_files_that_cannot_be_seen_are_told_and_fail_nothing(
    fight: ViolationType, settings: Settings, tmp_path: Path
) -> None:
    settings.SPOTTER_VIEWS_MINUTES = 60
    labelled_videos(fight)
    videos = with_files(tmp_path)
    media_path(videos[0].path).write_bytes(b"no film")
    media_path(videos[1].path).unlink()
    run = trained()
    assert run.state == "done"
    assert "2 of 6 videos have no views: " in run.sentence
    learned = Bundle.objects.get().metrics["training"]["views"]
    assert sorted(learned["without"]) == sorted(video.sha256 for video in videos[:2])


def test_progress_names_the_video_and_stays_between_nought_and_one(
    fight: ViolationType, settings: Settings, tmp_path: Path
) -> None:
    settings.SPOTTER_VIEWS_MINUTES = 1
    labelled_videos(fight)
    with_files(tmp_path)
    heard: list[tuple[float, str]] = []
    examples = training.examples_of(snapshot_read(snapshot_create(now=timezone.now())))
    result, _ = with_views(examples, lambda done, stage: heard.append((done, stage)))
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert all(0 <= done <= 1 for done, _ in heard)
    assert "(4 of 4)" in heard[-1][1]
    paths = [example.views_path for example in result if example.views_path]
    assert all(load_views(path).mask.any() for path in paths)
    assert {example.split for example in result if example.views_path} == {"train"}
    assert [example.video for example in result] == [example.video for example in examples]


def example_with(*marks: tuple[float, float], watched: tuple[tuple[float, float], ...]) -> Example:
    said = tuple(Mark("fight", start, end) for start, end in marks)
    word = Annotation("ann", said, watched, watched, ("fight",))
    return Example("film", Path("features"), "group", "train", (word,))


def test_regions_are_marks_and_as_much_watched_film_clear_of_them() -> None:
    both = regions_of(example_with((10, 20), watched=((0, 60),)))
    assert (9.5, 20.5) in both
    clean = [region for region in both if region != (9.5, 20.5)]
    assert sum(end - start for start, end in clean) == pytest.approx(11.0, abs=0.01)
    assert all(end <= 8.5 or start >= 21.5 for start, end in clean)


def test_long_marks_are_seen_in_their_middle_and_clean_videos_a_little() -> None:
    (around, clean) = regions_of(example_with((100, 400), watched=((0, 95), (100, 400))))
    assert around[0] < around[1] <= 95
    assert clean == (235.0, 265.0)
    assert regions_of(example_with(watched=((0, 60),))) == [(26.0, 34.0)]
    assert regions_of(example_with(watched=())) == []
