"""Whether the files in a weights folder are the published ones. Light to import."""

from __future__ import annotations

import hashlib
import shlex
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ml.errors import WeightsRefused
from ml.weights.catalogue import MOTION_NETWORK, PRETRAINED_TIER, SOUND_TAGGER, Weights
from ml.weights.looking import is_there, may_not_be_read
from ml.weights.sidecars import Place, chosen

State = Literal["intact", "missing", "altered"]
PLACE_OF: dict[Place, Weights] = {"picture": MOTION_NETWORK, "sound": SOUND_TAGGER}


def state_of(folder: Path | str, entry: Weights) -> State:
    """Return how `entry`'s file lies in `folder`."""
    path = Path(folder) / entry.name
    if not is_there(path):
        return "missing"
    return "intact" if file_sha256(path) == entry.sha256 else "altered"


def present(folder: Path | str | None) -> dict[str, str] | None:
    """Return the pretrained tier's files in `folder`, name -> SHA-256; None when any is missing.

    Networks of your own (ml.weights.sidecars) are among them. Raises WeightsRefused: altered_weights when
    one is not what its publisher offers; bad_sidecar, missing_weights for networks of your own.
    """
    if folder is None or missing(folder):
        return None
    altered = [entry.name for entry in needed(folder) if state_of(folder, entry) == "altered"]
    if altered:
        raise WeightsRefused(
            "altered_weights",
            f"{', '.join(altered)} in {folder}: not as published. Delete it and run {how_to_fetch(folder)}.",
        )
    own = [name for sidecar in chosen(Path(folder)).values() for name in (sidecar.name, sidecar.file)]
    published = {entry.name: entry.sha256 for entry in needed(folder)}
    return published | {name: file_sha256(Path(folder) / name) for name in own}


def needed(folder: Path | str) -> list[Weights]:
    """Return the published files the tier needs in `folder`: those no network of your own stands in for."""
    own = chosen(Path(folder))
    replaced = {entry for place, entry in PLACE_OF.items() if place in own}
    return [entry for entry in PRETRAINED_TIER if entry not in replaced]


def missing(folder: Path | str) -> list[str]:
    """Return the names of the published files the tier needs and lacks in `folder`."""
    return [entry.name for entry in needed(folder) if state_of(folder, entry) == "missing"]


def how_to_fetch(folder: Path | str) -> str:
    """Return the command that brings the published files into `folder`, as a sentence quotes it."""
    return f"`python -m ml.weights fetch --weights {shlex.quote(str(folder))}`"


def file_sha256(path: Path) -> str:
    """Return the file's SHA-256 in hex; read anew only after the file changed.

    Raises WeightsRefused(altered_weights) when this user may not read it.
    """
    try:
        status = path.stat()
        # The time of change, which nobody can set: copying tools restore that of modification.
        return _sha256(path, status.st_size, status.st_ctime_ns, status.st_ino)
    except PermissionError as error:
        raise may_not_be_read(path) from error


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, changed_ns: int, inode: int) -> str:
    return read_sha256(path)


def read_sha256(path: Path) -> str:
    """Return the file's SHA-256 in hex, read now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
