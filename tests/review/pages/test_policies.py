"""Policies, violation types and queues edited in pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from review.models import Policy, Queue, User, ViolationType
from review.services.policies import QueueRules, UnableToChangePolicy, queue_edit
from tests.factories import (
    NOW,
    AnalysisFactory,
    BundleFactory,
    PolicyFactory,
    QueueFactory,
    TaskFactory,
    UserFactory,
    ViolationTypeFactory,
)
from tests.review.pages.conftest import SignIn

pytestmark = pytest.mark.django_db
POLICY = {
    "name": "Violence",
    "severity": "2",
    "guideline": "Hits.",
    "colour": "#aa0000",
    "enforcement": "limit",
}
TYPE = {"name": "Fight", "modality": "picture", "key": "1", "colour": "#00aa00", "is_active": "on"}


@pytest.fixture
def ada(sign_in: SignIn, administrator: User) -> Client:
    return sign_in(administrator)


def test_a_policy_is_written_with_its_first_version(ada: Client) -> None:
    assert ada.post(reverse("policy-new"), {**POLICY, "slug": "violence"}).status_code == 302
    version = Policy.objects.get(slug="violence").versions.get()
    assert (version.number, version.name, version.severity) == (1, "Violence", 2.0)


def test_an_edit_makes_the_next_version_and_keeps_the_old(ada: Client, administrator: User) -> None:
    policy = PolicyFactory()
    ada.post(reverse("policy-edit", args=[policy.pk]), {**POLICY, "is_active": "on"})
    newest, first = policy.versions.all()
    assert (newest.number, newest.name, newest.created_by) == (2, "Violence", administrator)
    assert first.name != "Violence"


def test_saving_without_a_change_makes_no_version(ada: Client) -> None:
    policy = PolicyFactory()
    for _ in range(2):
        ada.post(reverse("policy-edit", args=[policy.pk]), {**POLICY, "is_active": "on"})
    assert policy.versions.count() == 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"severity": "11"}, "less than or equal to 10"),
        ({"colour": "red"}, "Write the colour as #"),
        ({"slug": "two words"}, "Enter a valid “slug”"),
        ({"slug": "taken"}, "There is a policy taken already"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_wrong_policy_is_explained(ada: Client, wrong: dict[str, str], sentence: str) -> None:
    PolicyFactory(slug="taken")
    page = ada.post(reverse("policy-new"), {**POLICY, "slug": "new", **wrong}).content.decode()
    assert sentence in page
    assert not Policy.objects.filter(slug="new").exists()


def test_a_violation_type_is_made_and_edited(ada: Client) -> None:
    policy = PolicyFactory()
    ada.post(reverse("type-new", args=[policy.pk]), {**TYPE, "slug": "fight"})
    made = ViolationType.objects.get(slug="fight", policy=policy)
    ada.post(reverse("type-edit", args=[made.pk]), {**TYPE, "name": "Brawl", "slug": "ignored"})
    made.refresh_from_db()
    assert (made.name, made.slug, made.key) == ("Brawl", "fight", "1")


def test_a_key_belongs_to_one_type(ada: Client) -> None:
    holder = ViolationTypeFactory(key="1", name="Gunfire")
    page = ada.post(reverse("type-new", args=[holder.policy_id]), {**TYPE, "slug": "fight"}).content.decode()
    assert "Key 1 belongs to Gunfire" in page
    assert not ViolationType.objects.filter(slug="fight").exists()


def test_a_type_keeps_its_own_key_and_one_not_in_use_frees_it(ada: Client) -> None:
    mine = ViolationTypeFactory(key="1", is_active=True)
    assert ada.post(reverse("type-edit", args=[mine.pk]), TYPE).status_code == 302
    ViolationType.objects.filter(pk=mine.pk).update(is_active=False)
    assert ada.post(reverse("type-new", args=[mine.policy_id]), {**TYPE, "slug": "other"}).status_code == 302


def queue_form(queue: Queue, **changed: Any) -> dict[str, Any]:
    shares = {"blind": 20, "level1": 20, "level2": 60}
    plain = {"name": queue.name, "overlap": 2, "lease_seconds": 600, "precision": 80, "is_active": "on"}
    return {**plain, **shares, **changed}


def test_a_queue_covers_what_was_ticked_and_mixes_the_arms(ada: Client) -> None:
    queue, kind = QueueFactory(), ViolationTypeFactory()
    ada.post(reverse("queue-edit", args=[queue.pk]), queue_form(queue, violation_types=[kind.pk]))
    queue.refresh_from_db()
    assert list(queue.violation_types.all()) == [kind]
    assert queue.arm_mix == {"blind": 0.2, "level1": 0.2, "level2": 0.6}
    assert (queue.overlap, queue.lease_seconds, queue.precision_floor) == (2, 600, 0.8)


def test_another_precision_has_waiting_videos_scored_again(ada: Client) -> None:
    analysis = AnalysisFactory(bundle=BundleFactory(state="live"))
    task = TaskFactory(submission__video=analysis.video)
    path = reverse("queue-edit", args=[task.queue.pk])
    assert "being scored again" in ada.post(path, queue_form(task.queue), follow=True).content.decode()
    assert "being scored again" not in ada.post(path, queue_form(task.queue), follow=True).content.decode()
    assert analysis.video.analyses.count() == 2


@pytest.mark.parametrize("precision", ["", "49", "96", "0.7", "many"])
def test_a_precision_nobody_can_mean_is_refused(ada: Client, precision: str) -> None:
    queue = QueueFactory()
    form = queue_form(queue, precision=precision)
    assert "errorlist" in ada.post(reverse("queue-edit", args=[queue.pk]), form).content.decode()
    queue.refresh_from_db()
    assert queue.precision_floor == 0.7


def test_the_service_refuses_such_a_precision_too() -> None:
    queue = QueueFactory()
    rules = QueueRules(queue.name, [], 1, 900, {"blind": 0, "level1": 0, "level2": 1}, 0.2, is_active=True)
    with pytest.raises(UnableToChangePolicy, match="between 50% and 95%"):
        queue_edit(actor=UserFactory(), queue=queue, rules=rules, now=NOW)


def test_ticking_no_type_covers_every_type_in_use(ada: Client) -> None:
    kind = ViolationTypeFactory(name="Gunfire")
    queue = QueueFactory(violation_types=[kind])
    assert "every type in use" not in ada.get(reverse("policies")).content.decode()
    ada.post(reverse("queue-edit", args=[queue.pk]), queue_form(queue))
    assert "every type in use" in ada.get(reverse("policies")).content.decode()


def test_a_chosen_type_that_was_switched_off_stays_chosen(ada: Client) -> None:
    kind = ViolationTypeFactory(name="Gunfire", is_active=False)
    queue = QueueFactory(violation_types=[kind])
    assert f'value="{kind.pk}"' in ada.get(reverse("queue-edit", args=[queue.pk])).content.decode()
    ada.post(reverse("queue-edit", args=[queue.pk]), queue_form(queue, violation_types=[kind.pk]))
    assert list(queue.violation_types.all()) == [kind]
    assert "(not in use)" in ada.get(reverse("policies")).content.decode()


def test_shares_that_do_not_add_up_are_refused(ada: Client) -> None:
    queue = QueueFactory()
    page = ada.post(reverse("queue-edit", args=[queue.pk]), queue_form(queue, level2=70)).content.decode()
    assert "must add up to 100 %" in page


def test_the_queue_for_new_videos_stays_in_use(ada: Client) -> None:
    queue = QueueFactory(is_default=True)
    page = ada.post(reverse("queue-edit", args=[queue.pk]), queue_form(queue, is_active="")).content.decode()
    assert "New videos come to this queue" in page


def test_a_reviewer_writes_no_policy(sign_in: SignIn, alice: User, charlie: Client) -> None:
    form = {**POLICY, "slug": "mine"}
    assert sign_in(alice).post(reverse("policy-new"), form).status_code == 403
    assert charlie.post(reverse("policy-new"), form).status_code == 302
    assert not Policy.objects.exists()


def test_the_policies_page_asks_the_same_for_two_or_twenty(
    ada: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for kind in ViolationTypeFactory.create_batch(10):
        QueueFactory(violation_types=[kind])
    with django_assert_num_queries(8):
        ada.get(reverse("policies"))
