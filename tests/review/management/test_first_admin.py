"""`manage.py first_admin`: makes the first administrator once, and never asks again."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from review.models import Role, User

GOOD = "correct-horse-battery"


def run(monkeypatch: pytest.MonkeyPatch, typed: str = "", **options: object) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    out = io.StringIO()
    call_command("first_admin", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_the_first_administrator_is_made_from_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    said = run(monkeypatch, f"{GOOD}\n", username="ada", password_stdin=True)
    person = User.objects.get(username="ada")
    assert (person.role, person.is_superuser, person.check_password(GOOD)) == (Role.ADMINISTRATOR, True, True)
    assert GOOD not in said


@pytest.mark.django_db
def test_once_there_is_one_nothing_is_asked_or_made(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, f"{GOOD}\n", username="ada", password_stdin=True)
    assert run(monkeypatch, f"{GOOD}\n", username="bob", password_stdin=True) == ""
    assert run(monkeypatch) == ""
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_weak_password_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="The administrator was not made: This password is too short"):
        run(monkeypatch, "123\n", username="ada", password_stdin=True)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_with_nobody_to_ask_it_says_which_variables_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="SPOTTER_ADMIN_USERNAME"):
        run(monkeypatch)
