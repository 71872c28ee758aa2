"""Whether the files in a weights folder are the published ones. Light to import."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ml.errors import WeightsRefused
from ml.weights.catalogue import PRETRAINED_TIER, Weights

State = Literal["intact", "missing", "altered"]


def state_of(folder: Path | str, entry: Weights) -> State:
    """Return how `entry`'s file lies in `folder`."""
    path = Path(folder) / entry.name
    if not path.is_file():
        return "missing"
    return "intact" if file_sha256(path) == entry.sha256 else "altered"


def present(folder: Path | str | None) -> dict[str, str] | None:
    """Return the pretrained tier's files in `folder`, name -> SHA-256; None when any is missing.

    Raises WeightsRefused(altered_weights) when one is not what its publisher offers.
    """
    if folder is None:
        return None
    states = {entry.name: state_of(folder, entry) for entry in PRETRAINED_TIER}
    if "missing" in states.values():
        return None
    altered = [name for name, state in states.items() if state == "altered"]
    if altered:
        raise WeightsRefused(
            "altered_weights",
            f"{', '.join(altered)} in {folder}: not as published. "
            "Delete it and run `python -m ml.weights fetch`.",
        )
    return {entry.name: entry.sha256 for entry in PRETRAINED_TIER}


def file_sha256(path: Path) -> str:
    """Return the file's SHA-256 in hex; read anew only after the file changed."""
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, changed_ns: int, inode: int) -> str:
    return read_sha256(path)


def read_sha256(path: Path) -> str:
    """Return the file's SHA-256 in hex, read now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
