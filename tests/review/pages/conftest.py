"""People as in every permission test: Alice owns the review, Bob is another reviewer, Charlie a stranger."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django_vite.core.asset_loader import DjangoViteAssetLoader
from pytest_django import Settings

from review.models import Role, User
from tests.factories import UserFactory

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _no_build_needed(settings: Settings) -> Iterator[None]:
    """Pages name the frontend's entries by Vite's development address, so these tests need no build."""
    settings.DJANGO_VITE = {"default": {"dev_mode": True}}
    before, DjangoViteAssetLoader._instance = DjangoViteAssetLoader._instance, None
    yield
    DjangoViteAssetLoader._instance = before


@pytest.fixture
def sign_in(db: None) -> SignIn:
    def signed_in(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return signed_in


@pytest.fixture
def alice(db: None) -> User:
    made: User = UserFactory(username="alice")
    return made


@pytest.fixture
def bob(db: None) -> User:
    made: User = UserFactory(username="bob")
    return made


@pytest.fixture
def charlie() -> Client:
    """Nobody we know: not logged in."""
    return Client()


@pytest.fixture
def senior(db: None) -> User:
    made: User = UserFactory(username="sam", role=Role.SENIOR)
    return made


@pytest.fixture
def administrator(db: None) -> User:
    made: User = UserFactory(username="ada", role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True)
    return made
