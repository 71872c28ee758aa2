"""POST /api/submissions, GET /api/videos, retry, bundles and training runs by API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from review.models import (
    AnalysisState,
    BundleState,
    Role,
    Submission,
    SubmissionOrigin,
    TaskState,
    TrainingRun,
    User,
    Video,
)
from tests.factories import AnalysisFactory, ApiTokenFactory, BundleFactory, SubmissionFactory, UserFactory

pytestmark = pytest.mark.django_db
NASTY = 'a "quoted"\nname 🎬.mp4'


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def administrator() -> User:
    made: User = UserFactory(username="ada", role=Role.ADMINISTRATOR)
    return made


@pytest.fixture
def ada(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def alice() -> Client:
    client = Client()
    client.force_login(UserFactory(username="alice"))
    return client


def send(client: Client, content: bytes = b"film", name: str = "film.mp4", **fields: str) -> Any:
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post("/api/submissions", {"file": file, **fields})


def test_an_upload_becomes_a_submission_a_task_and_a_queued_analysis(ada: Client) -> None:
    response = send(ada, title="A film", metadata='{"language": "en"}')
    assert response.status_code == 201
    made = response.json()
    submission = Submission.objects.get(public_id=made["id"])
    assert (submission.title, submission.metadata) == ("A film", {"language": "en"})
    assert submission.origin == SubmissionOrigin.UPLOAD
    assert (made["known_video"], made["analysis_state"]) == (False, AnalysisState.QUEUED)
    assert submission.task.pk == made["task_id"]
    details = ada.get(f"/api/submissions/{made['id']}").json()
    assert (details["title"], details["task_state"]) == ("A film", TaskState.WAITING)


def test_the_same_bytes_again_are_a_new_submission_of_the_known_video(ada: Client) -> None:
    first, second = send(ada).json(), send(ada, name="other.mkv").json()
    assert second["known_video"] is True
    assert second["id"] != first["id"]
    assert second["analysis_id"] == first["analysis_id"]
    assert Video.objects.count() == 1


def test_a_repeated_external_id_answers_with_the_first(ada: Client) -> None:
    first = send(ada, external_id="7")
    again = send(ada, external_id="7")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    other = send(ada, content=b"other", external_id="7")
    assert other.status_code == 409
    assert "already names another file" in other.json()["detail"]


def test_a_nasty_name_is_a_label_and_never_a_path(ada: Client) -> None:
    send(ada, name=NASTY)
    submission = Submission.objects.get()
    assert "\n" not in submission.title
    assert "🎬" in submission.title
    assert submission.video.path.endswith("/original.mp4")


def test_an_empty_file_is_refused_in_words(ada: Client) -> None:
    response = send(ada, content=b"")
    assert response.status_code == 422
    assert "The file is empty" in response.json()["detail"]
    assert not Video.objects.exists()


def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing(
    ada: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.UPLOAD_MAX_BYTES = 3
    assert send(ada).status_code == 413
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_body_too_large_by_its_own_word_is_refused_unread(ada: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    response = ada.post(
        "/api/submissions",
        data=b"--x\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"Content-Length": str(10**9)},
    )
    assert response.status_code == 413
    assert response.json()["code"] == "upload_too_large"


@pytest.mark.parametrize("metadata", ["[1]", "{", "1", '{"a": "' + "x" * 20_001 + '"}', "[" * 19_000])
def test_metadata_that_is_no_object_is_refused(ada: Client, metadata: str) -> None:
    response = send(ada, metadata=metadata)
    assert response.status_code == 422
    assert response.json()["code"] == "metadata_invalid"


def test_no_file_is_refused_in_words(ada: Client) -> None:
    assert ada.post("/api/submissions", {"title": "Nothing"}).status_code == 422


def test_a_token_sends_as_its_owner(administrator: User) -> None:
    ApiTokenFactory(owner=administrator, secret="open sesame")
    client = Client(headers={"Authorization": "Bearer open sesame"})
    assert send(client).status_code == 201
    submission = Submission.objects.get()
    assert (submission.submitted_by, submission.origin) == (administrator, SubmissionOrigin.API)


def test_reviewers_and_strangers_send_nothing(alice: Client) -> None:
    assert send(alice).status_code == 403
    assert send(Client()).status_code == 401
    assert not Submission.objects.exists()


def test_a_submission_is_read_by_its_sender_and_seniors(ada: Client, alice: Client) -> None:
    address = f"/api/submissions/{SubmissionFactory().public_id}"
    assert [client.get(address).status_code for client in (ada, alice, Client())] == [200, 404, 401]


def test_videos_come_in_pages_newest_first(ada: Client, alice: Client) -> None:
    for title in ("first", "second", "third"):
        SubmissionFactory(title=title)
    rows = ada.get("/api/videos", {"page_size": 2}).json()
    assert [row["title"] for row in rows] == ["third", "second"]
    assert len(ada.get("/api/videos", {"page_size": 2, "page": 2}).json()) == 1
    assert ada.get("/api/videos", {"page": 9}).json() == []
    assert ada.get("/api/videos", {"page": 0}).status_code == 422
    assert alice.get("/api/videos").status_code == 403


def test_a_failed_analysis_is_queued_again(ada: Client, alice: Client) -> None:
    analysis = AnalysisFactory(state=AnalysisState.FAILED, bundle=None)
    address = f"/api/analyses/{analysis.pk}/retry"
    assert alice.post(address).status_code == 403
    assert ada.post(address).json()["state"] == AnalysisState.QUEUED
    assert ada.post(address).status_code == 409


def test_a_bundle_is_promoted_by_an_administrator_with_a_reason(ada: Client, alice: Client) -> None:
    bundle = BundleFactory()
    address = f"/api/bundles/{bundle.pk}/promote"
    body = {"reason": "Better by eye."}
    assert alice.post(address, body, content_type="application/json").status_code == 403
    assert ada.post(address, {"reason": ""}, content_type="application/json").status_code == 422
    assert ada.post(address, body, content_type="application/json").json()["state"] == BundleState.LIVE
    assert ada.post("/api/bundles/999/promote", body, content_type="application/json").status_code == 404
    assert [each["state"] for each in ada.get("/api/bundles").json()] == [BundleState.LIVE]


def test_a_training_run_is_started_once_and_read(ada: Client, alice: Client) -> None:
    assert alice.post("/api/training-runs").status_code == 403
    started = ada.post("/api/training-runs")
    assert started.status_code == 202
    assert ada.post("/api/training-runs").status_code == 409
    run = TrainingRun.objects.get()
    assert ada.get(f"/api/training-runs/{run.pk}").json() == started.json()
    assert [each["id"] for each in ada.get("/api/training-runs").json()] == [run.pk]
    assert ada.get("/api/training-runs/999").status_code == 404


@pytest.mark.parametrize("metadata", ['{"a": NaN}', '{"a": 1e999}', '{"a": -Infinity}'])
def test_metadata_that_no_database_takes_is_refused(ada: Client, metadata: str) -> None:
    answer = send(ada, metadata=metadata)
    assert (answer.status_code, answer.json()["code"]) == (422, "metadata_invalid")


def test_metadata_loses_what_cannot_be_stored(ada: Client) -> None:
    assert send(ada, metadata='{"a\\u0000": ["b\\u0000", {"c": "\\ud800d"}]}').status_code == 201
    assert Submission.objects.get().metadata == {"a": ["b", {"c": "d"}]}


def test_an_external_id_too_long_is_refused_not_cut(ada: Client) -> None:
    answer = send(ada, external_id="x" * 201)
    assert (answer.status_code, answer.json()["code"]) == (409, "submission_refused")
