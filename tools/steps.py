"""Runs the commands of a set-up: chains side by side, each with its log, and progress now and then."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.checks import Refusal
from tools.stamps import write_stamp

PROGRESS_EVERY_S = 5.0
LONGEST_PROGRESS = 90
# What pip and npm say by the way: true, but no news of how far they are.
_ASIDES = (
    *("warning", "npm warn", "[notice]", "requirement already satisfied"),
    *("attempting uninstall", "found existing installation", "uninstalling", "successfully uninstalled"),
)


@dataclass(frozen=True)
class Command:
    """One program to run; `stamp` is the file that says so once it has ended well, and what it then holds."""

    argv: tuple[str, ...]
    cwd: Path
    stamp: tuple[Path, str] | None = None


@dataclass
class Chain:
    """Commands that follow each other until one fails."""

    title: str
    commands: Sequence[Command]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    seconds: float = 0.0

    def run(self) -> None:
        """Run all commands; a failure becomes a sentence in `failure`."""
        began = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.log.open("w", encoding="utf-8") as log:
                for command in self.commands:
                    self._run_one(command, log.fileno())
        except Refusal as refusal:
            self.failure = str(refusal)
        except OSError as error:
            self.failure = f"{self.title} stopped: {error.strerror or error}."
        self.seconds = time.monotonic() - began

    def _run_one(self, command: Command, log: int) -> None:
        ended = subprocess.run(
            command.argv,
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.env},
            check=False,
        )
        if ended.returncode:
            raise Refusal(self._explain(command))
        if command.stamp:
            write_stamp(*command.stamp)

    def _explain(self, command: Command) -> str:
        """The end of the log, and one sentence on what to do."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        tail = "\n".join("    " + line for line in text.splitlines()[-15:])
        if "No space left on device" in text or "ENOSPC" in text:
            return f"{tail}\n{self.title} stopped: the disk is full. Free some space and start again."
        return (
            f"{tail}\n{self.title} failed at `{' '.join(command.argv)}`. The whole log is {self.log}. "
            "Once its cause is mended, start again: what is done already is kept."
        )

    def last_line(self) -> str:
        """The last line of the log that says how far it is; empty while there is none."""
        if not self.log.is_file():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 2000))
            lines = log.read().decode("utf-8", "replace").replace("\r", "\n").split("\n")
        telling = (line for each in reversed(lines) if (line := each.strip()) and not _is_aside(line))
        return next(telling, "")

    def progress(self) -> str:
        """How far it is, in one short line."""
        line = self.last_line() or "installing …"
        return line if len(line) <= LONGEST_PROGRESS else line[: LONGEST_PROGRESS - 2] + " …"


def _is_aside(line: str) -> bool:
    return line.lower().startswith(_ASIDES)


def run_chains(chains: Sequence[Chain]) -> None:
    """Run the chains side by side and show how far they are; raise a Refusal with every failure."""
    began = time.monotonic()
    # A daemon thread does not hold up Ctrl-C; the commands get the same Ctrl-C from the terminal and end.
    running = {chain.title: (chain, threading.Thread(target=chain.run, daemon=True)) for chain in chains}
    for title, (_, thread) in running.items():
        say(began, f"{title} begins")
        thread.start()
    told = began
    while running:
        time.sleep(0.1)
        for title, (chain, thread) in list(running.items()):
            if not thread.is_alive():
                del running[title]
                say(began, f"{title} {'failed' if chain.failure else 'is done'}")
        if time.monotonic() - told > PROGRESS_EVERY_S:
            told = time.monotonic()
            for title, (chain, _) in running.items():
                say(began, f"{title}: {chain.progress()}")
    failures = [chain.failure for chain in chains if chain.failure]
    if failures:
        raise Refusal("\n\n".join(failures))


def say(began: float, text: str) -> None:
    """One line of progress with the seconds since the start."""
    print(f"{time.monotonic() - began:5.0f} s  {text}", file=sys.stderr, flush=True)
