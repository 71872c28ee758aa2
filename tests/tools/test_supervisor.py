"""The supervisor with toy services: restarts, the order of stopping, and that nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tools.environment import ROOT


class Machine:
    """A running toy machine and what can be seen of it from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pids").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tests.tools.toy_machine", str(folder)]
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.outer = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    @property
    def inner(self) -> int:
        return int((self.folder / "inner").read_text())

    def pids(self, name: str = "") -> list[int]:
        names = [entry.name for entry in (self.folder / "pids").iterdir()]
        return [int(entry.rpartition("-")[2]) for entry in names if entry.rpartition("-")[0].startswith(name)]

    def alive(self) -> list[int]:
        return [pid for pid in [*self.pids(), self.inner] if is_alive(pid)]

    def text(self) -> str:
        return self.log.read_text()


def is_alive(pid: int) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] != "Z"


def wait_for(true: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    started = Machine(tmp_path)
    wait_for(lambda: "all up" in started.text() and len(started.pids()) >= 6)
    yield started
    if started.outer.poll() is None:
        started.outer.kill()
        started.outer.wait()
    for pid in started.alive():
        with suppress(ProcessLookupError):  # gone in between
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_stops_all_in_reverse_order_and_leaves_no_orphan(
    machine: Machine, number: signal.Signals
) -> None:
    machine.outer.send_signal(number)
    assert machine.outer.wait(timeout=10) == 0
    assert (machine.folder / "stopped").read_text().split() == ["second", "first"]
    assert machine.alive() == []


def test_sigkill_of_the_outer_process_leaves_no_orphan(machine: Machine) -> None:
    machine.outer.kill()
    machine.outer.wait()
    wait_for(lambda: machine.alive() == [])


def test_sigkill_of_the_inner_process_leaves_no_orphan(machine: Machine) -> None:
    os.kill(machine.inner, signal.SIGKILL)
    assert machine.outer.wait(timeout=10) == 1
    assert machine.alive() == []
    assert "was killed (SIGKILL)" in machine.text()


def test_sigkill_of_both_at_once_still_kills_every_service(machine: Machine) -> None:
    children = set(machine.pids("first-child")) | set(machine.pids("second-child"))
    services = set(machine.pids()) - children
    os.kill(machine.inner, signal.SIGKILL)
    machine.outer.kill()
    machine.outer.wait()
    wait_for(lambda: not any(is_alive(pid) for pid in services))


def test_a_service_that_is_killed_is_started_again_without_its_old_children(machine: Machine) -> None:
    before = set(machine.pids("first"))
    parent = next(pid for pid in machine.pids("first") if pid not in machine.pids("first-child"))
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: len(set(machine.pids("first")) - before) == 3)
    wait_for(lambda: not any(is_alive(pid) for pid in before))
    assert "first was killed (SIGKILL); starting it again" in " ".join(machine.text().split())


def test_a_service_that_dies_again_and_again_stops_everything_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    machine = Machine(tmp_path)
    assert machine.outer.wait(timeout=40) == 2
    assert "broken died 5 times in a row right after its start" in machine.text()
    assert machine.text().count("I cannot") == 5
    assert machine.alive() == []


def test_lines_are_labelled_with_the_name_of_their_service(machine: Machine) -> None:
    assert "first    | first is up" in machine.text()
    assert "\033[" not in machine.text()
