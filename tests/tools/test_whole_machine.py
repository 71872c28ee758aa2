"""The real Spotter under its supervisor: it comes up, refuses a second copy, mends itself, leaves nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.environment import ROOT
from tools.supervise.processes import children_of, descendants_of
from tools.testing.spotter import ADMIN, RunningSpotter, running_spotter

pytestmark = pytest.mark.jobs


@pytest.fixture
def spotter(tmp_path: Path) -> Iterator[RunningSpotter]:
    with running_spotter(tmp_path / "home") as running:
        yield running


def family(home: Path) -> dict[int, str]:
    """Every living process that works on this folder, with its command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"SPOTTER_HOME={home}\0".encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it ended while we looked
    return found


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def test_it_answers_and_the_first_administrator_is_there(spotter: RunningSpotter) -> None:
    with urllib.request.urlopen(f"{spotter.url}/", timeout=10) as answer:
        assert answer.status == 200
    question = "from review.models import User; print(User.objects.get(is_superuser=True).username)"
    assert spotter.manage("shell", "--no-imports", "-c", question).strip() == ADMIN[0]
    assert (spotter.home / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_second_copy_is_refused_and_the_first_lives_on(spotter: RunningSpotter) -> None:
    command = [sys.executable, "-m", "tools.supervise"]
    env = {**spotter.env, "PORT": "1"}
    second = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode == 2
    assert "Another copy of Spotter already runs" in second.stdout
    assert spotter.process.poll() is None


def test_a_killed_web_server_is_back_on_its_port(spotter: RunningSpotter) -> None:
    before = {pid for pid, command in family(spotter.home).items() if "gunicorn" in command}
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: answers(spotter.url))
    assert not before & set(family(spotter.home))


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize("victims", ["outer", "inner", "both"])
def test_sigkill_of_the_supervisor_leaves_no_orphan(spotter: RunningSpotter, victims: str) -> None:
    outer = spotter.process.pid
    (inner,) = children_of(outer)
    assert len(descendants_of(inner)) >= 9  # Redis, web and its two, worker and its two, upkeep, periodic
    for pid in {"outer": [outer], "inner": [inner], "both": [inner, outer]}[victims]:
        os.kill(pid, signal.SIGKILL)
    spotter.process.wait(timeout=30)
    wait_for(lambda: not family(spotter.home))
