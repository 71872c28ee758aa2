"""An arm that hides something is sent the same bytes, whatever it is that the model thinks.

Stronger than a list of forbidden names: the model's mind is changed as far as it goes, and all that a
reviewer may read meanwhile is compared byte by byte. A field added later that follows the model fails here.
"""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from review.models import Bundle, Curve, Hint, HintOutcome, Review, User
from tests.factories import NOW, HintFactory, ReviewFactory, Scene, UserFactory, make_scene
from tests.review.helpers import claim

pytestmark = pytest.mark.django_db
HIDING = pytest.mark.parametrize("arm", ["blind", "level1"])


def reading(person: User, review: Review) -> dict[str, bytes]:
    """Everything that a person can fetch while reviewing, by address."""
    client = Client()
    client.force_login(person)
    submission = review.task.submission.public_id
    addresses = [
        f"/api/reviews/{review.pk}",
        f"/api/reviews/{review.pk}/curves",
        f"/media/reviews/{review.pk}/thumbnails",
        f"/media/reviews/{review.pk}/waveform",
        f"/media/reviews/{review.pk}/frames",
        f"/media/reviews/{review.pk}/cuts",
        "/api/reviews",
        "/api/queues",
        "/api/videos",
        f"/api/submissions/{submission}",
        reverse("review", args=[review.pk]),
        reverse("queue"),
        reverse("history"),
        reverse("videos"),
        reverse("video", args=[submission]),
    ]
    return {address: _body(client, address) for address in addresses}


def _body(client: Client, address: str) -> bytes:
    answer = client.get(address)
    # What Django makes anew for each page: its CSRF token.
    token = answer.cookies["csrftoken"].value if "csrftoken" in answer.cookies else ""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    masked = str(answer.context["csrf_token"]) if answer.context and "csrf_token" in answer.context else ""
    for changing in filter(None, (token, masked)):
        content = content.replace(changing.encode(), b"")
    return f"{answer.status_code} ".encode() + content


def model_changes_its_mind(scene: Scene, *, curves: bool) -> None:
    """Other hints, scores, ranks, groups, thresholds and priority; for a blind review other curves too, and
    another bundle. Others of the same submission meet those hints."""
    Hint.objects.filter(pk=scene.hints[0].pk).delete()
    Hint.objects.filter(pk=scene.hints[1].pk).update(start_ms=40_000, end_ms=55_000, score=0.31, rank=999)
    for start_ms in range(0, 50_000, 5_000):
        HintFactory(
            analysis=scene.analysis, violation_type=scene.fight, start_ms=start_ms, end_ms=start_ms + 900
        )
    Curve.objects.update(threshold=0.123)
    Bundle.objects.update(thresholds={scene.fight.slug: 0.123}, metrics={"auc": 0.5})
    scene.task.priority = 987.654
    scene.task.save(update_fields=["priority"])
    HintOutcome.objects.update(outcome="rejected")
    if curves:
        Curve.objects.update(scores=b"\x01" * 240, band_low=b"", band_high=b"")
        Bundle.objects.update(name="another-bundle", feature_tier="pretrained", violation_slugs=[])


@HIDING
@pytest.mark.parametrize("role", ["reviewer", "senior"])
def test_what_a_reviewer_reads_does_not_follow_what_is_hidden(arm: str, role: str) -> None:
    scene = make_scene(arm=arm, overlap=3)
    others = ReviewFactory(
        task=scene.task, state="submitted", verdict="clean", submitted_at=NOW, slot=2, arm="level2"
    )
    HintOutcome.objects.create(review=others, hint=scene.hints[1], outcome="accepted", played=True)
    person = UserFactory(role=role)
    review = claim(scene, person)
    before = reading(person, review)
    model_changes_its_mind(scene, curves=arm == "blind")
    after = reading(person, review)
    assert {address for address in before if before[address] != after[address]} == set()


def test_the_same_change_shows_where_hints_are_shown() -> None:
    """Else the test above could pass by looking at nothing."""
    scene = make_scene(arm="level2")
    person = UserFactory()
    review = claim(scene, person)
    before = reading(person, review)
    model_changes_its_mind(scene, curves=True)
    after = reading(person, review)
    changed = {address for address in before if before[address] != after[address]}
    assert changed == {f"/api/reviews/{review.pk}", f"/api/reviews/{review.pk}/curves"}


@HIDING
def test_guessing_hints_by_their_numbers_tells_nothing(arm: str) -> None:
    """A draft that names a hint is refused in the same words, whether there is such a hint or not."""
    scene = make_scene(arm=arm)
    person = UserFactory()
    review = claim(scene, person)
    client = Client()
    client.force_login(person)

    def refusal(hint_id: int) -> str:
        body = {"lease_token": review.lease_token, "version": 0, "draft": {"shown": [hint_id]}}
        answer = client.put(f"/api/reviews/{review.pk}/draft", body, content_type="application/json")
        assert answer.status_code == 422
        return str(answer.json()["detail"]).replace(str(hint_id), "N")

    assert refusal(scene.hints[0].pk) == refusal(987_654_321)


@HIDING
def test_the_slider_of_a_review_without_hints_is_kept_and_shows_nothing(arm: str) -> None:
    scene = make_scene(arm=arm)
    person = UserFactory()
    review = claim(scene, person)
    client = Client()
    client.force_login(person)
    body = {
        "lease_token": review.lease_token,
        "version": 0,
        "draft": {"score_threshold": 0.05, "show_more": True},
    }
    assert (
        client.put(f"/api/reviews/{review.pk}/draft", body, content_type="application/json").status_code
        == 200
    )
    found = client.get(f"/api/reviews/{review.pk}").json()
    assert found["draft"]["score_threshold"] == 0.05
    assert (found["hints"], found["thresholds"], found["draft"]["shown"]) == ([], {}, [])
