"""The loop: one thread that reads logs, notices deaths, starts again, and stops all in order."""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Callable
from types import FrameType

from tools.checks import Refusal
from tools.supervise.logs import Terminal
from tools.supervise.processes import adopt_orphans, kill_strays
from tools.supervise.service import QUICK_DEATHS_ALLOWED, Life, Service

TICK_S = 0.2
STRAYS_EVERY_S = 1.0


class StopAsked(Exception):
    """Somebody wants Spotter to stop; raised out of whatever was being waited for."""


class Supervisor:
    """One machine's services: `listen`, then `start`, `run_once`, `wait_until`, at the end `stop_all`."""

    def __init__(self, terminal: Terminal | None = None) -> None:
        self.terminal = terminal or Terminal(on_gone=self.ask_stop)
        self._lives: list[Life] = []
        self._selector = selectors.DefaultSelector()
        self._stops_asked = 0
        self._stops_asked_before_stopping: int | None = None
        self._strays_checked_at = 0.0

    def listen(self) -> None:
        """Take over signals and orphans. Only the main thread of the process can."""
        adopt_orphans()
        read_end, write_end = os.pipe()
        for end in (read_end, write_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        self._selector.register(read_end, selectors.EVENT_READ, None)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_stop_signal)

    def _on_stop_signal(self, number: int, frame: FrameType | None) -> None:
        self.ask_stop()

    def ask_stop(self) -> None:
        """Once: stop in order. Twice: at once."""
        self._stops_asked += 1

    @property
    def _stopping(self) -> bool:
        return self._stops_asked_before_stopping is not None

    @property
    def _in_a_hurry(self) -> bool:
        """Asked again while stopping already: no more patience."""
        return self._stopping and self._stops_asked > (self._stops_asked_before_stopping or 0)

    def start(self, service: Service) -> Life:
        """Start a service and keep it running from now on."""
        life = Life(service)
        self._lives.append(life)
        self._begin(life)
        return life

    def _begin(self, life: Life) -> None:
        try:
            descriptor = life.start()
        except OSError as error:
            program = life.service.command[0]
            raise Refusal(f"{life.service.name} cannot be started: {program}: {error.strerror}.") from None
        if descriptor is not None:
            self._selector.register(descriptor, selectors.EVENT_READ, life)

    def run_once(self, service: Service, *, failure: str) -> None:
        """Run a command to its end, its lines labelled; a bad end is a Refusal saying `failure`."""
        life = self.start(service)
        self.wait_until(lambda: life.exit_code is not None)
        self._lives.remove(life)
        if life.exit_code:
            raise Refusal(failure)

    def wait_up(self, *lives: Life, seconds: float) -> None:
        """Wait until each service answers; a Refusal names the one that does not."""
        try:
            self.wait_until(lambda: all(life.check_up() for life in lives), seconds=seconds)
        except TimeoutError:
            late = " and ".join(life.service.name for life in lives if not life.up)
            raise Refusal(
                f"{late} did not answer within {seconds:.0f} seconds; its lines above say why."
            ) from None

    def wait_until(self, true: Callable[[], bool], *, seconds: float | None = None) -> None:
        """Keep everything going until the condition holds. Raises StopAsked, TimeoutError or a Refusal."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not true():
            if self._stops_asked and not self._stopping:
                raise StopAsked
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError
            self._turn()

    def _turn(self) -> None:
        """One turn of the loop: logs, deaths, restarts."""
        for key, _ in self._selector.select(TICK_S):
            self._read(key.fd, key.data)
        for life in self._lives:
            self._notice_death(life)
        if not self._stopping:
            self._clear_strays()
            self._start_again()

    def _clear_strays(self) -> None:
        """What a dead service left running goes before its next start: it may hold the port."""
        now = time.monotonic()
        if now - self._strays_checked_at > STRAYS_EVERY_S:
            self._strays_checked_at = now
            kill_strays({life.pid for life in self._lives if life.pid})

    def _read(self, descriptor: int, life: Life | None) -> None:
        try:
            data = os.read(descriptor, 65536)
        except BlockingIOError:
            return
        if life is None:  # the pipe that signals wake us through
            return
        self._show(life, life.lines.feed(data) if data else life.lines.end())
        if not data:
            self._selector.unregister(descriptor)

    def _show(self, life: Life, lines: list[str]) -> None:
        for line in lines:
            if not life.see_line(line):
                self.terminal.say(life.service.name, line)

    def _notice_death(self, life: Life) -> None:
        if life.process is None or life.process.poll() is None:
            return
        process, code = life.process, life.process.returncode
        self._drain(life)
        if process.stdout:
            process.stdout.close()
        life.note_death(code)
        self._strays_checked_at = 0.0
        if not self._stopping and not life.service.once and not life.gave_up:
            self.terminal.say("spotter", f"{life.service.name} {_how_it_ended(code)}; starting it again")

    def _drain(self, life: Life) -> None:
        """Show what a dead process had written. Its children may hold the pipe open: wait for nobody."""
        stream = life.process.stdout if life.process else None
        if stream is None or stream.fileno() not in self._selector.get_map():
            return
        descriptor = stream.fileno()
        for _ in range(100):
            self._read(descriptor, life)
            if descriptor not in self._selector.get_map():
                return
            if not _has_more(descriptor):
                break
        self._show(life, life.lines.end())
        self._selector.unregister(descriptor)

    def _start_again(self) -> None:
        for life in self._lives:
            if life.gave_up and life.process is None:
                raise Refusal(
                    f"{life.service.name} died {QUICK_DEATHS_ALLOWED} times in a row right after its start; "
                    "its lines above say why. Everything is stopped."
                )
            if life.start_again_at is not None and time.monotonic() >= life.start_again_at:
                self._begin(life)

    def stop_all(self) -> None:
        """Stop the services in the reverse order of their start, and leave nothing behind."""
        self._stops_asked_before_stopping = self._stops_asked
        for life in reversed(self._lives):
            life.start_again_at = None
            for number, seconds in life.service.stop:
                if life.process is not None and not self._in_a_hurry:
                    life.signal(number)
                    self._wait_for_end(life, seconds)
            life.kill_family()
            self._wait_for_end(life, 5.0, patient=True)
        kill_strays()

    def _wait_for_end(self, life: Life, seconds: float, *, patient: bool = False) -> None:
        deadline = time.monotonic() + seconds
        while life.process is not None and time.monotonic() < deadline and (patient or not self._in_a_hurry):
            self._turn()


def _has_more(descriptor: int) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(0))


def _how_it_ended(exit_code: int) -> str:
    if exit_code < 0:
        return f"was killed ({signal.Signals(-exit_code).name})"
    return f"ended by itself (exit code {exit_code})"
