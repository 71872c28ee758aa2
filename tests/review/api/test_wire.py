"""The wire, in JSON and status codes: ways in, problems, and the path of one review."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from review.models import Review, User
from review.services.reviews import reviews_expire
from tests.factories import ApiTokenFactory, QueueFactory, Scene, UserFactory, make_scene
from tests.review.helpers import segment

pytestmark = pytest.mark.django_db
JSON = "application/json"


def browser_of(person: User, *, csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(person)
    return client


def take(client: Client, scene: Scene) -> dict[str, Any]:
    answer = client.post(f"/api/queues/{scene.queue.pk}/next")
    assert answer.status_code == 200, answer.content
    workbench: dict[str, Any] = client.get(f"/api/reviews/{answer.json()['review_id']}").json()
    return workbench


def body(workbench: dict[str, Any], *segments: dict[str, Any], **values: Any) -> dict[str, Any]:
    draft = {**workbench["draft"], "segments": list(segments), **values}
    token = workbench["lease"]["token"]
    return {"lease_token": token, "version": workbench["draft_version"], "draft": draft}


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    content: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(content)
    assert (content["status"], content["code"]) == (status, code)
    assert content["detail"].endswith(".")
    return content


# --- Ways in ------------------------------------------------------------------------------------------------


def test_a_stranger_is_asked_to_log_in() -> None:
    assert_problem(Client().get("/api/me"), 401, "not_signed_in")


def test_a_session_says_who_one_is() -> None:
    dora = UserFactory(username="dora", role="senior")
    me = browser_of(dora).get("/api/me").json()
    assert (me["username"], me["role"], me["is_senior"], me["tour_done"]) == ("dora", "senior", True, False)


def test_a_write_by_session_needs_the_csrf_token() -> None:
    client, queue = browser_of(UserFactory(), csrf=True), QueueFactory()
    assert_problem(client.post(f"/api/queues/{queue.pk}/next"), 403, "not_allowed")
    client.cookies["csrftoken"] = "a" * 32
    answer = client.post(f"/api/queues/{queue.pk}/next", headers={"X-CSRFToken": "a" * 32})
    assert answer.status_code == 204


def test_a_token_acts_as_its_owner_without_csrf_and_notes_its_use() -> None:
    token = ApiTokenFactory(secret="s3cret", owner__username="platform")
    client = Client(enforce_csrf_checks=True)
    queue = QueueFactory()
    bearer = {"Authorization": "Bearer s3cret"}
    assert client.get("/api/me", headers=bearer).json()["username"] == "platform"
    assert client.post(f"/api/queues/{queue.pk}/next", headers=bearer).status_code == 204
    token.refresh_from_db()
    assert token.last_used_at is not None


@pytest.mark.parametrize("wrong", ["unknown", "revoked", "closed"])
def test_a_wrong_token_is_refused_even_beside_a_good_session(wrong: str) -> None:
    ApiTokenFactory(
        secret="s3cret",
        revoked_at=timezone.now() if wrong == "revoked" else None,
        owner__is_active=wrong != "closed",
    )
    secret = "guessed" if wrong == "unknown" else "s3cret"
    answer = browser_of(UserFactory()).get("/api/me", headers={"Authorization": f"Bearer {secret}"})
    assert_problem(answer, 401, "not_signed_in")


# --- Problems -----------------------------------------------------------------------------------------------


def test_an_unknown_address_or_row_is_a_problem_too() -> None:
    client = browser_of(UserFactory())
    assert_problem(client.get("/api/reviews/999"), 404, "not_found")
    assert_problem(client.post("/api/queues/999/next"), 404, "not_found")


def test_a_request_of_another_shape_is_told_field_by_field() -> None:
    scene = make_scene()
    client = browser_of(UserFactory())
    workbench = take(client, scene)
    wrong = {**segment(scene.gunfire), "end_ms": 1.5}
    answer = client.put(f"/api/reviews/{workbench['id']}/draft", body(workbench, wrong), content_type=JSON)
    problem = assert_problem(answer, 422, "request_invalid")
    assert problem["detail"].startswith("draft, segments 1, end_ms: Input should be a valid integer")


def test_what_is_no_json_is_refused() -> None:
    client = browser_of(UserFactory())
    workbench = take(client, make_scene())
    answer = client.put(f"/api/reviews/{workbench['id']}/draft", "{not json", content_type=JSON)
    assert_problem(answer, 400, "request_refused")


def test_characters_that_no_database_stores_are_dropped() -> None:
    client = browser_of(UserFactory())
    workbench = take(client, make_scene())
    half_an_emoji = "\ud83d"
    content = body(workbench, notes=f"a\x00b{half_an_emoji}c")
    answer = client.put(f"/api/reviews/{workbench['id']}/draft", content, content_type=JSON)
    assert answer.status_code == 200
    assert client.get(f"/api/reviews/{workbench['id']}").json()["draft"]["notes"] == "abc"


def test_a_crash_shows_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(**_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("review.api.queues.queue_lines", crash)
    client = browser_of(UserFactory())
    problem = assert_problem(client.get("/api/queues"), 500, "internal_error")
    assert "secret" not in str(problem)


# --- One review ---------------------------------------------------------------------------------------------


def test_a_review_goes_from_the_queue_to_the_insights() -> None:
    scene = make_scene()
    client = browser_of(UserFactory())
    (queue,) = client.get("/api/queues").json()
    assert (queue["id"], queue["waiting"]) == (scene.queue.pk, 1)
    workbench = take(client, scene)
    address = f"/api/reviews/{workbench['id']}"
    assert len(client.get(workbench["curves"]["url"]).content) == 3 * 240 * 2

    first, second = scene.hints
    content = body(
        workbench,
        segment(scene.gunfire, hints=[first]),
        verdict="violating",
        shown=[first.pk, second.pk],
        rejected=[second.pk],
    )
    saved = client.put(f"{address}/draft", content, content_type=JSON).json()
    assert saved["version"] == 1
    assert client.post(f"{address}/renew", {"lease_token": 1}, content_type=JSON).json()["lease_token"] == 1
    content["version"] = 1
    answer = client.post(f"{address}/submit", content, content_type=JSON)
    assert answer.json() == {"review_id": workbench["id"], "task_state": "settled"}
    assert client.post(f"{address}/submit", content, content_type=JSON).json() == answer.json()

    (line,) = client.get("/api/reviews?state=submitted").json()
    assert (line["id"], line["verdict"], line["can_reopen"]) == (workbench["id"], "violating", True)
    insights = client.get("/api/insights").json()
    assert insights["acceptance"]["strict"]["count"] == 1
    assert insights["acceptance"]["outcomes"]["rejected"] == 1
    assert client.post(f"/api/queues/{scene.queue.pk}/next").status_code == 204


def test_a_conflict_carries_the_stored_draft() -> None:
    client = browser_of(UserFactory())
    workbench = take(client, make_scene())
    address = f"/api/reviews/{workbench['id']}/draft"
    client.put(address, body(workbench, notes="window one"), content_type=JSON)
    answer = client.put(address, body(workbench, notes="window two"), content_type=JSON)
    problem = assert_problem(answer, 409, "draft_conflict")
    assert (problem["current_version"], problem["current_draft"]["notes"]) == (1, "window one")


def test_a_lost_lease_is_refused_with_409_and_renewing_takes_the_review_back() -> None:
    client = browser_of(UserFactory())
    workbench = take(client, make_scene())
    address = f"/api/reviews/{workbench['id']}"
    Review.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert reviews_expire(now=timezone.now()) == 1
    answer = client.put(f"{address}/draft", body(workbench), content_type=JSON)
    assert_problem(answer, 409, "lease_lost")
    renewed = client.post(f"{address}/renew", {"lease_token": 1}, content_type=JSON).json()
    assert renewed["lease_token"] == 2
    assert client.get(address).json()["lease"]["token"] == 2


def test_a_draft_that_breaks_a_rule_is_refused_with_422() -> None:
    scene = make_scene()
    client = browser_of(UserFactory())
    workbench = take(client, scene)
    content = body(workbench, segment("spam"))
    answer = client.put(f"/api/reviews/{workbench['id']}/draft", content, content_type=JSON)
    assert '"spam"' in assert_problem(answer, 422, "draft_invalid")["detail"]


def test_a_skip_needs_a_reason() -> None:
    client = browser_of(UserFactory())
    workbench = take(client, make_scene())
    address = f"/api/reviews/{workbench['id']}/skip"
    answer = client.post(address, {"lease_token": 1, "reason": ""}, content_type=JSON)
    assert_problem(answer, 422, "request_invalid")
    answer = client.post(address, {"lease_token": 1, "reason": "too dark"}, content_type=JSON)
    assert answer.status_code == 204


def test_a_submitted_review_can_be_reopened() -> None:
    client = browser_of(UserFactory())
    workbench = take(client, make_scene())
    address = f"/api/reviews/{workbench['id']}"
    client.post(f"{address}/submit", body(workbench, verdict="clean"), content_type=JSON)
    assert client.get(address).json()["read_only"] is True
    assert client.post(f"{address}/reopen").json() == {"review_id": workbench["id"]}
    again = client.get(address).json()
    assert (again["read_only"], again["lease"]["token"]) == (False, 2)


def test_the_curves_of_a_blind_review_do_not_exist() -> None:
    client = browser_of(UserFactory())
    workbench = take(client, make_scene(arm="blind"))
    assert workbench["curves"] is None
    assert_problem(client.get(f"/api/reviews/{workbench['id']}/curves"), 404, "not_found")


def test_bob_can_do_nothing_with_alices_review() -> None:
    alice, bob = browser_of(UserFactory(username="alice")), browser_of(UserFactory(username="bob"))
    workbench = take(alice, make_scene())
    address = f"/api/reviews/{workbench['id']}"
    content = body(workbench, verdict="clean")
    answers = [
        bob.get(address),
        bob.get(f"{address}/curves"),
        bob.put(f"{address}/draft", content, content_type=JSON),
        bob.post(f"{address}/submit", content, content_type=JSON),
        bob.post(f"{address}/renew", {"lease_token": 1}, content_type=JSON),
        bob.post(f"{address}/skip", {"lease_token": 1, "reason": "mine"}, content_type=JSON),
        bob.post(f"{address}/reopen"),
    ]
    for answer in answers:
        assert_problem(answer, 404, "not_found")
    assert alice.get(address).json()["state"] == "leased"


# --- Problems -----------------------------------------------------------------------------------------------


def test_what_no_router_answers_is_a_problem_too() -> None:
    alice = browser_of(UserFactory())
    assert_problem(alice.get("/api/nothing"), 404, "not_found")
    assert_problem(alice.post("/api/bundles/abc/promote"), 404, "not_found")
    refused = alice.delete("/api/queues")
    assert_problem(refused, 405, "method_not_allowed")
    assert refused["Allow"] == "GET"
    assert_problem(alice.get("/api/me", headers={"host": "elsewhere.example"}), 400, "request_refused")
    assert alice.get("/nothing/")["Content-Type"].startswith("text/html")


def test_bodies_that_cannot_be_read_are_the_senders_fault() -> None:
    ada = browser_of(UserFactory(role="administrator"))
    assert_problem(ada.put("/api/reviews/1/draft", b" " * 11_000_000, JSON), 413, "body_too_large")
    assert_problem(ada.post("/api/submissions", b"x", "multipart/form-data"), 400, "request_refused")
    many = {f"field{n}": "1" for n in range(1_100)}
    assert_problem(ada.post("/api/submissions", many), 400, "request_refused")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 507, "disk_full"),
        (OSError(errno.EIO, "Input/output error"), 500, "internal_error"),
        (OperationalError("database is locked"), 503, "database_away"),
    ],
)
def test_trouble_of_the_house_has_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def broken(**_: object) -> None:
        raise error

    monkeypatch.setattr("review.api.reviews.review_lines", broken)
    assert_problem(browser_of(UserFactory()).get("/api/reviews"), status, code)
