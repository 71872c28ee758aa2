"""Messages: sent after commit over one connection; a Redis that is away delays them and breaks nothing."""

from __future__ import annotations

import logging

import pytest
from celery import current_app

from review import jobs
from review.models import Analysis
from tests.factories import AnalysisFactory

pytestmark = pytest.mark.django_db(transaction=True)


def queued(count: int) -> list[Analysis]:
    return [AnalysisFactory(state="queued", bundle=None) for _ in range(count)]


def test_sent_rows_say_when(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_url", "memory://")
    jobs.analyses_enqueue(queued(3))
    assert not Analysis.objects.filter(sent_at=None).exists()


def test_a_redis_that_is_away_is_asked_once_for_many_messages(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    with caplog.at_level(logging.WARNING, logger="review.jobs"):
        jobs.analyses_enqueue(queued(40))
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "40 of 40 jobs not sent, upkeep will send them"
    ]
    assert Analysis.objects.filter(sent_at=None).count() == 40
