"""The times at which a file's frames are shown, found without decoding, and the small file that keeps them.

Times are microseconds on the original timeline, which is the precision browsers tell a frame's time in
(`requestVideoFrameCallback`'s mediaTime).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.media.atomic import replacing
from ml.media.boxes import MAX_SAMPLES, SampleTable, sample_table
from ml.media.decoding import packets
from ml.media.opening import Tally, open_media, picture_stream, time_zero
from ml.media.probe import Probe
from ml.media.seeking import BLIND

Micros = NDArray[np.int64]  # (N,) rising

MAGIC = 0x31465053  # "SPF1" read as a little-endian number
LONGEST_US = 2**32 - 1  # 71 minutes: a frame shown for longer has no room in the file
LARGEST = 16 * MAX_SAMPLES  # bytes unpacked: all frames, twice in a proxy, and all of them key frames
CHECKED = 200  # packets by which a sample table is compared with the demuxer
TELL_EVERY = 4096  # packets
INSIDE_US = (
    20_000  # where a page seeks within a frame: so far, or to its middle (frontend/src/core/frameIndex.ts)
)


@dataclass(frozen=True)
class FrameTimes:
    """When each frame of a picture is shown. In a proxy's index `times_us` are the original's."""

    times_us: Micros
    keys: NDArray[np.int64]  # (K,) which frames are key frames, rising
    shown_us: Micros | None = None  # (N,) when the played file shows them, where that is another file
    early_keys: bool = False  # some key frame is stored for decoding before it is to be shown
    missed: int = 0  # frames that a browser does not show when their time is sought


def frame_times(
    path: Path | str, facts: Probe, *, on_progress: Callable[[float], None] | None = None
) -> FrameTimes | None:
    """Return the times of the frames of `path`; None where they cannot be told without decoding.

    From the container's own index where it agrees with the demuxer, else from every packet (a read of the
    whole file). None: no picture, no timestamps (AVI, MPEG program streams), nothing readable.
    Raises MediaRefused when the file cannot be opened.
    """
    if not facts.has_picture or facts.container in BLIND:
        return None
    found = _from_table(path) or _from_packets(path, facts, on_progress)
    return found if found is not None and len(found.times_us) else None


def _from_table(path: Path | str) -> FrameTimes | None:
    """Read an MP4's sample table, if its beginning is what the demuxer says."""
    with open_media(path) as container:
        stream = picture_stream(container)
        if stream is None or not container.format.name.startswith("mov"):
            return None
        table = sample_table(Path(path), stream.id)
        if table is None or table.clock != round(1 / stream.time_base):
            return None
        head = [packet for _, packet in zip(range(CHECKED), _timed(container, stream), strict=False)]
        if not head or not _agree(table, [(p.pts, bool(p.is_keyframe)) for p in head]):
            return None
        zero_us = round(time_zero(container) * 1e6)
    kept = table.kept
    return _ordered(
        _micros(table.pts[kept], 1 / table.clock) - zero_us,
        table.is_key[kept],
        _micros(table.length[kept], 1 / table.clock),
        early_keys=bool((table.pts > table.dts)[kept & table.is_key].any()),
    )


def _agree(table: SampleTable, told: list[tuple[int, bool]]) -> bool:
    """Say whether the table begins with what the demuxer told: (time, is a key frame) of shown packets."""
    first = np.flatnonzero(table.kept)[: len(told)]
    return list(zip(table.pts[first].tolist(), table.is_key[first].tolist(), strict=True)) == told


def _from_packets(
    path: Path | str, facts: Probe, on_progress: Callable[[float], None] | None
) -> FrameTimes | None:
    """Read every packet of the picture, decoding none. A damaged file gives what could be read.

    None also for more packets than any film has.
    """
    stamps: list[int] = []
    lengths: list[int] = []
    keys: list[bool] = []
    early = False
    with open_media(path) as container:
        stream = picture_stream(container)
        if stream is None:
            return None
        scale, zero_us = float(stream.time_base), round(time_zero(container) * 1e6)
        for number, packet in enumerate(_timed(container, stream)):
            if number >= MAX_SAMPLES:
                return None
            stamps.append(packet.pts)
            lengths.append(packet.duration or 0)
            keys.append(packet.is_keyframe)
            early |= packet.is_keyframe and packet.dts is not None and packet.dts < packet.pts
            if on_progress and number % TELL_EVERY == 0:
                on_progress(min(1.0, packet.pts * scale * 1000 / max(1, facts.duration_ms)))
    return _ordered(
        _micros(np.array(stamps, np.int64), scale) - zero_us,
        np.array(keys, np.bool_),
        _micros(np.array(lengths, np.int64), scale),
        early_keys=early,
    )


