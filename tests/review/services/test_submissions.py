"""Taking in files: identity by content, one analysis a video, nothing left behind by a failure."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from review.media import UnableToAcceptUpload
from review.models import Analysis, Split, SplitGroup, Submission, SubmissionOrigin, Task, Video
from review.services.submissions import (
    SubmissionResult,
    SubmissionWords,
    UnableToSubmit,
    submission_create,
)
from review.services.videos import split_drawn, split_group_key
from tests.factories import NOW, AnalysisFactory, QueueFactory, UserFactory, VideoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def submit(content: bytes = b"film", **more: Any) -> SubmissionResult:
    words = SubmissionWords(**{k: more.pop(k) for k in list(more) if k in SubmissionWords.__annotations__})
    return submission_create(
        content=BytesIO(content), words=words, origin=SubmissionOrigin.UPLOAD, now=NOW, **more
    )


def files(media: Path) -> list[str]:
    return sorted(
        str(f.relative_to(media)) for f in media.rglob("*") if f.is_file() and "locks" not in f.parts
    )


def test_a_new_file_is_stored_under_its_hash_with_task_and_queued_analysis(media: Path) -> None:
    result = submit(file_name="My film.MP4")
    sha = hashlib.sha256(b"film").hexdigest()
    assert files(media) == [f"videos/{sha[:2]}/{sha}/original.mp4"]
    assert (result.video.sha256, result.video.size_bytes) == (sha, 4)
    assert (result.analysis.state, result.task.state) == ("queued", "waiting")
    assert result.submission.title == "My film"
    assert not result.known_video


def test_the_same_bytes_again_are_a_new_submission_without_new_analysis(media: Path) -> None:
    first, second = submit(file_name="a.mp4"), submit(file_name="b.mov")
    assert second.known_video
    assert second.video == first.video
    assert second.analysis == first.analysis
    assert second.task != first.task
    assert Analysis.objects.count() == 1
    assert len(files(media)) == 1


def test_a_known_video_that_was_never_analysed_is_analysed_now() -> None:
    VideoFactory(sha256=hashlib.sha256(b"film").hexdigest())
    assert submit().analysis.state == "queued"


def test_a_failed_analysis_waits_for_the_retry_button() -> None:
    failed = AnalysisFactory(video__sha256=hashlib.sha256(b"film").hexdigest(), state="failed")
    assert submit().analysis == failed


def test_an_empty_file_is_refused_with_a_sentence_and_leaves_nothing(media: Path) -> None:
    with pytest.raises(UnableToAcceptUpload, match="empty"):
        submit(b"")
    assert files(media) == []
    assert not Submission.objects.exists()


def test_a_file_that_grows_too_large_while_streaming_is_refused(media: Path, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 3
    with pytest.raises(UnableToAcceptUpload, match="larger"):
        submit(b"film")
    assert files(media) == []


def test_a_failing_transaction_takes_the_file_back(media: Path) -> None:
    def fail(result: SubmissionResult) -> None:
        raise RuntimeError("labels do not fit")

    with pytest.raises(RuntimeError):
        submit(along=fail)
    assert files(media) == []
    assert not Video.objects.exists()


def test_a_failing_submission_of_a_known_video_keeps_its_file(media: Path) -> None:
    def fail(result: SubmissionResult) -> None:
        raise RuntimeError("labels do not fit")

    submit()
    with pytest.raises(RuntimeError):
        submit(along=fail)
    assert len(files(media)) == 1


def test_the_same_external_id_of_the_same_submitter_answers_with_the_first_submission() -> None:
    alice, bob = UserFactory(), UserFactory()
    first = submit(external_id="7", submitted_by=alice)
    again = submit(external_id="7", submitted_by=alice)
    other = submit(external_id="7", submitted_by=bob)
    assert again.replayed
    assert again.submission == first.submission
    assert other.submission != first.submission


def test_an_external_id_cannot_name_another_file() -> None:
    alice = UserFactory()
    submit(external_id="7", submitted_by=alice)
    with pytest.raises(UnableToSubmit, match="another file"):
        submit(b"other", external_id="7", submitted_by=alice)


def test_a_nasty_name_is_a_label_and_never_a_path(media: Path) -> None:
    result = submit(file_name='../../etc/pass"wd\n🎬.sh')
    assert result.submission.file_name == '../../etc/pass"wd 🎬.sh'
    assert files(media) == [f"videos/{result.video.sha256[:2]}/{result.video.sha256}/original.bin"]


def test_source_then_uploader_then_the_file_itself_is_the_split_group() -> None:
    assert split_group_key(source="cam", uploader="bob", sha256="ab") == "source:cam"
    assert split_group_key(source="", uploader="bob", sha256="ab") == "uploader:bob"
    assert split_group_key(source="", uploader="", sha256="ab") == "video:ab"
    assert len(split_group_key(source="c" * 200, uploader="", sha256="ab")) <= 200


def test_videos_of_one_source_share_a_split_group_whatever_split_is_asked_for_later() -> None:
    first = submit(source="cam", split=Split.HOLDOUT)
    second = submit(b"other", source="cam", split=Split.TRAIN)
    assert first.video.split_group == second.video.split_group
    assert SplitGroup.objects.get().split == "holdout"


def test_however_unlucky_the_draw_a_tenth_of_the_sources_measures() -> None:
    unlucky = [key for n in range(400) if split_drawn(key := f"source:{n}") == Split.TRAIN][:31]
    for key in unlucky:
        submit(key.encode(), source=key.removeprefix("source:"))
    splits = list(SplitGroup.objects.values_list("split", flat=True))
    assert [splits.count(split) for split in Split] == [25, 3, 3]


def test_demo_films_do_not_measure_in_place_of_real_sources() -> None:
    for n in range(9):
        submit(b"demo%d" % n, source=f"d{n}", is_demo=True, split=Split.HOLDOUT)
    key = next(key for n in range(400) if split_drawn(key := f"source:{n}") == Split.TRAIN)
    for n in range(9):
        SplitGroup.objects.create(key=f"real{n}", split=Split.TRAIN, created_at=NOW)
    assert submit(source=key.removeprefix("source:")).video.split_group.split == Split.HOLDOUT


def test_the_drawn_splits_are_fixed_and_about_70_15_15() -> None:
    drawn = [split_drawn(f"source:{n}") for n in range(2000)]
    assert drawn == [split_drawn(f"source:{n}") for n in range(2000)]
    shares = [drawn.count(split) / 2000 for split in Split]
    assert shares == pytest.approx([0.7, 0.15, 0.15], abs=0.03)


def test_without_any_queue_one_is_made_because_every_video_becomes_a_task() -> None:
    queue = submit().task.queue
    assert queue.is_default
    assert not queue.violation_types.exists(), "so that it covers also what is written later"


def test_a_task_takes_the_overlap_of_its_queue() -> None:
    queue = QueueFactory(overlap=3)
    assert submit(queue=queue).task.overlap == 3
    assert Task.objects.get().queue == queue
