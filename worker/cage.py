"""The cage: strangers' files are decoded in a child process that may crash, hang or eat memory without harm.

The child (`python -m ml.media.child`) limits its own processor time, memory and file size and dies with us.
From outside we give it a session, a folder and an environment of its own (no secret of ours in it), and kill
the whole session when it falls silent, when the work is cancelled, or when nobody reads on.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

MODULE = "ml.media.child"
LINE_BYTES = 1024 * 1024
POLL_S = 0.5
STDERR_TAIL = 2000
PASSED_ON = ("PATH", "LD_LIBRARY_PATH")

logger = logging.getLogger(__name__)

Event = dict[str, Any]


class ChildBroke(Exception):
    """The child did not end as it should. `code` is for programs, `str(error)` for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class ChildCancelled(Exception):
    """The work was called off from outside; the child is gone."""


def limits() -> dict[str, int]:
    """What one child may use, as the child wants to be told."""
    return {
        "cpu_s": settings.CHILD_CPU_SECONDS,
        "memory_mb": settings.CHILD_MEMORY_MB,
        "file_mb": settings.CHILD_FILE_MB,
    }


def child_events(
    request: Event, *, arguments: tuple[str, ...] = (), cancelled: Callable[[], bool] = lambda: False
) -> Generator[Event]:
    """Run the child on the request and yield what it says. Raises ChildBroke or ChildCancelled."""
    with tempfile.TemporaryDirectory(prefix="spotter-") as folder:
        file = Path(folder) / "request.json"
        file.write_text(json.dumps(request), encoding="utf-8")
        with _child([*arguments, str(file)], Path(folder)) as (process, errors):
            yield from _lines(process, cancelled)
            _check_end(process, errors)


@contextmanager
def _child(arguments: list[str], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    errors = folder / "stderr"
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, *arguments],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    try:
        yield process, errors
    finally:
        _kill(process)


def _environment(folder: Path) -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    # One thread: two on one video are slower than one each on two (measured).
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    own = {
        "PYTHONPATH": str(settings.BASE_DIR),
        "TMPDIR": str(folder),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
    }
    return {**passed_on, **threads, **own}


def _lines(process: subprocess.Popen[bytes], cancelled: Callable[[], bool]) -> Iterator[Event]:
    assert process.stdout is not None
    rest, heard = b"", time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if cancelled():
                raise ChildCancelled
            if not selector.select(POLL_S):
                _check_silence(heard)
                continue
            block = os.read(process.stdout.fileno(), 65536)
            if not block:
                return
            *lines, rest = (rest + block).split(b"\n")
            if len(rest) > LINE_BYTES:
                raise ChildBroke("child_babbled", "the decoder said something it should not say")
            heard = time.monotonic()
            yield from (_parsed(line) for line in lines if line.strip())


def _check_silence(heard: float) -> None:
    if time.monotonic() - heard > settings.CHILD_SILENCE_SECONDS:
        raise ChildBroke(
            "child_silent",
            f"the decoder did not move for {settings.CHILD_SILENCE_SECONDS} seconds and was stopped",
        )


def _parsed(line: bytes) -> Event:
    try:
        event = json.loads(line)
    except ValueError as error:
        raise ChildBroke("child_babbled", "the decoder said something it should not say") from error
    if not isinstance(event, dict):
        raise ChildBroke("child_babbled", "the decoder said something it should not say")
    return event


def _check_end(process: subprocess.Popen[bytes], errors: Path) -> None:
    try:
        code = process.wait(timeout=10)
    except subprocess.TimeoutExpired as error:
        raise ChildBroke("child_silent", "the decoder did not end when it was done") from error
    if code == 0:
        return
    tail = errors.read_bytes()[-STDERR_TAIL:].decode(errors="replace")
    logger.warning("caged child ended with %s: %s", code, tail)
    if code == -signal.SIGXCPU:
        raise ChildBroke(
            "child_too_long",
            f"the decoder used up the {settings.CHILD_CPU_SECONDS} processor seconds it may have",
        )
    if code == -signal.SIGKILL:
        raise ChildBroke("child_killed", "the decoder was killed, most likely for want of memory")
    raise ChildBroke("child_crashed", "the decoder crashed")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The whole session: whatever the child may have started goes with it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
