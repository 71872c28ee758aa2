"""What must be true of this machine before Spotter starts: a check passes in silence or raises a Refusal."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

OLDEST_NODE = (20, 19)  # below this, Vite and ESLint refuse to start
SET_UP_BYTES = 4 * 1024**3  # PyTorch and its friends unpacked, plus what pip needs while it unpacks them
RUNNING_BYTES = 300 * 1024**2


class Refusal(Exception):
    """Spotter cannot go on; the text is the sentence a person reads, and it says what to do."""


def check_node(path: str | None = None) -> None:
    """Node and npm are there, and new enough to build the pages. `path` stands in for PATH in tests."""
    node = shutil.which("node", path=path)
    if node is None:
        raise Refusal("Node is missing: install Node 20.19 or newer, so that the pages can be built.")
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    if found is None:
        raise Refusal(f"{node} --version gave no version: install Node 20.19 or newer again.")
    if (int(found[1]), int(found[2])) < OLDEST_NODE:
        raise Refusal(f"{node} is Node {answer.stdout.strip()}: Spotter needs Node 20.19 or newer.")
    if shutil.which("npm", path=path) is None:
        raise Refusal("npm is missing beside Node: install it (it comes with Node from most sources).")


def check_disk(
    folder: Path,
    *,
    set_up: bool,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> None:
    """There is room for what comes next: the first set-up needs much, a later start little."""
    needed = SET_UP_BYTES if set_up else RUNNING_BYTES
    free = free_bytes(_existing_parent(folder))
    if free < needed:
        purpose = "the first set-up needs" if set_up else "running needs"
        raise Refusal(
            f"The disk is nearly full: {folder} has {free / 1024**3:.1f} GB left and {purpose} "
            f"{needed / 1024**3:.1f} GB. Free some space and start again."
        )


def _existing_parent(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def parse_port(text: str) -> int:
    """The port as a number, or a sentence."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Refusal(f"PORT is {text!r}: use a number from 1 to 65535, for example make run PORT=8080.")
    return int(text)


def check_port(host: str, port: int) -> None:
    """Nobody listens on the port, and we may."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As gunicorn binds: a closing connection of the last run must not look like a taken port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Refusal(f"Port {port} needs more rights: choose another, make run PORT=8080.") from None
        except OSError as error:
            if error.errno not in {98, 48}:  # EADDRINUSE on Linux, on macOS
                raise Refusal(f"HOST {host} cannot be used: {error.strerror}.") from None
            raise Refusal(
                f"Port {port} is taken by another program: stop it, or choose another port, "
                f"for example make run PORT={port + 1 if port < 65535 else 8000}."
            ) from None


class OnlyOne:
    """A lock file that says one copy works on this folder. The system drops the lock when its holder dies."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle: int | None = None

    def take(self) -> bool:
        """True when the lock is ours now; it stays ours until `release` or the end of this process."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._handle = handle
        return True

    def release(self) -> None:
        """Let the next copy in."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def home_lock(home: Path) -> OnlyOne:
    """The lock of a running Spotter over its data folder."""
    return OnlyOne(home / "running.lock")


def take_home(home: Path) -> OnlyOne:
    """The lock over `home`, or the sentence that a copy already runs there."""
    lock = home_lock(home)
    try:
        taken = lock.take()
    except OSError as error:
        raise Refusal(f"{home} cannot be written ({error.strerror}): set SPOTTER_HOME elsewhere.") from None
    if not taken:
        raise Refusal(
            f"Another copy of Spotter already runs on {home}: use that one, stop it, "
            "or give this one its own folder and port: make run SPOTTER_HOME=/some/folder PORT=8001."
        )
    return lock
