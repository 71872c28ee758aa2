"""A small real Spotter for job tests: database, Redis and worker processes on a folder of their own.

The tests look at it from outside: they start and kill processes and read rows with plain SQL.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import redis

from tools.environment import ROOT
from tools.supervise.processes import spawn
from tools.supervise.redis import redis_service, redis_url, socket_path
from tools.testing.clean import clean_environment

LIMIT_S = 60.0


class House:
    """SPOTTER_HOME, its environment and its processes. `database_url` empty: SQLite in the home."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home = home
        self.env = {
            **clean_environment(),
            "SPOTTER_HOME": str(home),
            "REDIS_URL": redis_url(socket_path(home / "redis")),
            "TRAINING_AUTOMATIC": "0",
            "STALE_AFTER_SECONDS": "8",
            "PYTHONPATH": str(ROOT),
        }
        if database_url:
            self.env["DATABASE_URL"] = database_url
        self.processes: list[subprocess.Popen[bytes]] = []
        self.redis: subprocess.Popen[bytes]

    # --- Processes

    def start_redis(self) -> None:
        service = redis_service(self.home / "redis", self.env)
        self.redis = self._start(service.command, "redis")
        self.wait_for(lambda: bool(service.ready and service.ready()), "Redis")

    def redis_has_written(self) -> bool:
        """Whether the last change is on the disk: Redis is asked to write within a second."""
        with redis.Redis(unix_socket_path=str(socket_path(self.home / "redis"))) as client:
            info: Any = client.info("persistence")
        return not info["aof_pending_bio_fsync"] and info["aof_current_size"] > 0

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A worker with the clock in it, so that upkeep runs."""
        words = (sys.executable, "-m", "celery", "--app", "config", "worker", "--beat", "--concurrency", "2")
        schedule = str(self.home / "schedule")
        more = ("--queues", "analysis,training,upkeep", "--schedule", schedule, "--loglevel", "INFO")
        return self._start((*words, *more, "--without-gossip", "--without-mingle"), "worker")

    def _start(self, command: tuple[str, ...], name: str) -> subprocess.Popen[bytes]:
        with (self.home / f"{name}.log").open("ab") as log:
            process = spawn(command, env=self.env, cwd=ROOT, stdout=log.fileno(), stderr=log.fileno())
        self.processes.append(process)
        return process

    def submit(self, *files: Path) -> None:
        """Submit the files as uploads."""
        command = [sys.executable, "-m", "tests.worker.submit_files", *map(str, files)]
        env = {**self.env, "DJANGO_SETTINGS_MODULE": "config.settings"}
        subprocess.run(command, cwd=ROOT, env=env, timeout=120, check=True, stderr=subprocess.DEVNULL)

    def make_types(self) -> None:
        """The demo's violation types, without the demo."""
        code = (
            "from django.utils import timezone; from worker.demo_setup import queue_make; "
            "queue_make(now=timezone.now())"
        )
        self.manage("shell", "--verbosity", "0", "--command", code)

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120, check=check
        )

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As hard as it gets, and only this process: its children must follow by themselves."""
        process.send_signal(signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    # --- Rows

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        if url := self.env.get("DATABASE_URL"):
            with psycopg.connect(url) as connection:
                return connection.execute(sql).fetchall()
        file = sqlite3.connect(f"file:{self.home / 'db.sqlite3'}?mode=ro", uri=True, timeout=20)
        try:
            return file.execute(sql).fetchall()
        finally:
            file.close()

    def states(self) -> list[str]:
        """Of all analyses, oldest first."""
        return [state for (state,) in self.rows("SELECT state FROM review_analysis ORDER BY id")]

    def wait_for(self, true: Callable[[], bool], what: str, *, limit_s: float = LIMIT_S) -> float:
        """Seconds until it came true."""
        began = time.monotonic()
        while not true():
            waited = time.monotonic() - began
            assert waited < limit_s, f"{what} did not come within {limit_s:.0f} s.\n{self.logs()}"
            time.sleep(0.1)
        return time.monotonic() - began

    def logs(self) -> str:
        return "\n".join(file.read_text()[-3000:] for file in sorted(self.home.glob("*.log")))
