"""Programs that come from the system and not from pip or npm: PostgreSQL and Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tools.checks import Refusal

_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> Path:
    """The browser; installed first when it is missing and we may."""
    return _find_or_install(_chromium, "chromium", "Chromium is missing: install it (package chromium).")


def find_postgres() -> Path:
    """The folder with initdb and postgres; installed first when it is missing and we may."""
    sentence = "PostgreSQL's server is missing: install it (package postgresql), or run make test-py alone."
    return _find_or_install(_postgres, "postgresql", sentence)


def _chromium() -> Path | None:
    found = next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)
    return Path(found) if found else None


def _postgres() -> Path | None:
    """Debian keeps the server's programs out of PATH, one folder a version; the newest wins."""
    versions = list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if versions:
        return max(versions, key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0).parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _find_or_install(find: Callable[[], Path | None], package: str, sentence: str) -> Path:
    found = find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        install(package)
        found = find()
    if found is None:
        raise Refusal(sentence)
    return found


@cache
def _update_lists() -> None:
    subprocess.run(["apt-get", "update", "-qq"], check=False, stdin=subprocess.DEVNULL)


def install(package: str) -> None:
    """Install one of Debian's packages. A failure shows in that the program is still missing."""
    _update_lists()
    print(f"Installing {package} …", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    subprocess.run(command, check=False, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
