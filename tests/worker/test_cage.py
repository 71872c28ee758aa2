"""The cage from outside: whatever the child does, we hear one short reason and nothing of it is left."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.factories import AnalysisFactory
from worker import analysis, cage
from worker.cage import ChildBroke, ChildCancelled, child_events


@pytest.fixture(autouse=True)
def bad_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cage, "MODULE", "tests.worker.bad_child")


@pytest.mark.parametrize(
    ("way", "code"),
    [
        ("crash", "child_crashed"),
        ("babble", "child_babbled"),
        ("spin", "child_too_long"),
        ("die", "child_killed"),
    ],
)
def test_each_bad_end_has_a_code_and_a_sentence(way: str, code: str) -> None:
    with pytest.raises(ChildBroke) as broke:
        list(child_events({"way": way}))
    assert broke.value.code == code
    assert str(broke.value).startswith("the decoder")


def test_a_child_that_falls_silent_is_killed(settings: Settings) -> None:
    settings.CHILD_SILENCE_SECONDS = 1
    with pytest.raises(ChildBroke) as broke:
        list(child_events({"way": "hang"}))
    assert broke.value.code == "child_silent"


def test_cancelled_work_ends_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(ChildCancelled):
        list(child_events({"way": "hang"}, cancelled=lambda: time.monotonic() - began > 0.5))
    assert time.monotonic() - began < 5


def test_a_child_nobody_listens_to_any_more_is_killed() -> None:
    before = _children()
    events = child_events({"way": "hang"})
    next(events)
    events.close()
    assert _children() == before


@pytest.mark.django_db(transaction=True)
def test_networks_that_fail_inside_the_child_are_no_fault_of_the_file(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    """As published, and still they cannot be used: the analysis fails, and the file is not called bad."""
    settings.MEDIA_ROOT, settings.SPOTTER_WEIGHTS = tmp_path, tmp_path / "none"
    monkeypatch.setattr(
        analysis,
        "child_events",
        lambda request, cancelled: child_events({"way": "fail"}, cancelled=cancelled),
    )
    row = AnalysisFactory(state="queued", bundle=None, video__probed_at=None)
    analysis.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.refusal_code, row.sentence) == ("failed", "altered_weights", "Altered.")


def test_the_child_sees_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setenv("DATABASE_URL", "postgres://hush")
    *_, told = child_events({"way": "tell"})
    assert not {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} & set(told["environment"])


def _children() -> set[str]:
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return set(file.read().split())
