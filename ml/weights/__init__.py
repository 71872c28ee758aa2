"""The folder of published weight files: what belongs there, and whether it is there, intact.

Light to import: neither torch nor onnxruntime.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from ml.errors import WeightsRefused
from ml.weights.catalogue import PRETRAINED_TIER, Weights

__all__ = ["PRETRAINED_TIER", "Weights", "file_sha256", "present"]


def present(folder: Path | str | None) -> dict[str, str] | None:
    """Return the pretrained tier's files in `folder`, name -> SHA-256; None when any is missing.

    Raises WeightsRefused(altered_weights) when one is not what its publisher offers.
    """
    if folder is None:
        return None
    paths = {entry: Path(folder) / entry.name for entry in PRETRAINED_TIER}
    if not all(path.is_file() for path in paths.values()):
        return None
    for entry, path in paths.items():
        if file_sha256(path) != entry.sha256:
            raise WeightsRefused(
                "altered_weights",
                f"{entry.name} in {folder} is not the published file: "
                "delete it and run `python -m ml.weights fetch`.",
            )
    return {entry.name: entry.sha256 for entry in PRETRAINED_TIER}


def file_sha256(path: Path) -> str:
    """Return the file's SHA-256 in hex; read anew only after the file changed."""
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, changed_ns: int, inode: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
