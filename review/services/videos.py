"""Videos: the bytes under MEDIA_ROOT, and the split group that keeps what belongs together on one side."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils import timezone

from review.media import media_path, upload_check, video_folder
from review.models import Split, SplitGroup, Video

BLOCK_BYTES = 1024 * 1024
# Names that a person expects; anything else becomes .bin, and what a file really is decoding finds out.
SAFE_EXTENSIONS = frozenset(
    {
        "mp4",
        "m4v",
        "mov",
        "mkv",
        "webm",
        "avi",
        "mpg",
        "mpeg",
        "ts",
        "mts",
        "m2ts",
        "3gp",
        "wmv",
        "flv",
        "ogv",
    }
    | {"ogg", "oga", "opus", "wav", "mp3", "m4a", "aac", "flac"}
)
# Part of the identity of every split: changing it would move videos between training and holdout.
SPLIT_SEED = "spotter-split-1"
# Of two dozen sources the draw can leave holdout without one, and the gate then waits for months.
LEAST_MEASURING_SHARE = 0.10
LUCK_SUFFICES_FROM = 200
SPLIT_BOUNDS = ((0.70, Split.TRAIN), (0.85, Split.VALIDATION), (1.0, Split.HOLDOUT))


class Readable(Protocol):
    """What an upload, an open file and a BytesIO have in common."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True)
class StoredFile:
    """A file received into MEDIA_ROOT/incoming, hashed, not yet in its place."""

    temporary: Path
    sha256: str
    size_bytes: int


@contextmanager
def file_received(content: Readable | Path) -> Iterator[StoredFile]:
    """Stream the content next to its later place while hashing; whatever was not moved away is removed."""
    incoming = Path(settings.MEDIA_ROOT) / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=incoming)
    try:
        with os.fdopen(descriptor, "wb") as target:
            yield _received(content, target, Path(name))
    finally:
        Path(name).unlink(missing_ok=True)


def _received(content: Readable | Path, target: BinaryIO, temporary: Path) -> StoredFile:
    if isinstance(content, Path):
        upload_check(size_bytes=content.stat().st_size)
        with content.open("rb") as source:
            return _copied(source, target, temporary)
    return _copied(content, target, temporary)


def _copied(source: Readable, target: BinaryIO, temporary: Path) -> StoredFile:
    digest, size = hashlib.sha256(), 0
    while block := source.read(BLOCK_BYTES):
        digest.update(block)
        size += len(block)
        # Checked while it streams: a sender may lie about the length.
        upload_check(size_bytes=size)
        target.write(block)
    upload_check(size_bytes=size)
    target.flush()
    os.fsync(target.fileno())
    return StoredFile(temporary, digest.hexdigest(), size)


@contextmanager
def file_placed(stored: StoredFile, *, file_name: str) -> Iterator[str]:
    """The stored file in its place for as long as the block succeeds; yields its path relative to MEDIA_ROOT.

    Taken back when the block fails and no row names the file. The lock keeps two uploads of the same bytes
    from seeing each other half-done: the one that fails would take the file of the one that succeeds.
    """
    with _locked(stored.sha256):
        known = Video.objects.filter(sha256=stored.sha256).values_list("path", flat=True).first()
        relative = known or str(video_folder(stored.sha256) / f"original.{extension_safe(file_name)}")
        place = media_path(relative)
        place.parent.mkdir(parents=True, exist_ok=True)
        # Also when the row is known: a file lost from the disk comes back with its next upload.
        if not place.exists():
            os.chmod(stored.temporary, 0o644)  # nginx may run as somebody else
            os.replace(stored.temporary, place)
        try:
            yield relative
        except BaseException:
            if not Video.objects.filter(sha256=stored.sha256).exists():
                place.unlink(missing_ok=True)
            raise


@contextmanager
def _locked(sha256: str) -> Iterator[None]:
    folder = Path(settings.MEDIA_ROOT) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / sha256[:2]).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def extension_safe(file_name: str) -> str:
    """The name's extension where we know it, else `bin`: the rest of the name never reaches the disk."""
    extension = Path(file_name).suffix.lower().lstrip(".")
    return extension if extension in SAFE_EXTENSIONS else "bin"


def split_group_key(*, source: str, uploader: str, sha256: str) -> str:
    """What must stay together when learning: the source, else the uploader, else the video alone."""
    if source:
        return _key("source", source)
    return _key("uploader", uploader) if uploader else _key("video", sha256)


def _key(kind: str, value: str) -> str:
    most = 200 - len(kind) - 1
    # Cutting a long name could join two sources, its hash cannot.
    short = value if len(value) <= most else hashlib.sha256(value.encode()).hexdigest()
    return f"{kind}:{short}"


def split_decided(key: str) -> Split:
    """The split of a new group: drawn, unless what measures lags behind and takes this one."""
    if SplitGroup.objects.order_by("pk")[LUCK_SUFFICES_FROM : LUCK_SUFFICES_FROM + 1].exists():
        return split_drawn(key)
    real = SplitGroup.objects.exclude(videos__submissions__is_demo=True)
    counts = Counter(real.values_list("split", flat=True))
    least = int(LEAST_MEASURING_SHARE * (counts.total() + 1))
    lagging = (split for split in (Split.HOLDOUT, Split.VALIDATION) if counts[split] < least)
    return next(lagging, split_drawn(key))


def split_drawn(key: str) -> Split:
    """The split that the key's hash draws, the same on every machine."""
    digest = hashlib.sha256(f"{SPLIT_SEED}:{key}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return next(split for bound, split in SPLIT_BOUNDS if share < bound)


def video_get_or_create(
    *, stored: StoredFile, path: str, group_key: str, split: Split | None, now: datetime | None = None
) -> tuple[Video, bool]:
    """The video of these bytes, and whether it is new. A known one keeps its split group for good."""
    known = Video.objects.filter(sha256=stored.sha256).first()
    if known is not None:
        return known, False
    now = now or timezone.now()
    group, _ = SplitGroup.objects.get_or_create(
        key=group_key, defaults={"split": split or split_decided(group_key), "created_at": now}
    )
    return Video.objects.get_or_create(
        sha256=stored.sha256,
        defaults={
            "size_bytes": stored.size_bytes,
            "path": path,
            "split_group": group,
            "created_at": now,
        },
    )
