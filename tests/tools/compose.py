"""The services of docker-compose.yml as programs of this machine: same commands, other addresses."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.environment import ROOT, VENV
from tools.supervise.processes import spawn
from tools.testing.clean import clean_environment

FILE = ROOT / "docker-compose.yml"


def compose() -> dict[str, Any]:
    """The file with its anchors resolved."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True)
class Natively:
    """What stands here in place of what a container would have: addresses, folders, secrets."""

    stands_for: Mapping[str, str]

    def translate(self, text: str) -> str:
        for there, here in self.stands_for.items():
            text = text.replace(there, here)
        return text

    def environment(self, service: Mapping[str, Any]) -> dict[str, str]:
        """The service's own environment over a clean one, as its container would see it."""
        own = {
            name: self.translate(_default(value)) for name, value in service.get("environment", {}).items()
        }
        path = f"{VENV / 'bin'}:{os.environ['PATH']}"
        return {**clean_environment(), **own, "PATH": path, "DJANGO_SETTINGS_MODULE": "config.settings"}

    def command(self, service: Mapping[str, Any]) -> list[str]:
        return [self.translate(word) for word in service["command"]]

    def start(self, service: Mapping[str, Any], log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as out:
            return spawn(
                self.command(service),
                env=self.environment(service),
                cwd=ROOT,
                stdout=out.fileno(),
                stderr=out.fileno(),
            )

    def is_healthy(self, service: Mapping[str, Any]) -> bool:
        """Run the service's health check once."""
        kind, *words = service["healthcheck"]["test"]
        assert kind == "CMD"
        command = [self.translate(word) for word in words]
        env = self.environment(service)
        return subprocess.run(command, env=env, cwd=ROOT, check=False, capture_output=True).returncode == 0


def _default(value: str) -> str:
    """`${NAME:-default}` as compose reads it when NAME is not set."""
    if value.startswith("${") and ":-" in value:
        return value[2:-1].partition(":-")[2]
    return value
