"""In which language a page speaks: the person's own choice, else what the browser asks for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import translation

from review.models import Arm, EscalationReason, Outcome, ReviewState, Role, Verdict
from review.templatetags.spotter import said, words
from tests.factories import UserFactory
from tests.review.pages.conftest import SignIn

pytestmark = pytest.mark.django_db


def test_a_chinese_browser_meets_a_chinese_login_page(charlie: Client) -> None:
    page = charlie.get(reverse("login"), headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert 'lang="zh-hans"' in page.text
    assert "登录后开始审核。" in page.text
    assert page.headers["Content-Language"] == "zh-hans"
    assert "Accept-Language" in page.headers["Vary"]


def test_a_language_that_spotter_does_not_speak_becomes_english(charlie: Client) -> None:
    page = charlie.get(reverse("login"), headers={"accept-language": "tlh"})
    assert 'lang="en"' in page.text
    assert "Log in to review." in page.text


def test_what_a_person_chose_wins_over_the_browser(sign_in: SignIn) -> None:
    client = sign_in(UserFactory(preferences={"language": "zh-hans"}))
    page = client.get(reverse("queue"), headers={"accept-language": "en"})
    assert "我的审核" in page.text


def test_a_chosen_language_that_is_gone_is_passed_over(sign_in: SignIn) -> None:
    client = sign_in(UserFactory(preferences={"language": "tlh"}))
    assert 'lang="en"' in client.get(reverse("queue"), headers={"accept-language": "en"}).text


def test_one_answer_in_chinese_leaves_the_next_in_english(charlie: Client) -> None:
    charlie.get(reverse("login"), headers={"accept-language": "zh-CN"})
    assert "Log in to review." in charlie.get(reverse("login"), headers={"accept-language": "en"}).text


def test_a_database_that_is_away_is_told_in_the_form_that_was_asked_for(sign_in: SignIn) -> None:
    client = sign_in(UserFactory(preferences={}))

    def away(*_query: Any) -> Any:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(away):
        answer = client.get("/api/me/preferences", headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_away")


@pytest.mark.parametrize(
    "shown",
    [
        *(words(state) for state in ReviewState),
        *(words(verdict) for verdict in Verdict),
        *(outcome.label.lower() for outcome in Outcome),
        *(choice.label for choices in (Arm, EscalationReason, Role) for choice in choices),
    ],
)
def test_whatever_a_reviewer_reads_of_a_row_is_in_the_catalogue(shown: str) -> None:
    """The catalogue is read out of the code, and choices of models are marked apart from them."""
    with translation.override("zh-hans"):
        assert said(shown) != shown
