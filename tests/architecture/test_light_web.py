"""The web process stays light: nothing of the learning world is loaded, and it fits in 200 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

MOST_MB = 200
SCRIPT = r"""
import importlib, json, pkgutil, re, sys
from config.wsgi import application
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
answer = Client().get("/api/me")
import review
names = [module.name for module in pkgutil.walk_packages(review.__path__, "review.")]
for name in names:
    importlib.import_module(name)
# Not getrusage: its peak starts with what the process that forked this one had held.
peak = re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())
print(json.dumps({
    "status": answer.status_code,
    "modules": sorted(sys.modules),
    "imported": len(names),
    "rss_mb": int(peak[1]) / 1024,
}))
"""
HEAVY = {"torch", "torchaudio", "cv2", "av", "ml", "scipy", "safetensors", "simulation"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a web process holds after one request and after importing every module of review."""
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "SPOTTER_HOME": str(home), "DATABASE_URL": f"sqlite:///{home}/db.sqlite3"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(settings.BASE_DIR),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_web_process_loads_nothing_heavy(web: dict[str, Any]) -> None:
    loaded = {name.split(".")[0] for name in web["modules"]}
    assert not loaded & HEAVY
    assert (web["status"], web["imported"] > 40) == (401, True)


def test_the_web_process_stays_under_200_mb(web: dict[str, Any]) -> None:
    assert web["rss_mb"] < MOST_MB, f"{web['rss_mb']:.0f} MB"
