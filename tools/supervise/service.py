"""One supervised process: what it is, and how its life goes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.supervise.logs import Lines
from tools.supervise.processes import descendants_of, kill_quietly, spawn

QUICK_DEATH_S = 10.0
QUICK_DEATHS_ALLOWED = 5
BACK_OFF_S = (0.2, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Service:
    """What to run. A `once` service ends by itself; any other is started again when it dies."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    once: bool = False
    ready: Callable[[], bool] | None = None  # asked again and again until true
    ready_line: str = ""  # or: ready once this stands in a line of its log
    # Asked to stop by these signals, each with the seconds it gets; then SIGKILL.
    stop: tuple[tuple[int, float], ...] = ((signal.SIGTERM, 8.0),)
    on_line: Callable[[str], bool] | None = None  # sees each line first; True keeps it off the terminal
    at_terminal: bool = False  # it talks with the person itself: no labels, and it reads what is typed
    given: str | None = None  # what it reads instead


@dataclass
class Life:
    """A service while it runs: states `starting -> up -> (dead -> starting …) -> ended`."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    lines: Lines = field(default_factory=Lines)
    up: bool = False
    exit_code: int | None = None
    started_at: float = 0.0
    start_again_at: float | None = None
    quick_deaths: int = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self.process.pid if self.process else None

    def start(self) -> int | None:
        """Start it and return the descriptor its output comes from; None when it has the terminal."""
        labelled = not self.service.at_terminal
        self.process = spawn(
            self.service.command,
            env=self.service.env,
            cwd=self.service.cwd,
            stdin=self._stdin(),
            stdout=subprocess.PIPE if labelled else None,
            stderr=subprocess.STDOUT if labelled else None,
        )
        self.lines, self.up, self.exit_code, self.start_again_at = Lines(), False, None, None
        self.started_at = time.monotonic()
        if self.process.stdin:
            self.process.stdin.write((self.service.given or "").encode())
            self.process.stdin.close()
        if self.process.stdout is None:
            return None
        os.set_blocking(self.process.stdout.fileno(), False)
        return self.process.stdout.fileno()

    def _stdin(self) -> int | None:
        if self.service.given is not None:
            return subprocess.PIPE
        return None if self.service.at_terminal else subprocess.DEVNULL

    def see_line(self, line: str) -> bool:
        """Take note of a line; True when the terminal should not show it."""
        if self.service.ready_line and self.service.ready_line in line:
            self.up = True
        return self.service.on_line(line) if self.service.on_line else False

    def check_up(self) -> bool:
        """Whether it answers by now."""
        if not self.up and self.process and self.service.ready and self.service.ready():
            self.up = True
        return self.up

    def note_death(self, exit_code: int) -> None:
        """It ended. Plans the next start unless it was to run once, or dies quickly again and again."""
        now = time.monotonic()
        self.process, self.exit_code, self.up = None, exit_code, False
        if self.service.once:
            return
        self.quick_deaths = self.quick_deaths + 1 if now - self.started_at < QUICK_DEATH_S else 1
        if self.quick_deaths < QUICK_DEATHS_ALLOWED:
            self.start_again_at = now + BACK_OFF_S[self.quick_deaths - 1]

    @property
    def gave_up(self) -> bool:
        """True when it died quickly too often."""
        return self.quick_deaths >= QUICK_DEATHS_ALLOWED

    def signal(self, number: int) -> None:
        """Send a signal to the process itself."""
        if self.pid:
            kill_quietly(self.pid, number)

    def kill_family(self) -> None:
        """SIGKILL for the process and all below it, children first: they are found through their parents."""
        if self.pid:
            for pid in (*reversed(descendants_of(self.pid)), self.pid):
                kill_quietly(pid, signal.SIGKILL)
