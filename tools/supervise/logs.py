"""The one terminal that all services share: each line carries the name of who said it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TextIO

_COLOURS = {"spotter": 1, "redis": 35, "web": 36, "worker": 32, "upkeep": 92, "periodic": 33, "demo": 34}
_WIDTH = max(len(name) for name in _COLOURS)
_LONGEST_LINE = 4000


class Terminal:
    """Writes labelled lines, coloured when a person looks. Calls `on_gone` once nobody can read any more."""

    def __init__(self, stream: TextIO = sys.stdout, *, on_gone: Callable[[], None] = lambda: None) -> None:
        self._stream = stream
        self._coloured = stream.isatty() and "NO_COLOR" not in os.environ
        self._on_gone = on_gone
        self._gone = False

    def say(self, name: str, text: str) -> None:
        """One line of one service."""
        label = f"{name:<{_WIDTH}} |"
        if self._coloured:
            label = f"\033[{_COLOURS.get(name, 37)}m{label}\033[0m"
        self._write(f"{label} {text}\n")

    def announce(self, *lines: str) -> None:
        """What the person should not miss: set apart from the logs."""
        rule = "-" * 72
        for line in ("", rule, *lines, rule, ""):
            self.say("spotter", f"\033[1m{line}\033[0m" if self._coloured and line else line)

    def _write(self, text: str) -> None:
        if self._gone:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._gone = True
            # What is still buffered goes nowhere, so that Python does not complain about it at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            self._on_gone()


class Lines:
    """Cuts a stream of bytes into lines, however they arrive."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete now."""
        *complete, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            complete, self._rest = [*complete, self._rest], b""
        return [line.decode("utf-8", "replace").rstrip("\r") for line in complete]

    def end(self) -> list[str]:
        """What was left without its newline."""
        return self.feed(b"\n") if self._rest else []
