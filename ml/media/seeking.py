"""Reach into the middle of a file: packets from the key frame before a moment on, and key frames alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from ml.media.decoding import packets, prepare
from ml.media.opening import REFUSALS, Tally, open_media, picture_stream, time_zero

# How much earlier to aim when a seek lands behind the moment: indexes go by decoding time or are sparse.
AIM_EARLIER_S = (0.0, 2.0, 20.0)
MAX_SKIPPED = 2000  # packets to the next key frame; beyond that, reading from the start is no worse
BLIND = ("avi", "mpeg")  # not every packet has a presentation time: only a full decode knows them all


@contextmanager
def opened_before(
    path: Path | str, start_s: float, tally: Tally
) -> Iterator[tuple[InputContainer, Any, Iterator[Any]]]:
    """Give (container, picture stream, its packets) from the last key frame at or before start_s on.

    Where a file cannot be sought the packets begin with the file: slower, never wrong.
    """
    for earlier_s in AIM_EARLIER_S if start_s > 0 else ():
        with open_media(path) as container:  # anew each time: a seek that failed may leave it anywhere
            stream = picture_stream(container)
            found = None if stream is None else _sought(container, stream, start_s, earlier_s, tally)
            if found is not None:
                yield container, stream, found
                return
        if start_s - earlier_s <= 0:
            break
    with open_media(path) as container:
        stream = picture_stream(container)
        yield container, stream, iter(()) if stream is None else packets(container, stream, tally)


def _sought(
    container: InputContainer, stream: Any, start_s: float, earlier_s: float, tally: Tally
) -> Iterator[Any] | None:
    """Return the packets from a key frame at or before start_s on; None when the seek did not reach one."""
    timestamp_s = start_s + time_zero(container)
    if container.format.name in BLIND:
        return None
    try:
        container.seek(int((timestamp_s - earlier_s) / stream.time_base), stream=stream)
    except REFUSALS:
        return None
    reader = packets(container, stream, tally)
    for _, packet in zip(range(MAX_SKIPPED), reader, strict=False):
        if packet.is_keyframe and packet.size:
            reached = packet.pts is not None and float(packet.pts * packet.time_base) <= timestamp_s
            return chain([packet], reader) if reached else None
    return None


def keyframe_times(path: Path | str) -> list[float]:
    """Return the seconds of the picture's key frames, rising, without decoding; empty without a picture.

    Reads the file once (a thousand times real time and more). Raises MediaRefused when it cannot be opened.
    """
    with open_media(path) as container:
        stream = picture_stream(container)
        if stream is None:
            return []
        zero_s = time_zero(container)
        found = (_packet_s(packet) for packet in packets(container, stream, Tally()) if _is_key(packet))
        return sorted({time_s - zero_s for time_s in found if time_s is not None})


def keyframes(
    path: Path | str, *, apart_s: float = 0.0, tally: Tally | None = None
) -> Iterator[tuple[float, Any]]:
    """Yield (time_s, decoded frame) of key frames alone in rising time, at least apart_s from one another.

    No other packet reaches the decoder, and it is emptied after each: a frame is never late and never mixes
    with the one before. Films may hold a key frame every ten seconds or only one: look at the times.
    """
    tally = tally or Tally()
    with open_media(path) as container:
        stream = picture_stream(container)
        if stream is None:
            return
        prepare(stream, {"skip_loop_filter": "all"})
        zero_s, last_s = time_zero(container), -1.0 - apart_s  # before any
        for packet in packets(container, stream, tally):
            time_s = _packet_s(packet)
            if not _is_key(packet) or (time_s is not None and time_s - zero_s < last_s + apart_s):
                continue
            alone = _alone(stream.codec_context, packet, tally)
            if time_s is None:
                tally.untimed_frames += len(alone)
            elif alone:
                last_s = time_s - zero_s
                yield last_s, alone[-1]


def _is_key(packet: Any) -> bool:
    return bool(packet.is_keyframe and packet.size)


def _packet_s(packet: Any) -> float | None:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return None if stamp is None else float(stamp * packet.time_base)


def _alone(context: Any, packet: Any, tally: Tally) -> list[Any]:
    """Decode one packet and nothing else."""
    try:
        frames = context.decode(packet)
        frames += context.decode(None)
    except (av.error.FFmpegError, ValueError):
        tally.broken_packets += 1
        frames = []
    context.flush_buffers()
    return list(frames)
