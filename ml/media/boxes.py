"""The sample table of an MP4, read as it lies: when each frame is decoded and shown."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAX_HEADER = 256 * 1024 * 1024  # bytes of a moov box that are read: ten hours at 60 a second take half
MAX_SAMPLES = 10_000_000  # ten hours at 60 a second are 2.2 million
MAX_BOXES = 10_000  # on the top level; files in thousands of pieces are fragmented, which ends the search
MAX_DEPTH = 8  # boxes in boxes; a film has five
NESTED = (b"trak", b"mdia", b"minf", b"stbl", b"edts")


@dataclass(frozen=True)
class SampleTable:
    """One track's samples in the order of decoding, after its edit list."""

    clock: int  # ticks a second
    dts: NDArray[np.int64]  # (N,) ticks
    pts: NDArray[np.int64]  # (N,) ticks
    length: NDArray[np.int64]  # (N,) ticks to the next sample's decoding
    is_key: NDArray[np.bool_]  # (N,)
    kept: NDArray[np.bool_]  # (N,) False: before where the edit list begins, never shown


def sample_table(path: Path, track_id: int) -> SampleTable | None:
    """Return the table of one track; None for anything but a plain file with at most one edit."""
    try:
        header = _header(path)
        if header is None:
            return None
        movie = _unpacked(header, b"mvhd", 12, 20, ">I")
        for kind, start, end in _boxes(header, 0, len(header)):
            if kind == b"trak" and (table := _track(header[start:end], track_id, movie)):
                return table
    except (struct.error, ValueError, LookupError, ArithmeticError, OSError):
        pass  # whatever is wrong with it, the demuxer has the last word
    return None


def _top_level(path: Path) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, start, end) of a file's top-level boxes, without their heads."""
    size, at = path.stat().st_size, 0
    with path.open("rb") as file:
        for _ in range(MAX_BOXES):
            if at + 8 > size:
                return
            file.seek(at)
            length, kind, long = struct.unpack(">I4sQ", file.read(16).ljust(16, b"\0"))
            head = 16 if length == 1 else 8
            length = long if length == 1 else length or size - at
            if length < head:
                return
            yield kind, at + head, min(size, at + length)
            at += length


def _header(path: Path) -> memoryview | None:
    """Return the first moov box's content, as the demuxer does; None when there are fragments or it is
    beyond all measure."""
    found = None
    for kind, start, end in _top_level(path):
        if kind == b"moof":
            return None
        if kind == b"moov" and found is None:
            found = (start, end)
    if found is None or found[1] - found[0] > MAX_HEADER:
        return None
    with path.open("rb") as file:
        file.seek(found[0])
        return memoryview(file.read(found[1] - found[0]))  # parts of it are looked at, never copied


def _boxes(data: memoryview, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            (length,), head = struct.unpack_from(">Q", data, at + 8), 16
        if length < head or at + length > end:
            raise ValueError("a box reaches out of the one around it")
        yield kind, at + head, at + length
        at += length


def _all(data: memoryview, depth: int = 0) -> dict[bytes, memoryview]:
    """Return a track's boxes by kind, those that hold others opened."""
    if depth > MAX_DEPTH:
        raise ValueError("boxes in boxes without end")
    found: dict[bytes, memoryview] = {}
    for kind, start, end in _boxes(data, 0, len(data)):
        found.update(_all(data[start:end], depth + 1) if kind in NESTED else {kind: data[start:end]})
    return found


def _unpacked(header: memoryview, kind: bytes, short: int, long: int, form: str) -> int:
    """Return one number of a box that has it in another place when its version is 1."""
    for name, start, _ in _boxes(header, 0, len(header)):
        if name == kind:
            return _by_version(header[start:], short, long, form)
    raise ValueError(f"no {kind!r}")


def _by_version(box: memoryview, short: int, long: int, form: str) -> int:
    (number,) = struct.unpack_from(form, box, long if box[0] == 1 else short)
    return int(number)


def _track(data: memoryview, track_id: int, movie_clock: int) -> SampleTable | None:
    boxes = _all(data)
    if _by_version(boxes[b"tkhd"], 12, 20, ">I") != track_id:
        return None
    clock = _by_version(boxes[b"mdhd"], 12, 20, ">I")
    lengths = _runs(boxes[b"stts"], ">u4")
    if len(lengths) != _sample_count(boxes):
        return None
    dts = np.concatenate([[0], np.cumsum(lengths[:-1])]).astype(np.int64)
    offsets = _runs(boxes[b"ctts"], ">i4") if b"ctts" in boxes else np.zeros(len(dts), np.int64)
    if len(offsets) != len(dts) or not len(dts):
        return None
    is_key = np.full(len(dts), b"stss" not in boxes)
    if b"stss" in boxes:
        is_key[_numbers(boxes[b"stss"], ">u4", 1)[:, 0].astype(np.int64) - 1] = True
    shift, begins, ends = _edit(boxes.get(b"elst"), clock, movie_clock)
    pts = dts + offsets
    if ends is not None and ends < pts.max():
        return None  # cut off at its end: the demuxer knows how
    return SampleTable(clock, dts + shift, pts + shift, lengths, is_key, pts >= begins)


def _sample_count(boxes: dict[bytes, memoryview]) -> int:
    """Return how many samples have a size: no others can be read, whatever the table of times says."""
    box = boxes[b"stsz"] if b"stsz" in boxes else boxes[b"stz2"]
    (count,) = struct.unpack_from(">I", box, 8)
    return int(count)


def _numbers(box: memoryview, kind: str, columns: int) -> NDArray[np.generic]:
    """Return a table's rows: a count after version and flags, then so many rows of numbers of 4 bytes."""
    (count,) = struct.unpack_from(">I", box, 4)
    return np.frombuffer(box, kind, count * columns, 8).reshape(count, columns)


def _runs(box: memoryview, kind: str) -> NDArray[np.int64]:
    """Return a run-length table written out: rows are (how many, value)."""
    counts = _numbers(box, ">u4", 2)[:, 0].astype(np.int64)
    values = _numbers(box, kind, 2)[:, 1].astype(np.int64)
    if counts.sum() > MAX_SAMPLES:
        raise ValueError("more samples than any film has")
    return np.repeat(values, counts)


def _edit(box: memoryview | None, clock: int, movie_clock: int) -> tuple[int, int, int | None]:
    """Return (ticks added to all times, first and last moment of the media that are shown).

    Raises ValueError for more than one edit, apart from an empty one that delays the track.
    """
    if box is None:
        return 0, -(2**62), None
    (count,) = struct.unpack_from(">I", box, 4)
    form, size = (">Qqi", 20) if box[0] == 1 else (">Iii", 12)
    edits = [struct.unpack_from(form, box, 8 + i * size) for i in range(min(count, 3))]
    delay = 0
    if len(edits) > 1 and edits[0][1] == -1:
        delay = round(edits.pop(0)[0] * clock / movie_clock)
    if len(edits) != 1 or edits[0][1] < 0 or edits[0][2] != 1 << 16:
        raise ValueError("an edit list that only the demuxer knows")
    length, begins, _ = edits[0]
    ends = begins + round(length * clock / movie_clock) if length else None
    return delay - begins, begins, ends
