"""`make lint` and `make format`: one after the other, all of them even when one complains."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tools.environment import FRONTEND, ROOT, VENV

ROOMS = ("config", "review", "worker", "ml", "simulation", "tests", "bench", "tools")


def _program(name: str) -> str:
    return str(VENV / "bin" / name)


def linters() -> list[tuple[str, list[str], Path]]:
    """Title, command and folder of each."""
    rooms = [room for room in ROOMS if (ROOT / room).is_dir()]
    return [
        ("ruff format", [_program("ruff"), "format", "--check", "--quiet", "."], ROOT),
        ("ruff", [_program("ruff"), "check", "--quiet", "."], ROOT),
        ("mypy", [_program("mypy"), *rooms], ROOT),
        ("import-linter", [_program("lint-imports"), "--no-cache"], ROOT),
        ("svelte-check", ["npm", "run", "--silent", "check"], FRONTEND),
        ("ESLint", ["npm", "run", "--silent", "lint"], FRONTEND),
        ("prettier", ["npm", "run", "--silent", "format:check"], FRONTEND),
        ("OpenAPI snapshot", [sys.executable, "-m", "tools.openapi", "--check"], ROOT),
        ("message catalogues", [sys.executable, "-m", "tools.words", "--check"], ROOT),
        ("Dockerfile", [_program("hadolint"), "--no-color", "docker/Dockerfile"], ROOT),
    ]


def formatters() -> list[tuple[str, list[str], Path]]:
    """What puts the sources into shape."""
    return [
        ("ruff", [_program("ruff"), "check", "--fix", "--quiet", "."], ROOT),
        ("ruff format", [_program("ruff"), "format", "--quiet", "."], ROOT),
        ("prettier", ["npm", "run", "--silent", "format"], FRONTEND),
        ("message catalogues", [sys.executable, "-m", "tools.words"], ROOT),
    ]


def main(arguments: list[str]) -> int:
    """Run them; the last lines say what is not in order."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    bad: list[str] = []
    for title, command, cwd in formatters() if "--fix" in arguments else linters():
        began = time.monotonic()
        code = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, check=False).returncode
        print(f"{'ok    ' if code == 0 else 'NOT OK'} {title}  {time.monotonic() - began:.0f} s", flush=True)
        if code:
            bad.append(title)
    print(f"Not in order: {', '.join(bad)}." if bad else "Everything is in order.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
