"""Decode one stream of an open file, tolerating broken packets: the loop under frames, audio and proxy."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer

from ml.errors import MediaRefused
from ml.media.opening import MAX_PIXELS, Tally

# Reading errors in a row that mean "the rest is gone", not "one packet is bad".
MAX_READ_ERRORS = 64


def packets(container: InputContainer, stream: Any, tally: Tally) -> Iterator[Any]:
    """Yield `stream`'s packets and at last the flushing one; stop where nothing can be read any more."""
    errors = 0
    demuxer = container.demux(stream)
    while errors < MAX_READ_ERRORS:
        try:
            packet = next(demuxer)
        except StopIteration:
            return
        except (av.error.FFmpegError, ValueError, IndexError):
            # IndexError: a damaged file "opens" new streams midway, which the binding does not know.
            tally.broken_packets += 1
            errors += 1
            demuxer = container.demux(stream)  # a generator that raised is finished: take a new one
            continue
        errors = 0
        yield packet


def decoded(
    container: InputContainer,
    stream: Any,
    tally: Tally,
    *,
    codec_options: dict[str, str] | None = None,
    source: Iterator[Any] | None = None,
) -> Iterator[Any]:
    """Yield decoded frames in one thread, of `source`'s packets or else of the whole stream's.

    A broken packet is counted in `tally` and skipped. Raises MediaRefused(decode_failed) when the whole
    stream's packets came but not one frame did.
    """
    prepare(stream, codec_options)
    seen = 0
    for packet in packets(container, stream, tally) if source is None else source:
        for frame in _frames(packet, tally):
            seen += 1
            yield frame
    if seen == 0 and tally.broken_packets and source is None:
        raise MediaRefused(
            "decode_failed",
            f"Nothing in the {stream.type} stream could be decoded: it is damaged or encrypted.",
        )


def seconds(stamp: int, time_base: Fraction) -> float:
    """Return what `float(stamp * time_base)` does, without making a fraction for each frame."""
    return stamp * time_base.numerator / time_base.denominator


class PictureClock:
    """Tells when each frame of a picture stream is shown, in seconds after zero_s.

    That is its presentation timestamp. Some containers store none (AVI) or not all (MPEG program streams):
    once a file's go back in time more often than its decoding timestamps, the latter are taken; a frame
    with neither comes one frame length after the one before.
    """

    def __init__(self, stream: Any, zero_s: float) -> None:
        rate = stream.average_rate or stream.guessed_rate
        self.zero_s, self.length_s = zero_s, float(1 / rate) if rate else 0.04
        self.last: dict[str, float] = {"pts": float("-inf"), "dts": float("-inf")}
        self.faults = {"pts": 0, "dts": 0}
        self.time_base: Any = stream.time_base
        self.last_s: float | None = None

    def time_s(self, frame: Any) -> float | None:
        """Return the frame's time; None when nothing tells it."""
        stamps = {kind: getattr(frame, kind) for kind in ("pts", "dts")}
        for kind, stamp in stamps.items():
            if stamp is not None:
                self.faults[kind] += stamp <= self.last[kind]
                self.last[kind] = stamp
        preferred, other = ("pts", "dts") if self.faults["pts"] <= self.faults["dts"] else ("dts", "pts")
        stamp = stamps[other] if stamps[preferred] is None else stamps[preferred]
        if stamp is not None:
            self.last_s = seconds(stamp, frame.time_base or self.time_base) - self.zero_s
        elif self.last_s is not None:
            self.last_s += self.length_s
        return self.last_s


def prepare(stream: Any, codec_options: dict[str, str] | None = None) -> None:
    """Set the decoder to one thread (one process a video is the faster split) before its first packet."""
    context = stream.codec_context
    if stream.type == "video" and context.width * context.height > MAX_PIXELS:
        raise MediaRefused(
            "too_large", f"The picture is {context.width}x{context.height}: more than Spotter can decode."
        )
    if context.is_open:
        return
    context.thread_count = 1
    if codec_options:
        context.options = dict(codec_options)


def _frames(packet: Any, tally: Tally) -> list[Any]:
    try:
        frames = packet.decode()
    except av.error.EOFError:
        return []
    except MemoryError:
        raise
    except (av.error.FFmpegError, ValueError, NotImplementedError):
        tally.broken_packets += 1
        return []
    return list(frames)
