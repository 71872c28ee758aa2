"""What a later `make run` hears from the demo command: the logins again, or a true sentence instead."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from review.models import Submission, SubmissionOrigin, User
from tests.factories import BundleFactory, SubmissionFactory
from tools.supervise.run import READY_MARK
from worker.demo_setup import logins_make

pytestmark = pytest.mark.django_db


def start_again() -> tuple[list[str], dict[str, Any]]:
    """The sentences, and the facts of the ready line (none when it does not come)."""
    out = StringIO()
    call_command("demo", "--if-empty", stdout=out)
    lines = out.getvalue().splitlines()
    ready = [line.removeprefix(READY_MARK) for line in lines if line.startswith(READY_MARK)]
    return [line for line in lines if READY_MARK not in line], json.loads(ready[0]) if ready else {}


def usernames(facts: dict[str, Any]) -> list[str]:
    return [login["username"] for login in facts["logins"]]


def a_demo(count: int = 24) -> None:
    logins_make()
    SubmissionFactory.create_batch(count, is_demo=True, origin=SubmissionOrigin.DEMO)
    BundleFactory()
    User.objects.exclude(username__in=("admin", "senior", "reviewer")).update(is_demo=True)


def test_the_logins_come_again_although_people_have_added_their_own_videos() -> None:
    a_demo()
    SubmissionFactory(is_demo=False)
    sentences, facts = start_again()
    assert sentences == []
    assert usernames(facts) == ["admin", "senior", "reviewer"]


def test_a_login_with_another_password_or_closed_is_not_shown() -> None:
    a_demo()
    admin = User.objects.get(username="admin")
    admin.set_password("something else entirely")
    admin.save()
    User.objects.filter(username="senior").update(is_active=False)
    assert usernames(start_again()[1]) == ["reviewer"]


def test_a_half_made_demo_beside_other_data_is_left_so_and_its_logins_are_shown() -> None:
    a_demo(count=3)
    SubmissionFactory(is_demo=False)
    sentences, facts = start_again()
    assert "was not finished" in sentences[0]
    assert len(usernames(facts)) == 3
    assert Submission.objects.count() == 4


def test_where_only_other_data_is_no_demo_is_made_and_no_login_named() -> None:
    SubmissionFactory(is_demo=False)
    sentences, facts = start_again()
    assert sentences == ["There is other data here already, so no demo is made: log in as before."]
    assert facts == {}
