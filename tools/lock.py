"""`make lock`: resolves pyproject.toml into the two lock files, one pinned line a package.

No hashes and no local version suffix: torch comes as a CPU or a CUDA build of the same version, by index.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tools.environment import ROOT
from tools.setup import DEV_LOCK, LOCK, TORCH_CPU_INDEX


def resolve(wanted: list[str], constraints: Path | None = None) -> dict[str, str]:
    """Package names and versions that pip would install into an empty environment; nothing is installed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--extra-index-url", TORCH_CPU_INDEX, "--retries", "0", "--report", str(report)]
        command += ["--constraint", str(constraints)] if constraints else []
        subprocess.run([*command, *wanted], check=True)
        installs = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        item["metadata"]["name"]: item["metadata"]["version"].partition("+")[0]  # 2.13.0+cpu is 2.13.0
        for item in installs
    }


def write(file: Path, purpose: str, packages: dict[str, str]) -> None:
    """One line a package, sorted as people sort."""
    lines = [f"# Made by `make lock` from pyproject.toml. {purpose}"]
    lines += [f"{name}=={packages[name]}" for name in sorted(packages, key=str.lower)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    """Write both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    running = resolve(project["dependencies"])
    write(LOCK, "What Spotter needs to run.", running)
    dev = resolve(project["dependencies"] + project["optional-dependencies"]["dev"], LOCK)
    more = {name: version for name, version in dev.items() if name not in running}
    write(DEV_LOCK, "What tests and lint need on top of requirements.lock.", more)
    return 0


if __name__ == "__main__":
    sys.exit(main())
