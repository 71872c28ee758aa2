"""`python -m ml.weights list|fetch|verify`: the published weight files of the pretrained tier.

Exit status: 0 all well, 1 a file is missing, altered or could not be fetched, 2 the question was wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ml.errors import WeightsRefused
from ml.weights import PRETRAINED_TIER, Weights, fetch, state_of
from ml.weights.checking import file_sha256, how_to_fetch, needed
from ml.weights.sidecars import chosen

BAR = 24


def main(arguments: list[str] | None = None, *, advice: str = "") -> int:
    """Run one command; return the exit status. advice: the command that fetches, where it is not this one."""
    asked = _parser().parse_args(arguments)
    if not asked.weights:
        print("Name the folder of the weights with --weights or SPOTTER_WEIGHTS.", file=sys.stderr)
        return 2
    folder = Path(asked.weights)
    try:
        if asked.command == "fetch":
            return _fetch(folder, asked)
        return _look(folder, asked, advice or how_to_fetch(folder))
    except WeightsRefused as error:
        if asked.json:
            print(json.dumps({"folder": str(folder), "code": error.code, "sentence": error.sentence}))
        print(error.sentence, file=sys.stderr)
        return 1


def _look(folder: Path, asked: argparse.Namespace, advice: str) -> int:
    """Answer list and verify. Raises WeightsRefused for networks of your own that are described wrongly."""
    own, wanted = _own(folder), needed(folder)
    files = [
        {**asdict(entry), "state": state_of(folder, entry) if entry in wanted else "replaced"}
        for entry in PRETRAINED_TIER
    ]
    if asked.json:
        print(json.dumps({"folder": str(folder), "files": files, "own": own}, indent=1))
    else:
        _print_files(files, own, in_full=asked.command == "list")
    intact = all(file["state"] in ("intact", "replaced") for file in files)
    if asked.command == "verify" and not asked.json:
        print("All there, as published." if intact else f"Run {advice}.")
    return 0 if intact or asked.command == "list" else 1


def _own(folder: Path) -> list[dict[str, str]]:
    """Return what stands in the place of published networks."""
    return [
        {
            "place": place,
            "name": sidecar.file,
            "sidecar": sidecar.name,
            "licence": sidecar.licence,
            "sha256": file_sha256(folder / sidecar.file),
        }
        for place, sidecar in chosen(folder).items()
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.weights", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in (
        ("list", "what the pretrained tier is made of, and what of it lies here"),
        ("fetch", "bring what is missing from its publishers, resumed and verified"),
        ("verify", "say whether every file is as published"),
    ):
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.add_argument(
            "--weights", default=os.environ.get("SPOTTER_WEIGHTS"), help="the folder (SPOTTER_WEIGHTS)"
        )
        command.add_argument("--json", action="store_true", help="answer as JSON")
    command = commands.choices["fetch"]
    command.add_argument("--mirror", help="an address under which the files lie by name")
    command.add_argument("--budget", type=float, metavar="SECONDS", help="give up after so long")
    return parser


def _print_files(files: list[dict[str, Any]], own: list[dict[str, str]], *, in_full: bool) -> None:
    for file in files:
        print(f"{file['state']:8} {file['name']}  {file['size'] / 1e6:.1f} MB")
        if in_full:
            print(f"         {file['what']}\n         {file['licence']}; {file['citation']}")
            print(f"         {file['url']}\n         SHA-256 {file['sha256']}")
    for network in own:
        print(f"own      {network['name']}  for {network['place']}, as {network['sidecar']} says")
        if in_full:
            print(f"         {network['licence']}\n         SHA-256 {network['sha256']}")


def _fetch(folder: Path, asked: argparse.Namespace) -> int:
    bar = _bar if sys.stderr.isatty() and not asked.json else None
    wanted = needed(folder)  # nobody needs what a network of your own stands in for
    paths = fetch(folder, entries=wanted, mirror=asked.mirror, budget_s=asked.budget, on_progress=bar)
    _convert(folder, wanted)
    if asked.json:
        print(json.dumps({"folder": str(folder), "files": [path.name for path in paths]}))
    else:
        print(f"All {len(paths)} files are in {folder}, as published.")
    return 0


def _convert(folder: Path, entries: Sequence[Weights]) -> None:
    from ml.weights.reading import convert  # imports numpy, and torch for the first time

    for entry in entries:
        if entry.name.endswith(".pt"):
            with contextlib.suppress(OSError):  # a read-only folder works as it is
                convert(folder, entry)


def _bar(entry: Weights, done: int) -> None:
    filled = BAR * done // entry.size
    end = "\n" if done == entry.size else ""
    print(
        f"\r{entry.name:40} {'#' * filled:{BAR}} {done / 1e6:5.1f} MB", end=end, file=sys.stderr, flush=True
    )


if __name__ == "__main__":
    sys.exit(main())
