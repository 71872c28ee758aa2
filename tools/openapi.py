"""The wire: writes openapi.json and the types made from it; with `--check` says whether they fit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.environment import FRONTEND, ROOT

WIRE = ROOT / "openapi.json"
TYPES = FRONTEND / "src" / "api" / "schema.d.ts"


def wire_now() -> str:
    """The API as the code has it."""
    return _output([sys.executable, "manage.py", "openapi"], ROOT)


def types_now(wire: Path) -> str:
    """The types that belong to a wire file, formatted as the linter wants them."""
    made = _output(["npx", "--no-install", "openapi-typescript", str(wire)], FRONTEND)
    name = str(TYPES.relative_to(FRONTEND))
    return _output(["npx", "--no-install", "prettier", "--stdin-filepath", name], FRONTEND, given=made)


def _output(command: list[str], cwd: Path, given: str | None = None) -> str:
    return subprocess.run(command, cwd=cwd, input=given, stdout=subprocess.PIPE, text=True, check=True).stdout


def write() -> None:
    """Bring both files up to date."""
    WIRE.write_text(wire_now(), encoding="utf-8")
    TYPES.parent.mkdir(parents=True, exist_ok=True)
    TYPES.write_text(types_now(WIRE), encoding="utf-8")


def stale_files() -> list[str]:
    """The names of the committed files that no longer fit the code."""
    if not WIRE.is_file() or WIRE.read_text(encoding="utf-8") != wire_now():
        return [WIRE.name, str(TYPES.relative_to(ROOT))]
    if not TYPES.is_file() or TYPES.read_text(encoding="utf-8") != types_now(WIRE):
        return [str(TYPES.relative_to(ROOT))]
    return []


def main() -> int:
    """Write, or check."""
    try:
        if "--check" not in sys.argv:
            write()
            return 0
        stale = stale_files()
    except subprocess.CalledProcessError as error:
        print(f"`{' '.join(error.cmd[:4])} …` failed; its lines above say why.", file=sys.stderr)
        return 1
    if stale:
        print(
            f"Out of date: {' and '.join(stale)}. Run `make openapi` and commit the result.", file=sys.stderr
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
