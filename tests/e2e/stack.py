"""The Spotter that all browser tests share: what `make run` starts, filled by seed.py."""

from __future__ import annotations

import json
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
        home = Path(folder) / "home"
        extra = {"TRAINING_AUTOMATIC": "0", "WORKER_PROCESSES": "2"}
        with running_spotter(home, extra=extra) as spotter:
            yield _filled(spotter, Path(folder) / "facts.json")


def _filled(spotter: RunningSpotter, facts: Path) -> Stack:
    command = [sys.executable, "-m", "tests.e2e.seed", str(facts)]
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
    known = json.loads(facts.read_text(encoding="utf-8"))
    return Stack(spotter.url, known["queues"], known["bundle"], known["early_review"], spotter)
