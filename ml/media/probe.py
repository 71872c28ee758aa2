"""What a file is: container, streams, size and true length. Decodes only the first frame of each stream."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from ml.errors import MediaRefused
from ml.media.decoding import packets, prepare
from ml.media.opening import REFUSALS, Tally, open_media, picture_stream, sound_stream, time_zero

FIRST_FRAME_PACKETS = 300  # a stream that gives no frame in so many packets cannot be decoded
INDEXED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")  # headers good enough to check by their tail
TAIL_S = 5.0
TAIL_TOLERANCE_S = 0.5


@dataclass(frozen=True)
class Probe:
    """One file's facts. Width and height are as displayed: after rotation and pixel aspect."""

    container: str
    duration_ms: int
    width: int  # 0 without a picture
    height: int
    rotation: int  # clockwise degrees the decoded picture is turned by for display: 0, 90, 180, 270
    average_fps: float | None
    video_codec: str | None
    audio_codec: str | None
    has_picture: bool  # False also when no frame of it decodes
    has_sound: bool
    sample_rate: int | None
    channels: int | None
    pixel_format: str | None
    size_bytes: int
    start_ms: int = 0  # the timestamp that is 0 of the original timeline; not 0 only for odd clocks
    audio_profile: str | None = None  # the variant of the sound's codec, where it has several


def probe(path: Path | str) -> Probe:
    """Return the facts of the file at `path`.

    Raises MediaRefused: empty_file, not_media, truncated, no_streams, zero_duration, too_large or
    decode_failed.
    """
    with open_media(path) as container:
        picture, sound = picture_stream(container), sound_stream(container)
        if picture is None and sound is None:
            raise MediaRefused("no_streams", "The file holds neither a picture nor sound.")
        zero_s = time_zero(container)
        end_s = _checked_end(container)
    if end_s is None:
        with open_media(path) as container:  # anew: a seek that failed may leave it anywhere
            end_s = _last_end(container)
            if round((end_s - zero_s) * 1000) <= 0:
                raise _nothing_in_it(path)
    end_s -= zero_s
    first_picture = _first_frame(path, "video") if picture is not None else None
    first_sound = _first_frame(path, "audio") if sound is not None else None
    if first_picture is None and first_sound is None:
        raise MediaRefused(
            "decode_failed", "Neither picture nor sound can be decoded: the file is damaged or encrypted."
        )
    with open_media(path) as container:
        return _facts(container, Path(path), first_picture, first_sound, zero_s=zero_s, end_s=end_s)


def _nothing_in_it(path: Path | str) -> MediaRefused:
    """Say why a file has no length. Opens it anew: its packets are read already."""
    with open_media(path) as container:
        chosen = [s for s in (picture_stream(container), sound_stream(container)) if s is not None]
        if any(
            packet.size for packet, _ in zip(packets(container, chosen, Tally()), range(10), strict=False)
        ):
            return MediaRefused(
                "zero_duration",
                "The file does not say when its pictures are shown: put it into an MP4 or MKV file first.",
            )
        if (container.duration or 0) > 0:
            return MediaRefused(
                "truncated", "The file is cut off before its media: upload it again, completely."
            )
    return MediaRefused("zero_duration", "The file is zero seconds long: there is nothing to review.")


def _facts(
    container: InputContainer,
    path: Path,
    picture: Any | None,
    sound: Any | None,
    *,
    zero_s: float,
    end_s: float,
) -> Probe:
    video, audio = picture_stream(container), sound_stream(container)
    width, height, rotation = display_size(picture, video) if picture is not None else (0, 0, 0)
    rate = video.average_rate if video is not None and picture is not None else None
    return Probe(
        container=container.format.name,
        duration_ms=round(end_s * 1000),
        width=width,
        height=height,
        rotation=rotation,
        average_fps=float(rate) if rate else None,
        video_codec=_codec_name(video) if video is not None else None,
        audio_codec=_codec_name(audio) if audio is not None else None,
        has_picture=picture is not None,
        has_sound=sound is not None,
        sample_rate=int(sound.sample_rate) if sound is not None else None,
        channels=int(sound.layout.nb_channels) if sound is not None else None,
        pixel_format=picture.format.name if picture is not None else None,
        size_bytes=path.stat().st_size,
        start_ms=round(zero_s * 1000),
        audio_profile=audio.codec_context.profile if audio is not None else None,
    )


def _codec_name(stream: Any) -> str:
    """Return the codec's name, not the decoder's (`av1`, where the decoder is called libdav1d)."""
    return str(stream.codec_context.codec.canonical_name)


def display_size(frame: Any, stream: Any) -> tuple[int, int, int]:
    """Return (width, height, clockwise rotation) of `frame` as a player shows it."""
    aspect = stream.sample_aspect_ratio
    width = round(frame.width * float(aspect)) if aspect else frame.width
    turn = clockwise(frame)
    return (frame.height, width, turn) if turn in (90, 270) else (width, frame.height, turn)


def clockwise(frame: Any) -> int:
    """Return the clockwise quarter turns, in degrees, that show `frame` upright; 0 for a nonsense matrix."""
    if abs(frame.rotation) > 360:
        return 0
    return int(round(-frame.rotation / 90) * 90) % 360


def _first_frame(path: Path | str, kind: str) -> Any | None:
    """Return the first frame of the chosen stream that decodes, or None; opens anew: seeking may fail."""
    with open_media(path) as container:
        stream = picture_stream(container) if kind == "video" else sound_stream(container)
        prepare(stream)
        tally = Tally()
        for count, packet in enumerate(packets(container, stream, tally)):
            if count > FIRST_FRAME_PACKETS:
                break
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError, NotImplementedError):
                continue
            if frames:
                return frames[0]
    return None


def _checked_end(container: InputContainer) -> float | None:
    """Return when the last packet ends if the header and the file's tail agree on it, else None."""
    declared = (container.duration or 0) / av.time_base
    if container.format.name not in INDEXED or declared <= TAIL_S * 4:
        return None  # a full scan is as quick, or the header is an estimate
    try:
        container.seek(int((declared - TAIL_S) * av.time_base))
    except REFUSALS:
        return None
    end_s = _last_end(container)
    start_s = (container.start_time or 0) / av.time_base
    return end_s if abs(end_s - start_s - declared) <= TAIL_TOLERANCE_S else None


def _last_end(container: InputContainer) -> float:
    """Return when the last packet ends, by timestamps: a header may lie, be missing or be cut off."""
    end_s = 0.0
    chosen = [s for s in (picture_stream(container), sound_stream(container)) if s is not None]
    for packet in packets(container, chosen, Tally()):
        if packet.pts is not None and packet.size:
            length = packet.duration or _frame_length(packet.stream)
            end_s = max(end_s, float((packet.pts + length) * packet.time_base))
    return end_s


def _frame_length(stream: Any) -> float:
    """Return a stream's usual packet length in its time base, for containers that do not store it."""
    rate = stream.average_rate if stream.type == "video" else None
    return float(1 / rate / stream.time_base) if rate else 0.0
