"""Which role sees which page; everybody else is sent to the login or refused."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from review.models import User
from tests.factories import BundleFactory, PolicyFactory, QueueFactory, ReviewFactory, SubmissionFactory
from tests.review.pages.conftest import SignIn

pytestmark = pytest.mark.django_db

EVERYBODY = ["queue", "history", "insights", "preferences"]
SENIORS = ["videos", "tokens"]
ADMINISTRATORS = ["bundles", "policies", "policy-new", "people", "defaults"]


@pytest.mark.parametrize("name", [*EVERYBODY, *SENIORS, *ADMINISTRATORS])
def test_charlie_is_sent_to_the_login_and_back(charlie: Client, name: str) -> None:
    address = reverse(name)
    response = charlie.get(address)
    assert response.status_code == 302
    assert response.headers["Location"] == f"{reverse('login')}?next={address}"


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_reviewer_sees_their_own_pages(sign_in: SignIn, alice: User, name: str) -> None:
    assert sign_in(alice).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", [*SENIORS, *ADMINISTRATORS])
def test_a_reviewer_is_refused_what_others_do(sign_in: SignIn, alice: User, name: str) -> None:
    response = sign_in(alice).get(reverse(name))
    assert response.status_code == 403
    assert "You may not see this" in response.content.decode()


@pytest.mark.parametrize("name", [*EVERYBODY, *SENIORS])
def test_a_senior_sees_videos_too(sign_in: SignIn, senior: User, name: str) -> None:
    assert sign_in(senior).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ADMINISTRATORS)
def test_a_senior_changes_no_policies_people_or_bundles(sign_in: SignIn, senior: User, name: str) -> None:
    assert sign_in(senior).get(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", [*EVERYBODY, *SENIORS, *ADMINISTRATORS, "admin:index"])
def test_an_administrator_sees_every_page(sign_in: SignIn, administrator: User, name: str) -> None:
    assert sign_in(administrator).get(reverse(name)).status_code == 200


def test_pages_of_single_things_open_for_an_administrator(sign_in: SignIn, administrator: User) -> None:
    client = sign_in(administrator)
    addresses = [
        reverse("bundle", args=[BundleFactory().pk]),
        reverse("policy-edit", args=[PolicyFactory().pk]),
        reverse("queue-edit", args=[QueueFactory().pk]),
        reverse("video", args=[SubmissionFactory().public_id]),
    ]
    assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)


def test_a_workbench_opens_for_its_reviewer_alone(sign_in: SignIn, alice: User, bob: User) -> None:
    address = reverse("review", args=[ReviewFactory(reviewer=alice).pk])
    response = sign_in(alice).get(address)
    assert f'data-review-id="{response.context["review"].pk}"' in response.content.decode()
    assert sign_in(bob).get(address).status_code == 404


def test_the_bar_at_the_top_links_what_the_role_may_open(
    sign_in: SignIn, alice: User, administrator: User
) -> None:
    assert 'href="/people/"' not in sign_in(alice).get("/").content.decode()
    assert 'href="/people/"' in sign_in(administrator).get("/").content.decode()


def test_nothing_at_an_address_is_said_in_plain_words(charlie: Client) -> None:
    response = charlie.get("/no-such-page/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_pages_carry_no_inline_script(sign_in: SignIn, administrator: User) -> None:
    for name in [*EVERYBODY, *SENIORS, *ADMINISTRATORS]:
        page = sign_in(administrator).get(reverse(name)).content.decode()
        assert "<script>" not in page
        assert " onclick=" not in page
        assert " style=" not in page
