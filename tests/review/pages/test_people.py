"""Inviting, roles, closing accounts, tokens: on the pages and in the audit."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from review.models import ApiToken, AuditEvent, Invitation, PersonKind, Role, User, secret_hash
from tests.factories import ApiTokenFactory, UserFactory
from tests.review.pages.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(sign_in: SignIn, administrator: User) -> Client:
    return sign_in(administrator)


def test_an_invitation_link_is_shown_once_and_kept_nowhere(ada: Client) -> None:
    response = ada.post(reverse("people"), {"role": Role.REVIEWER, "email": ""}, follow=True)
    link = response.context["link"]
    assert link in response.content.decode()
    assert Invitation.objects.get().secret_hash == secret_hash(link.rstrip("/").rsplit("/", 1)[1])
    assert link not in ada.get(reverse("people")).content.decode()


def test_a_wrong_invitation_is_explained(ada: Client) -> None:
    page = ada.post(reverse("people"), {"role": "emperor", "email": "no address"}).content.decode()
    assert "Select a valid choice" in page
    assert "Enter a valid email address" in page
    assert not Invitation.objects.exists()


def test_an_invitation_can_be_taken_back(ada: Client) -> None:
    ada.post(reverse("people"), {"role": Role.REVIEWER})
    ada.post(reverse("invitation-revoke", args=[Invitation.objects.get().pk]))
    assert Invitation.objects.get().revoked_at is not None


def test_a_role_brings_and_takes_the_admin(ada: Client, alice: User) -> None:
    ada.post(reverse("person-role", args=[alice.pk]), {"role": Role.ADMINISTRATOR})
    alice.refresh_from_db()
    assert (alice.role, alice.is_staff, alice.is_superuser) == (Role.ADMINISTRATOR, True, True)
    ada.post(reverse("person-role", args=[alice.pk]), {"role": Role.SENIOR})
    alice.refresh_from_db()
    assert (alice.role, alice.is_staff, alice.is_superuser) == (Role.SENIOR, False, False)
    assert AuditEvent.objects.filter(verb="user.role_changed", object_id=str(alice.pk)).count() == 2


def test_the_last_administrator_stays_one(ada: Client, administrator: User) -> None:
    UserFactory(role=Role.ADMINISTRATOR, is_active=False)
    address = reverse("person-role", args=[administrator.pk])
    page = ada.post(address, {"role": Role.REVIEWER}, follow=True).content.decode()
    assert "is the last administrator" in page
    administrator.refresh_from_db()
    assert administrator.role == Role.ADMINISTRATOR


def test_an_unknown_role_is_refused(ada: Client, alice: User) -> None:
    page = ada.post(reverse("person-role", args=[alice.pk]), {"role": "emperor"}, follow=True)
    assert "Choose one of the roles" in page.content.decode()


def test_a_closed_account_is_out_at_once_with_its_tokens(ada: Client, alice: User, sign_in: SignIn) -> None:
    token = ApiTokenFactory(owner=alice)
    hers = sign_in(alice)
    ada.post(reverse("person-deactivate", args=[alice.pk]))
    assert hers.get("/").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    ada.post(reverse("person-activate", args=[alice.pk]))
    assert User.objects.get(pk=alice.pk).is_active


def test_nobody_closes_their_own_account(ada: Client, administrator: User) -> None:
    UserFactory(role=Role.ADMINISTRATOR)
    page = ada.post(reverse("person-deactivate", args=[administrator.pk]), follow=True).content.decode()
    assert "You cannot close your own account" in page
    assert User.objects.get(pk=administrator.pk).is_active


def test_an_import_annotator_has_no_account_to_change(ada: Client) -> None:
    annotator = UserFactory(kind=PersonKind.IMPORT)
    page = ada.post(reverse("person-role", args=[annotator.pk]), {"role": Role.SENIOR}, follow=True)
    assert "have no account to change" in page.content.decode()


@pytest.mark.parametrize("name", ["person-role", "person-deactivate", "person-activate"])
def test_alice_changes_nobody(sign_in: SignIn, alice: User, bob: User, charlie: Client, name: str) -> None:
    address = reverse(name, args=[bob.pk])
    assert sign_in(alice).post(address, {"role": Role.ADMINISTRATOR}).status_code == 403
    assert charlie.post(address, {"role": Role.ADMINISTRATOR}).status_code == 302
    bob.refresh_from_db()
    assert (bob.role, bob.is_active) == (Role.REVIEWER, True)


def test_a_token_is_shown_once_works_and_can_be_revoked(sign_in: SignIn, senior: User) -> None:
    client = sign_in(senior)
    secret = client.post(reverse("tokens"), {"name": "platform"}, follow=True).context["secret"]
    assert secret not in client.get(reverse("tokens")).content.decode()
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/me", headers=headers).json()["username"] == "sam"
    client.post(reverse("token-revoke", args=[ApiToken.objects.get().pk]))
    assert Client().get("/api/me", headers=headers).status_code == 401


def test_nobody_revokes_anothers_token(sign_in: SignIn, senior: User) -> None:
    token = ApiTokenFactory()
    assert sign_in(senior).post(reverse("token-revoke", args=[token.pk])).status_code == 404


def test_the_people_page_asks_the_database_the_same_for_two_or_twenty(
    ada: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    UserFactory.create_batch(20)
    with django_assert_num_queries(6):
        ada.get(reverse("people"))
