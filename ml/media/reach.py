"""Whether a browser can jump about in a file it can play, told from how the file is laid out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.media.frame_index import FrameTimes
from ml.media.opening import top_level_boxes
from ml.media.probe import Probe

# To show a frame a browser decodes everything from the key frame before it.
KEYS_APART_S = 10.0
MISSED_SHARE = 0.005  # one in two hundred: a fault here and there is no reason to encode all of it
FAR_APART_SHARE = 0.05  # of the time: one still stretch in a long film is no reason to encode it all

CLUSTER, CUES, SEGMENT = 0x1F43B675, 0x1C53BB6B, 0x18538067
MAX_ELEMENTS = 1_000_000


def seek_reason(path: Path | str, facts: Probe, found: FrameTimes | None) -> str | None:
    """Return why a browser would jump badly in this file, in one phrase; None when it jumps well."""
    if not facts.has_picture or found is None:
        return None
    boxes = top_level_boxes(Path(path)) if facts.container.startswith("mov") else []
    is_webm = facts.container.startswith("matroska")
    if (is_webm and not has_cues(Path(path))) or ("moof" in boxes and "sidx" not in boxes):
        return "it has no index to seek by: browsers would load all of it to reach its end"
    if "moof" in boxes and found.early_keys:
        return "it is cut into fragments in which browsers miss the frame they seek"
    if found.missed > MISSED_SHARE * len(found.times_us):
        return "it says the lengths of its frames wrongly: browsers show another frame than the one sought"
    gaps_s = _gaps_s(found, facts)
    if gaps_s[gaps_s > KEYS_APART_S].sum() > FAR_APART_SHARE * facts.duration_ms / 1000:
        return f"its key frames are up to {gaps_s.max():.0f} seconds apart: seeking would be slow"
    return None


def _gaps_s(found: FrameTimes, facts: Probe) -> NDArray[np.float64]:
    """Return (K,) how long each key frame's group lasts; a frame alone is no work, however long it stays."""
    last_us = max(facts.duration_ms * 1000, int(found.times_us[-1]))
    ends = np.append(found.times_us[found.keys], last_us)
    frames = np.diff(np.append(found.keys, len(found.times_us)))
    return np.where(frames > 1, np.diff(ends), 0) / 1e6


def has_cues(path: Path) -> bool:
    """Say whether a Matroska or WebM file holds Cues, its index; clusters of unknown length hide them."""
    with path.open("rb") as file:
        size, at = path.stat().st_size, 0
        for _ in range(MAX_ELEMENTS):
            file.seek(at)
            kind, length, head = _element(file.read(12))
            if kind == CUES:
                return True
            if kind == 0 or (length is None and kind != SEGMENT) or at >= size:
                return False
            at += head if kind == SEGMENT else head + (length or 0)
    return False


def _element(data: bytes) -> tuple[int, int | None, int]:
    """Return (id, length or None when unknown, bytes of the head); id 0 for what is no element."""
    if not data or not data[0]:
        return 0, None, 0
    wide = 9 - data[0].bit_length()
    rest = data[wide:]
    if wide > 4 or not rest or not rest[0]:
        return 0, None, 0
    long = 9 - rest[0].bit_length()
    bits = 7 * long
    length = int.from_bytes(rest[:long], "big") & ((1 << bits) - 1)
    unknown = length == (1 << bits) - 1
    return int.from_bytes(data[:wide], "big"), None if unknown else length, wide + long
