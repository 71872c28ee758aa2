"""The outer process: starts the inner one, passes signals on, and clears up whatever happens to it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from tools.environment import ROOT
from tools.supervise.processes import adopt_orphans, kill_quietly, kill_strays, spawn

INNER = "--inner"


def run_pair(module: str, arguments: Sequence[str] = ()) -> int:
    """Run `python -m module ARGUMENTS --inner` to its end and return its exit code."""
    adopt_orphans()
    command = [sys.executable, "-m", module, *arguments, INNER]
    # If we are killed, the inner is asked to stop in order; its own children die with it in any case.
    # Its own session keeps the terminal's Ctrl-C from reaching it twice: once from there and once from us.
    inner = spawn(command, env=os.environ, cwd=ROOT, stdin=None, death_signal=signal.SIGTERM)

    def pass_on(number: int, frame: FrameType | None) -> None:
        kill_quietly(inner.pid, signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = inner.wait()
    kill_strays()
    if code < 0:
        print(
            f"The supervisor was killed ({signal.Signals(-code).name}); everything is stopped.",
            file=sys.stderr,
        )
        return 1
    return code
