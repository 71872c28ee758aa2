"""A whole Spotter for tests: what `make run` starts, on a folder and a port of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT
from tools.supervise.processes import spawn
from tools.testing.clean import clean_environment

ADMIN = ("admin", "a-long-password-for-tests")


@dataclass(frozen=True)
class RunningSpotter:
    """Where it answers and what its own commands need."""

    url: str
    home: Path
    env: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes]

    def manage(self, *arguments: str, timeout: float = 300) -> str:
        """Run one of its commands and return what it printed; raises CalledProcessError when it fails."""
        command = [sys.executable, "manage.py", *arguments]
        ended = subprocess.run(
            command, cwd=ROOT, env=dict(self.env), capture_output=True, text=True, timeout=timeout, check=True
        )
        return ended.stdout

    def wait_for_line(self, text: str, *, seconds: float) -> None:
        """Wait until its terminal shows the text."""
        deadline = time.monotonic() + seconds
        while text not in (shown := self.log.read_text(encoding="utf-8", errors="replace")):
            if self.process.poll() is not None:
                raise RuntimeError(f"Spotter ended with {self.process.returncode}:\n{shown[-4000:]}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {text!r} within {seconds} s:\n{shown[-4000:]}")
            time.sleep(0.1)


@contextmanager
def running_spotter(
    home: Path, *, demo: bool = False, extra: Mapping[str, str] | None = None
) -> Iterator[RunningSpotter]:
    """Start everything and wait until it answers. Without the demo its administrator is ADMIN."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    names = {"SPOTTER_HOME": str(home), "PORT": str(port), "DEMO": "1" if demo else "0"}
    admin = {"SPOTTER_ADMIN_USERNAME": ADMIN[0], "SPOTTER_ADMIN_PASSWORD": ADMIN[1]}
    env = {**clean_environment(), **names, **admin, **(extra or {})}
    log = home / "terminal.log"
    command = [sys.executable, "-m", "tools.supervise"]
    with log.open("wb") as out:
        process = spawn(command, env=env, cwd=ROOT, stdout=out.fileno(), stderr=out.fileno())
    commands_env = {
        **env,
        "REDIS_URL": (extra or {}).get("REDIS_URL", ""),
        "SECRET_KEY_FILE": str(home / "secret_key"),
    }
    running = RunningSpotter(f"http://127.0.0.1:{port}", home, commands_env, log, process)
    try:
        running.wait_for_line("Spotter answers at", seconds=90)
        if not commands_env["REDIS_URL"]:
            commands_env["REDIS_URL"] = (home / "redis" / "url").read_text(encoding="utf-8").strip()
        yield running
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port of the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
