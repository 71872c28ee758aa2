"""What every bench needs: where data and results lie, a features cache, and the closing JSON line."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from ml.weights import present

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "var" / "bench"
RESULTS = ROOT / "bench" / "results"
PROCESSES = 2


def data_folder(name: str) -> Path | None:
    """A folder of the real data, or None when this machine has none."""
    base = Path(os.environ.get("SPOTTER_DATA", "../shared/data"))
    folder = (base if base.is_absolute() else ROOT / base) / name
    return folder if folder.is_dir() else None


def weights_folder() -> Path | None:
    """The folder of the pretrained networks' published files, or None when they are not all there."""
    named = os.environ.get("SPOTTER_WEIGHTS")
    folder = Path(named) if named else data_folder("weights")
    return folder if present(folder) else None


def code_hash(*rooms: str) -> str:
    """Hash of the sources that make a cached file, so that a changed extractor never meets old features."""
    digest = hashlib.sha256()
    for room in rooms:
        for source in sorted((ROOT / room).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def in_parallel(work: Callable[[Any], Path], jobs: Sequence[Any]) -> list[Path]:
    """Run `work` over `jobs` in a few processes, saying how far it is."""
    paths = []
    with ProcessPoolExecutor(PROCESSES) as pool:
        for number, path in enumerate(pool.map(work, jobs), start=1):
            paths.append(path)
            if number % 10 == 0 or number == len(jobs):
                print(f"prepared {number} of {len(jobs)}", flush=True)
    return paths


def close(bench: str, figures: dict[str, Any], items: Sequence[Any]) -> int:
    """Save figures and per-item results, print the JSON line, and say by exit code whether the bars were met.

    NAME.json holds the figures with seeds; NAME.items.jsonl one item a line, enough to compute them again.
    """
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{bench}.json").write_text(json.dumps(figures, indent=1) + "\n")
    lines = [json.dumps(item, separators=(",", ":")) + "\n" for item in items]
    (RESULTS / f"{bench}.items.jsonl").write_text("".join(lines))
    print(json.dumps({"bench": bench, **figures}))
    return 0 if figures["ok"] else 1


def skip(bench: str, why: str) -> int:
    """A bench that cannot run here says so by name and fails nothing."""
    print(f"skipped {bench}: {why}")
    print(json.dumps({"bench": bench, "skipped": why, "ok": True}))
    return 0
