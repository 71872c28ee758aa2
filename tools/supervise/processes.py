"""Linux's ways of keeping a family of processes together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# Loaded here, before any fork: between fork and exec a child should not have to import anything.
_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """From now on a descendant whose parent dies becomes our child, instead of slipping away to init."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _die_with(parent: int, death_signal: int) -> Callable[[], None]:
    def in_child() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the kernel knew our wish
            os._exit(1)

    return in_child


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdin: int | None = subprocess.DEVNULL,
    stdout: int | None = None,
    stderr: int | None = None,
    death_signal: int = signal.SIGKILL,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own; it gets `death_signal` when we die, however we die.

    Must be called from the main thread: the kernel counts the death of the starting *thread*.
    """
    return subprocess.Popen(
        command,
        env=dict(env),
        cwd=cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        preexec_fn=_die_with(os.getpid(), death_signal),
    )


def _stat_fields(pid: int) -> list[str]:
    """State, parent, group, session … of a process; empty when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()  # the name before may hold spaces and brackets


def children_of(parent: int) -> list[int]:
    """The direct children of a process, zombies included."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if (fields := _stat_fields(pid)) and int(fields[1]) == parent]


def descendants_of(parent: int) -> list[int]:
    """All processes below a process."""
    found: list[int] = []
    waiting = [parent]
    while waiting:
        below = children_of(waiting.pop())
        found += below
        waiting += below
    return found


def kill_quietly(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def kill_strays(known: Collection[int] = ()) -> None:
    """Kill and reap every child of ours that is not in `known`, and what hangs below it.

    A killed stray hands its own children to us, so rounds follow until nothing strange is left.
    """
    for _ in range(200):
        strays = [pid for pid in children_of(os.getpid()) if pid not in known]
        if not strays:
            return
        for pid in strays:
            kill_quietly(pid, signal.SIGKILL)
            _reap(pid)
        time.sleep(0.01)


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