def _timed(container: Any, stream: Any) -> Any:
    """Yield the packets that are shown, with their time: an edit list hides some."""
    for packet in packets(container, stream, Tally()):
        if packet.size and packet.pts is not None and not packet.is_discard:
            yield packet


def _micros(stamps: NDArray[np.int64], scale: float) -> Micros:
    micros: Micros = np.rint(stamps * (scale * 1e6)).astype(np.int64)
    return micros


def _ordered(
    times_us: Micros, is_key: NDArray[np.bool_], lengths_us: Micros, *, early_keys: bool
) -> FrameTimes:
    """Sort by the time of showing (B-frames are stored in another order); of two at one time one is seen."""
    order = np.argsort(times_us, kind="stable")
    times = np.maximum(times_us[order], 0)
    first = np.diff(times, prepend=-1) > 0
    keys = np.searchsorted(np.flatnonzero(first), np.flatnonzero(first & is_key[order]))
    missed = missed_frames(times[first], lengths_us[order][first])
    return FrameTimes(times[first], keys, early_keys=early_keys, missed=missed)


def missed_frames(times_us: Micros, lengths_us: Micros) -> int:
    """Return how many frames Chromium passes over when they are sought.

    lengths_us: (N,) as the container says, 0 for unknown. It shows the first frame whose stated end lies
    after the moment sought. Stated lengths are those of decoding: with B-frames at a variable rate they
    belong to other frames, and WebM says one length for all (measured: docs/adr/0006-frame-truth.md).
    """
    if len(times_us) < 2:
        return 0
    gaps = np.diff(times_us)
    gaps = np.append(gaps, np.median(gaps))
    inside = np.minimum(gaps / 2, INSIDE_US)
    lengths = np.where(lengths_us > 0, lengths_us, np.mean(gaps))
    ends = np.maximum.accumulate(times_us + lengths)
    before = np.append(0, ends[:-1])
    return int(((before > times_us + inside) | (lengths <= inside)).sum())


def write_frame_times(found: FrameTimes, out: Path | str) -> bool:
    """Write the index atomically; False (and no file) when a frame lasts longer than the format can say.

    zlib over little-endian uint32: MAGIC, N, K, 1 if `shown_us` follows else 0; then the first time and the
    N - 1 differences in microseconds; the same of `shown_us`; the first key frame's number and the K - 1
    differences. Constant rates repeat, so ten hours shrink to some kilobytes.
    """
    parts = [found.times_us, *([] if found.shown_us is None else [found.shown_us]), found.keys]
    steps = [np.diff(part, prepend=0) for part in parts]
    if any(step.size and (step.min() < 0 or step.max() > LONGEST_US) for step in steps):
        return False
    head = np.array([MAGIC, len(found.times_us), len(found.keys), found.shown_us is not None], "<u4")
    data = b"".join([head.tobytes(), *(step.astype("<u4").tobytes() for step in steps)])
    with replacing(out) as draft:
        draft.write_bytes(zlib.compress(data, 6))
    return True


def read_frame_times(path: Path | str) -> FrameTimes:
    """Read what write_frame_times wrote. Raises ValueError for anything else."""
    try:
        # Bounded: it is read outside the cage in which it was written.
        data = zlib.decompressobj().decompress(Path(path).read_bytes(), LARGEST)
        numbers = np.frombuffer(data, "<u4").astype(np.int64)
    except zlib.error as error:
        raise ValueError(f"{path} is not an index of frames") from error
    if len(numbers) < 4 or numbers[0] != MAGIC:
        raise ValueError(f"{path} is not an index of frames")
    count, keys, is_other = (int(each) for each in numbers[1:4])
    lengths = [count, *([count] if is_other else []), keys]
    if len(numbers) != 4 + sum(lengths):
        raise ValueError(f"{path} is cut off")
    parts = [part.cumsum() for part in np.split(numbers[4:], np.cumsum(lengths)[:-1])]
    return FrameTimes(parts[0], parts[-1], parts[1] if is_other else None)
