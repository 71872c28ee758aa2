"""What the tools read from the environment. The Django side reads its own in config/settings.py."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.checks import Refusal, parse_port

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
FRONTEND = ROOT / "frontend"


@dataclass(frozen=True)
class Wishes:
    """What the person who starts Spotter asked for."""

    home: Path
    host: str
    port: int
    demo: bool
    torch_cuda: bool
    redis_url: str
    database_url: str
    worker_processes: int
    weights: Path
    weights_named: bool


def load_dotenv(file: Path = ROOT / ".env") -> None:
    """Put NAME=VALUE lines of the file into the environment; what is already set wins."""
    if not file.is_file():
        return
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise Refusal(f"{file}, line {number}: write NAME=VALUE, not {text!r}.")
        os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def read_wishes(environ: Mapping[str, str]) -> Wishes:
    """The wishes, or the sentence that names the variable which makes no sense."""
    torch = environ.get("TORCH", "").strip().lower() or "cpu"
    if torch not in {"cpu", "cuda"}:
        raise Refusal(f"TORCH is {torch!r}: set it to cpu (the default) or cuda.")
    home = Path(environ.get("SPOTTER_HOME") or ROOT / "var").expanduser().resolve()
    named = environ.get("SPOTTER_WEIGHTS", "").strip()
    return Wishes(
        home=home,
        host=environ.get("HOST") or "127.0.0.1",
        port=parse_port(environ.get("PORT") or "8000"),
        demo=_switch(environ, "DEMO", default=True),
        torch_cuda=torch == "cuda",
        redis_url=environ.get("REDIS_URL", "").strip(),
        database_url=environ.get("DATABASE_URL", "").strip(),
        worker_processes=_small_number(environ, "WORKER_PROCESSES", default=2),
        weights=Path(named).resolve() if named else home / "weights",
        weights_named=bool(named),
    )


def _switch(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, "").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if not value:
        return default
    raise Refusal(f"{name} is {value!r}: set it to 1 or 0.")


def _small_number(environ: Mapping[str, str], name: str, *, default: int) -> int:
    value = environ.get(name, "").strip() or str(default)
    if not value.isdigit() or not 1 <= int(value) <= 64:
        raise Refusal(f"{name} is {value!r}: set it to a whole number from 1 to 64.")
    return int(value)
