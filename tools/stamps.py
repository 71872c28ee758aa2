"""Stamps: a small file beside an output that says from what it was made, so that work is not done twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

BUILD_LEFT_OUT = {"node_modules", "dist", "coverage", ".svelte-kit"}


def hash_files(files: Iterable[Path], *words: str) -> str:
    """One hash over names and contents (and extra words); a missing file counts as its absence."""
    digest = hashlib.sha256("\0".join(words).encode())
    for file in files:
        digest.update(f"\0{file.name}\0".encode())
        digest.update(file.read_bytes() if file.is_file() else b"absent")
    return digest.hexdigest()


def hash_folder(folder: Path) -> str:
    """One hash over the sources under a folder: not what is installed or built there, and nothing hidden."""
    sources = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part in BUILD_LEFT_OUT or part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return hash_files(sources, *(str(path.relative_to(folder)) for path in sources))


def is_fresh(stamp: Path, wanted: str) -> bool:
    """True when the output beside the stamp was made from exactly this."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == wanted


def write_stamp(stamp: Path, made_from: str) -> None:
    """Say from what the output was made; written last, so that a broken-off step is done again."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(made_from + "\n", encoding="utf-8")
