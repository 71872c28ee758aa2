"""Decode one stream of an open file, tolerating broken packets: the loop under frames, audio and proxy."""

from __future__ import annotations

from collections.abc import Iterator
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
        yield packet


def decoded(
    container: InputContainer, stream: Any, tally: Tally, *, codec_options: dict[str, str] | None = None
) -> Iterator[Any]:
    """Yield decoded frames with a presentation timestamp, in one thread.

    A broken packet is counted in `tally` and skipped. Raises MediaRefused(decode_failed) when packets
    came but not one frame did.
    """
    prepare(stream, codec_options)
    seen = 0
    for packet in packets(container, stream, tally):
        for frame in _frames(packet, tally):
            seen += 1
            yield frame
    if seen == 0 and tally.broken_packets:
        raise MediaRefused(
            "decode_failed",
            f"Nothing in the {stream.type} stream could be decoded: it is damaged or encrypted.",
        )


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
    return [frame for frame in frames if frame.pts is not None]
