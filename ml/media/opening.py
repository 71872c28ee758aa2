"""Open a stranger's file for reading: local bytes only, known formats only, typed refusals.

Every time in `ml.media` lies on the *original timeline*: seconds after the file's own zero, as a browser
counts them. `time_zero` says which timestamp that zero is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from ml.errors import MediaRefused

av.logging.set_level(av.logging.PANIC)  # FFmpeg's chatter about broken files is counted, not printed

# Demuxers that hold media themselves. Playlists (hls, dash, concat, image2 ...) can name other files and
# addresses, so they are not on the list.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpeg,mpegts,mpegvideo,asf,ogg,mp3,wav,w64,flac,aac,aiff,"
    "amr,au,caf,ivf,h264,hevc,m4v,mxf,nut,rm,swf,wtv,gif,dv,obu,vob,live_flv,truehd,ac3,eac3,dts,ape,wv,tta"
)
OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": FORMATS,
    "enable_drefs": "0",
    "use_absolute_path": "0",
    "max_streams": "64",
}
BROADCAST_CLOCKS = ("mpegts", "mpeg")  # their clocks start anywhere
MAX_LEAD_IN_S = 10.0  # a first timestamp later than this is a clock that was never reset, not a lead-in
MAX_PIXELS = 8192 * 5120
REFUSALS = (av.error.FFmpegError, ValueError, OverflowError)


@dataclass
class Tally:
    """What went wrong while decoding and describing; it is tolerated and counted."""

    broken_packets: int = 0  # could not be read or decoded
    untimed_frames: int = 0  # pictures left out: nothing tells when they are shown
    backward_frames: int = 0  # pictures left out: shown before the one before them
    non_finite: int = 0  # sound samples and numbers of a network that were not finite: they count as 0


def file_url(path: Path | str) -> str:
    """Return an address that FFmpeg can only read as a local file, whatever characters the name holds."""
    return f"file:{Path(path).absolute()}"


@contextmanager
def open_media(path: Path | str) -> Iterator[InputContainer]:
    """Open `path` for demuxing.

    Raises MediaRefused: empty_file, truncated (an MP4 whose index never arrived) or not_media.
    """
    _refuse_empty(Path(path))
    try:
        container = av.open(
            file_url(path), mode="r", container_options=dict(OPTIONS), metadata_errors="replace"
        )
    except REFUSALS as error:
        raise _refusal(Path(path)) from error
    try:
        yield container
    finally:
        container.close()


def _refuse_empty(path: Path) -> None:
    if path.stat().st_size == 0:
        raise MediaRefused("empty_file", "The file is empty: upload it again from the original.")


def _refusal(path: Path) -> MediaRefused:
    boxes = top_level_boxes(path)
    if "ftyp" in boxes and "moov" not in boxes:
        return MediaRefused(
            "truncated", "The file is cut off before its index (moov): upload it again, completely."
        )
    return MediaRefused("not_media", "This is not a video or sound file Spotter can read.")


def top_level_boxes(path: Path, *, limit: int = 1000) -> list[str]:
    """Return the kinds of the top-level MP4 boxes; empty when the file does not begin like one."""
    boxes: list[str] = []
    size, position = path.stat().st_size, 0
    with path.open("rb") as file:
        while position + 8 <= size and len(boxes) < limit:
            file.seek(position)
            header = file.read(16)
            length = int.from_bytes(header[:4], "big")
            kind = header[4:8].decode("latin-1")
            if not boxes and kind not in ("ftyp", "wide", "moov", "mdat", "free", "skip", "pnot"):
                return []
            if length == 1:  # a 64-bit length follows the kind
                length = int.from_bytes(header[8:16], "big")
            boxes.append(kind)
            if length < 8:
                break
            position += length
    return boxes


def picture_stream(container: InputContainer) -> Any | None:
    """Return the first picture stream that is not cover art, as browsers choose; None without one."""
    streams = container.streams.video
    moving = [s for s in streams if not s.disposition & av.stream.Disposition.attached_pic]
    usable = [s for s in moving if s.codec_context is not None]
    return usable[0] if usable else None


def sound_stream(container: InputContainer) -> Any | None:
    """Return the first sound stream with a known codec; None without one."""
    usable = [s for s in container.streams.audio if s.codec_context is not None]
    return usable[0] if usable else None


def time_zero(container: InputContainer) -> float:
    """Return the timestamp in seconds that is 0 of the original timeline.

    Browsers start at the container's own 0 and shift only negative starts; broadcast clocks and
    clocks that were never reset have no meaningful 0, there the first timestamp is taken.
    """
    chosen = [s for s in (picture_stream(container), sound_stream(container)) if s is not None]
    starts = [float(s.start_time * s.time_base) for s in chosen if s.start_time is not None]
    start = min(starts, default=0.0)
    broadcast = container.format.name in BROADCAST_CLOCKS
    return start if start < 0 or broadcast or start > MAX_LEAD_IN_S else 0.0
