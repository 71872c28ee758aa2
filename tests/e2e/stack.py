"""The Spotter that all browser tests share: what `make run` starts, filled by seed.py.

SPOTTER_E2E_HOME names a folder that keeps what was filled, so that the next run begins with a copy of it: for
working on one test. Remove the folder after a change to seed.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT
from tools.testing.spotter import ADMIN, RunningSpotter, running_spotter

PASSWORD = "correct horse battery"
SEED_SECONDS = 400


@dataclass(frozen=True)
class Stack:
    """Where it answers, and what lies in it."""

    url: str
    queues: dict[str, int]
    bundle: str
    early_review: int
    spotter: RunningSpotter


def password_of(name: str) -> str:
    """Everybody's password; the first administrator has one of their own."""
    return ADMIN[1] if name == ADMIN[0] else PASSWORD


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start, fill, hand out, stop."""
    if not (ROOT / "frontend" / "dist" / ".vite" / "manifest.json").is_file():
        raise RuntimeError("The pages are not built: run make setup, or npm run build in frontend/.")
    with tempfile.TemporaryDirectory(prefix="spotter-e2e-") as folder:
        home, facts = Path(folder) / "home", Path(folder) / "facts.json"
        kept = os.environ.get("SPOTTER_E2E_HOME")
        extra = {"TRAINING_AUTOMATIC": "0", "WORKER_PROCESSES": "2"}
        if kept:
            _keep_filled(Path(kept), extra)
            shutil.copytree(kept, folder, dirs_exist_ok=True)
        with running_spotter(home, extra=extra) as spotter:
            if facts.is_file():
                _seed(spotter)
            else:
                _seed(spotter, facts)
            yield _stack(spotter, facts)


def _keep_filled(kept: Path, extra: dict[str, str]) -> None:
    """Fill the folder once; stopped before it is copied, so that its database is whole."""
    if (kept / "facts.json").is_file():
        return
    with running_spotter(kept / "home", extra=extra) as spotter:
        _seed(spotter, kept / "facts.json")


def _seed(spotter: RunningSpotter, *facts: Path) -> None:
    command = [sys.executable, "-m", "tests.e2e.seed", *map(str, facts)]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=dict(spotter.env),
        capture_output=True,
        text=True,
        timeout=SEED_SECONDS,
        check=False,
    )
    if ended.returncode:
        log = spotter.log.read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(
            f"Spotter could not be filled:\n{ended.stderr[-6000:]}\n--- its log\n{log[-4000:]}"
        )


def _stack(spotter: RunningSpotter, facts: Path) -> Stack:
    known = json.loads(facts.read_text(encoding="utf-8"))
    return Stack(spotter.url, known["queues"], known["bundle"], known["early_review"], spotter)
