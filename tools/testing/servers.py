"""Real servers for tests, each on a folder of its own and gone with the process that started it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tools.checks import Refusal
from tools.environment import ROOT
from tools.supervise.processes import spawn
from tools.supervise.redis import redis_service, redis_url, socket_path
from tools.testing.packages import find_postgres


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """A Redis that keeps its messages under `folder`; gives its URL."""
    service = redis_service(folder, dict(os.environ))
    process = spawn(service.command, env=service.env, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait(service.ready or bool, process, "Redis")
        yield redis_url(socket_path(folder))
    finally:
        _end(process, signal.SIGTERM)


@contextmanager
def running_postgres() -> Iterator[str]:
    """A new PostgreSQL cluster on a private socket, without a port; gives the URL of its one database."""
    programs = find_postgres()
    folder = Path(tempfile.mkdtemp(prefix="spotter-pg-"))
    owner = _postgres_owner(folder)
    try:
        _init_cluster(programs, folder / "data", owner)
        # Tests may lose their data with the power: without fsync they run at the speed of memory.
        quick = [
            word
            for name in ("fsync", "synchronous_commit", "full_page_writes")
            for word in ("-c", f"{name}=off")
        ]
        command = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
        command += ["-c", "listen_addresses=", "-c", "max_connections=100", *quick]
        with (folder / "log").open("wb") as log:
            process = spawn(
                command, env=os.environ, cwd=folder, stdout=log.fileno(), stderr=log.fileno(), user=owner
            )
        try:
            _wait(
                lambda: (folder / ".s.PGSQL.5432").exists() and _accepts(programs, folder),
                process,
                "PostgreSQL",
            )
            yield f"postgres://postgres@{quote(str(folder), safe='')}/postgres"
        finally:
            _end(process, signal.SIGINT)  # PostgreSQL's fast shutdown
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_owner(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root, so root hands the folder to the user that came with the package."""
    if os.geteuid() != 0:
        return None
    try:
        shutil.chown(folder, "postgres", "postgres")
    except LookupError:
        raise Refusal(
            "There is no user `postgres` to run PostgreSQL as: install the package postgresql."
        ) from None
    return "postgres"


def _init_cluster(programs: Path, data: Path, owner: str | None) -> None:
    command = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    command += ["--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(
        command, user=owner, group=owner, cwd=data.parent, capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise Refusal(f"PostgreSQL could not make its cluster:\n{made.stderr.strip()}")


def _accepts(programs: Path, folder: Path) -> bool:
    command = [str(programs / "pg_isready"), "-q", "-h", str(folder)]
    return subprocess.run(command, check=False).returncode == 0


def _wait(true: Callable[[], bool], process: subprocess.Popen[bytes], name: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if process.poll() is not None:
            raise Refusal(f"{name} ended right after its start (exit code {process.returncode}).")
        if time.monotonic() > deadline:
            raise Refusal(f"{name} did not answer within {seconds:.0f} seconds.")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes], number: int) -> None:
    process.send_signal(number)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
