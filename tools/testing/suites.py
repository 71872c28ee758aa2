"""The suites: what each runs, and which real servers it gets first."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.environment import FRONTEND, ROOT
from tools.testing.clean import clean_environment
from tools.testing.counts import Counts, read_counts
from tools.testing.packages import find_chromium
from tools.testing.servers import running_postgres, running_redis

ORDINARY = "not jobs and not e2e and not slow"
# These rooms hold nothing that a database could change; once is enough.
NO_DATABASE = ("tests/ml", "tests/simulation", "tests/tools", "tests/architecture", "tests/bench")


@dataclass(frozen=True)
class Suite:
    """One run of one test runner."""

    name: str
    title: str
    marks: str = ""
    processes: int = 1
    left_out: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # of "postgres", "redis", "chromium"


SUITES = (
    Suite("py", "Python tests on SQLite", ORDINARY, processes=2),
    Suite(
        "pg", "Python tests on PostgreSQL", ORDINARY, processes=2, left_out=NO_DATABASE, needs=("postgres",)
    ),
    Suite("jobs", "Job tests with a real Redis and worker", "jobs and not slow", needs=("redis",)),
    Suite("ui", "TypeScript tests"),
    Suite("e2e", "Browser tests in Chromium", "e2e and not slow", needs=("chromium",)),
)
SLOW = Suite("slow", "The long forms", "slow", needs=("redis", "chromium"))


@dataclass(frozen=True)
class Result:
    """How a suite went."""

    suite: Suite
    counts: Counts
    exit_code: int
    seconds: float

    @property
    def sentence(self) -> str:
        """One line of the summary."""
        trouble = ""
        if self.exit_code and not self.counts.failed:
            trouble = f"  (stopped with exit code {self.exit_code})"
        return f"{self.suite.title:<40} {self.counts}  {self.seconds:.0f} s{trouble}"


def run_suite(suite: Suite, more: Sequence[str]) -> Result:
    """Give the suite what it needs and run it; its runner's own lines go to the terminal."""
    began = time.monotonic()
    print(f"\n== {suite.title} " + "=" * (90 - len(suite.title)), flush=True)
    with tempfile.TemporaryDirectory(prefix="spotter-test-") as folder:
        home = Path(folder)
        report = home / ("report.json" if suite.name == "ui" else "report.xml")
        with _environment(suite, home) as env:
            command = _vitest(report, more) if suite.name == "ui" else _pytest(suite, report, more)
            cwd = FRONTEND if suite.name == "ui" else ROOT
            code = subprocess.run(
                command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, check=False
            ).returncode
        return Result(suite, read_counts(report), code, time.monotonic() - began)


@contextmanager
def _environment(suite: Suite, home: Path) -> Iterator[Mapping[str, str]]:
    env = {**clean_environment(), "SPOTTER_HOME": str(home / "home"), "PYTHONPATH": str(ROOT)}
    with ExitStack() as servers:
        if "postgres" in suite.needs:
            env["DATABASE_URL"] = servers.enter_context(running_postgres())
        if "redis" in suite.needs:
            env["REDIS_URL"] = servers.enter_context(running_redis(home / "redis"))
        if "chromium" in suite.needs:
            env["SPOTTER_CHROMIUM"] = str(find_chromium())
        yield env


def _pytest(suite: Suite, report: Path, more: Sequence[str]) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-m",
        suite.marks,
        f"--junitxml={report}",
        # Not pytest's own place: it keeps three runs there and would take a fourth one's files away.
        f"--basetemp={report.parent / 'pytest'}",
        "--durations=5",
    ]
    if suite.processes > 1:
        command += ["-n", str(suite.processes), "--dist", "loadfile"]
    return [*command, *(f"--ignore={folder}" for folder in suite.left_out), *more]


def _vitest(report: Path, more: Sequence[str]) -> list[str]:
    reporters = ["--reporter=default", "--reporter=json", f"--outputFile.json={report}"]
    return ["npm", "test", "--silent", "--", *reporters, *more]
