"""Media goes to whoever may watch at that moment, and to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from review.models import Review, ReviewState, User, Verdict
from tests.factories import NOW, ReviewFactory
from tests.review.pages.conftest import SignIn

pytestmark = pytest.mark.django_db
ORIGINAL, PROXY, WAVEFORM = b"original bytes", b"proxy", b"\x01\x02\x03"


@pytest.fixture
def review(alice: User, settings: Settings, tmp_path: Path) -> Review:
    settings.MEDIA_ROOT = tmp_path
    settings.MEDIA_ACCEL_PREFIX = ""
    made: Review = ReviewFactory(reviewer=alice)
    video = made.task.submission.video
    video.probe = {"container": "matroska,webm", "video_codec": "vp9"}
    video.waveform = {"path": f"videos/{video.sha256[:2]}/{video.sha256}/waveform.bin"}
    video.frames = {"path": f"videos/{video.sha256[:2]}/{video.sha256}/frames.bin", "count": 2}
    video.cuts = {"path": f"videos/{video.sha256[:2]}/{video.sha256}/cuts.bin", "count": 1}
    video.save()
    (tmp_path / video.path).parent.mkdir(parents=True)
    (tmp_path / video.path).write_bytes(ORIGINAL)
    (tmp_path / video.waveform["path"]).write_bytes(WAVEFORM)
    (tmp_path / video.frames["path"]).write_bytes(b"frames")
    (tmp_path / video.cuts["path"]).write_bytes(b"cuts")
    return made


def address(review: Review, kind: str = "video") -> str:
    return reverse("review-media", args=[review.pk, kind])


def content(client: Client, url: str, **headers: str) -> bytes:
    response = client.get(url, headers=headers)
    assert response.status_code in {200, 206}
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_alice_watches_what_she_reviews_by_ranges(sign_in: SignIn, alice: User, review: Review) -> None:
    response = sign_in(alice).get(address(review), headers={"Range": "bytes=0-7"})
    assert response.status_code == 206
    assert b"".join(response.streaming_content) == b"original"  # type: ignore[attr-defined]
    assert response.headers["Content-Range"] == f"bytes 0-7/{len(ORIGINAL)}"
    assert response.headers["Content-Type"] == "video/webm"
    assert review.task.submission.video.sha256 in response.headers["ETag"]


@pytest.mark.parametrize("kind", ["video", "waveform", "thumbnails", "frames", "cuts"])
def test_bob_and_charlie_get_nothing(
    sign_in: SignIn, bob: User, charlie: Client, review: Review, kind: str
) -> None:
    assert sign_in(bob).get(address(review, kind)).status_code == 404
    assert charlie.get(address(review, kind)).status_code == 404


def test_a_senior_may_watch_any_review(sign_in: SignIn, senior: User, review: Review) -> None:
    assert content(sign_in(senior), address(review)) == ORIGINAL


@pytest.mark.parametrize("state", [ReviewState.SKIPPED, ReviewState.EXPIRED])
def test_who_gave_the_task_back_watches_no_more(
    sign_in: SignIn, alice: User, review: Review, state: ReviewState
) -> None:
    Review.objects.filter(pk=review.pk).update(state=state)
    assert sign_in(alice).get(address(review)).status_code == 404


def test_who_submitted_may_look_again(sign_in: SignIn, alice: User, review: Review) -> None:
    Review.objects.filter(pk=review.pk).update(
        state=ReviewState.SUBMITTED, verdict=Verdict.CLEAN, submitted_at=NOW
    )
    assert content(sign_in(alice), address(review)) == ORIGINAL


def test_each_request_is_checked_again(sign_in: SignIn, alice: User, review: Review) -> None:
    client = sign_in(alice)
    assert content(client, address(review)) == ORIGINAL
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get(address(review)).status_code == 404


def test_the_proxy_is_served_where_there_is_one(
    sign_in: SignIn, alice: User, review: Review, tmp_path: Path
) -> None:
    video = review.task.submission.video
    video.proxy_path = str(Path(video.path).with_name("proxy.mp4"))
    video.save()
    (tmp_path / video.proxy_path).write_bytes(PROXY)
    response = sign_in(alice).get(address(review))
    assert b"".join(response.streaming_content) == PROXY  # type: ignore[attr-defined]
    assert response.headers["Content-Type"] == "video/mp4"


def test_derived_files_come_along_and_missing_ones_are_404(
    sign_in: SignIn, alice: User, review: Review, tmp_path: Path
) -> None:
    client = sign_in(alice)
    assert content(client, address(review, "waveform")) == WAVEFORM
    assert content(client, address(review, "frames")) == b"frames"
    assert content(client, address(review, "cuts")) == b"cuts"
    assert client.get(address(review, "thumbnails")).status_code == 404
    (tmp_path / review.task.submission.video.path).unlink()
    assert client.get(address(review)).status_code == 404


def test_media_is_only_read(sign_in: SignIn, alice: User, review: Review) -> None:
    client = sign_in(alice)
    assert client.post(address(review)).status_code == 405
    assert client.head(address(review)).headers["Content-Length"] == str(len(ORIGINAL))


def test_a_submissions_video_is_for_seniors(
    sign_in: SignIn, alice: User, senior: User, charlie: Client, review: Review
) -> None:
    url = reverse("submission-video", args=[review.task.submission.public_id])
    assert content(sign_in(senior), url) == ORIGINAL
    assert sign_in(alice).get(url).status_code == 404
    assert charlie.get(url).status_code == 404


def test_behind_nginx_only_the_right_is_checked_here(
    sign_in: SignIn, alice: User, bob: User, review: Review, settings: Settings
) -> None:
    settings.MEDIA_ACCEL_PREFIX = "/protected/"
    handed = sign_in(alice).get(address(review)).headers["X-Accel-Redirect"]
    assert handed == f"/protected/{review.task.submission.video.path}"
    assert "X-Accel-Redirect" not in sign_in(bob).get(address(review)).headers
