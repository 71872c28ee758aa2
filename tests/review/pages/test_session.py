"""Logging in, invitations, the tour."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from review.models import Role, User
from review.services.people import invitation_create, invitation_revoke
from tests.factories import PASSWORD, UserFactory
from tests.review.pages.conftest import SignIn

pytestmark = pytest.mark.django_db
ACCOUNT = {"username": "new", "password": PASSWORD, "password_again": PASSWORD}


@pytest.fixture
def link(administrator: User) -> str:
    _, secret = invitation_create(actor=administrator, role=Role.SENIOR, now=timezone.now())
    return reverse("invitation", args=[secret])


def test_a_right_password_leads_to_where_one_wanted_to_go(charlie: Client) -> None:
    UserFactory(username="alice", password=PASSWORD)
    form = {"username": "alice", "password": PASSWORD, "next": "/history/"}
    assert charlie.post(reverse("login"), form).headers["Location"] == "/history/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_login_never_leads_to_another_house(charlie: Client, elsewhere: str) -> None:
    UserFactory(username="alice", password=PASSWORD)
    form = {"username": "alice", "password": PASSWORD, "next": elsewhere}
    assert charlie.post(reverse("login"), form).headers["Location"] == "/"


@pytest.mark.parametrize("username", ["alice", "nobody"])
def test_a_wrong_password_and_a_wrong_name_read_the_same(charlie: Client, username: str) -> None:
    UserFactory(username="alice", password=PASSWORD)
    page = charlie.post(reverse("login"), {"username": username, "password": "wrong"}).content.decode()
    assert "The name or the password is not right" in page


def test_a_closed_account_cannot_log_in(charlie: Client) -> None:
    UserFactory(username="alice", password=PASSWORD, is_active=False)
    assert charlie.post(reverse("login"), {"username": "alice", "password": PASSWORD}).status_code == 200


def test_logging_out_needs_a_post(sign_in: SignIn, alice: User) -> None:
    client = sign_in(alice)
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).status_code == 302
    assert client.get("/").status_code == 302


def test_an_invitation_becomes_an_account_of_its_role_and_logs_in(charlie: Client, link: str) -> None:
    assert "senior reviewer" in charlie.get(link).content.decode()
    assert charlie.post(link, ACCOUNT).headers["Location"] == "/"
    person = User.objects.get(username="new")
    assert (person.role, person.is_staff) == (Role.SENIOR, False)
    assert charlie.get("/").status_code == 200


def test_an_invitation_works_once(link: str) -> None:
    Client().post(link, ACCOUNT)
    again = Client().post(link, {**ACCOUNT, "username": "second"})
    assert again.status_code == 404
    assert "no longer open" in again.content.decode()


def test_a_revoked_and_an_old_invitation_are_closed(administrator: User, charlie: Client) -> None:
    now = timezone.now()
    revoked, first = invitation_create(actor=administrator, role=Role.REVIEWER, now=now)
    invitation_revoke(actor=administrator, invitation=revoked, now=now)
    _, second = invitation_create(actor=administrator, role=Role.REVIEWER, now=now - timedelta(days=8))
    for secret in (first, second, "guessed"):
        assert charlie.get(reverse("invitation", args=[secret])).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"username": "ADA"}, "That name is taken"),
        ({"username": "two words"}, "Enter a valid username"),
        ({"username": ""}, "This field is required"),
        ({"password": "short", "password_again": "short"}, "too short"),
        ({"password_again": "different"}, "The two passwords differ"),
    ],
)
def test_a_wrong_account_is_explained_beside_the_field(
    charlie: Client, link: str, wrong: dict[str, str], sentence: str
) -> None:
    response = charlie.post(link, {**ACCOUNT, **wrong})
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert 'aria-invalid="true"' in response.content.decode()


def test_the_secret_address_is_told_to_no_other_house(charlie: Client, link: str) -> None:
    # Not "no-referrer": browsers then send `Origin: null` with the form, which the CSRF check refuses.
    assert charlie.get(link).headers["Referrer-Policy"] == "same-origin"


def test_the_tour_is_shown_until_it_was_seen(sign_in: SignIn, alice: User) -> None:
    client = sign_in(alice)
    assert "data-seen" not in client.get("/").content.decode()
    assert client.post(reverse("tour-done")).status_code == 204
    assert "data-seen" in client.get("/").content.decode()


def test_administrators_have_a_tour_of_their_own(sign_in: SignIn, alice: User, administrator: User) -> None:
    assert 'data-tour="reviewer"' in sign_in(alice).get("/").content.decode()
    assert 'data-tour="administrator"' in sign_in(administrator).get("/").content.decode()


def test_the_icon_is_there_before_the_login(charlie: Client) -> None:
    answer = charlie.get("/favicon.ico")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert '<link rel="icon" href="/favicon.ico">' in charlie.get("/login/").content.decode()
