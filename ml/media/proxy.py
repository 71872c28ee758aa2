"""A browser-playable copy of a video, for the files Chromium cannot play or seek well."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ml.media.atomic import replacing
from ml.media.audio import sound_pieces
from ml.media.frame_index import FrameTimes
from ml.media.frames import timed_pictures
from ml.media.probe import Probe, probe
from ml.media.steady import SteadyPicture, size_before_turning, steady_rate
from ml.media.viewing import for_eyes

MP4, WEBM = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"
# What Chromium plays and seeks, by container: picture codecs, sound codecs.
PLAYABLE: dict[str, tuple[frozenset[str | None], frozenset[str | None]]] = {
    MP4: (frozenset({"h264", "av1", None}), frozenset({"aac", "mp3", None})),
    WEBM: (frozenset({"vp8", "vp9", "av1", None}), frozenset({"opus", "vorbis", None})),
    "wav": (frozenset({None}), frozenset({"pcm_s16le", "pcm_u8"})),
}
AAC_PROFILES = ("LC", "HE-AAC", "HE-AACv2", "Main", None)  # xHE-AAC is another codec by the same name
H264_PIXELS = ("yuv420p", "yuvj420p")

SOUND_HZ = 48000
AAC_FRAME = 1024


def proxy_reason(facts: Probe, *, broken_packets: int = 0) -> str | None:
    """Return why a browser needs a proxy of this file, in one phrase; None when it plays as it is.

    broken_packets: how many could not be decoded, once a full pass knows; browsers stop at the first.
    """
    if facts.container not in PLAYABLE:
        return f"browsers do not play {facts.container} files"
    pictures, sounds = PLAYABLE[facts.container]
    if facts.video_codec not in pictures:
        return f"browsers do not play {facts.video_codec} pictures in this container"
    if facts.audio_codec not in sounds:
        return f"browsers do not play {facts.audio_codec} sound in this container"
    if facts.video_codec == "h264" and facts.has_picture and facts.pixel_format not in H264_PIXELS:
        return f"browsers do not play H.264 with {facts.pixel_format} pixels"
    if facts.audio_codec == "aac" and facts.audio_profile not in AAC_PROFILES:
        return f"browsers do not play {facts.audio_profile} sound"
    if broken_packets:
        return "it is damaged, and browsers stop at the damage"
    return _stream_reason(facts)


def _stream_reason(facts: Probe) -> str | None:
    if facts.video_codec and not facts.has_picture:
        return "the picture cannot be decoded, only the sound"
    if facts.audio_codec and not facts.has_sound:
        return "the sound cannot be decoded, only the picture"
    if facts.start_ms != 0 and facts.container == MP4 and facts.start_ms > 0:
        return "its clock does not begin at zero"
    if facts.rotation and facts.container != MP4:
        return "browsers do not turn this container's picture upright"
    return None


def write_proxy(
    path: Path | str,
    out: Path | str,
    *,
    on_progress: Callable[[float], None] | None = None,
    facts: Probe | None = None,
    rate: Fraction | None = None,
) -> FrameTimes | None:
    """Write an MP4 (H.264 yuv420p, a key frame a second, at most 1280x720; AAC; index first) to `out`.

    The picture has a constant rate (frames a second; by default the file's average); the result says which
    of the original's frames it shows when, None without a picture. 0 of the proxy is 0 of the original
    timeline; a late start is filled with black or silence. The picture is turned upright, its pixels made
    square, its fields put together, HDR mapped to ordinary range. Written atomically.
    Raises MediaRefused(decode_failed) when nothing decodes.
    """
    facts = facts or probe(path)

    done = 0.0

    def tell(time_s: float) -> None:
        nonlocal done
        done = max(done, min(1.0, time_s * 1000 / facts.duration_ms))
        if on_progress:
            on_progress(done)

    with replacing(out) as draft, av.open(str(draft), "w", options={"movflags": "faststart"}) as container:
        picture = (
            SteadyPicture(container, facts, rate or steady_rate(None, facts), tell)
            if facts.has_picture
            else None
        )
        sound = _SoundWriter(container, facts) if facts.has_sound else None
        for time_s, kind, piece in _merged(path, facts):
            (picture if kind == "picture" else sound).add(time_s, piece)  # type: ignore[union-attr]
            tell(time_s)
        for writer in (picture, sound):
            if writer is not None:
                writer.finish()
    return picture.shown() if picture is not None else None


def _merged(path: Path | str, facts: Probe) -> Iterator[tuple[float, str, Any]]:
    """Yield both streams' pieces in the order of time, so that the muxer need not hold one back."""
    layout = "mono" if facts.channels == 1 else "stereo"
    seen = for_eyes(timed_pictures(path), size_before_turning(facts)) if facts.has_picture else iter(())
    pictures = ((time_s, "picture", frame) for time_s, frame in seen)
    sounds = (
        ((t, "sound", s) for t, s in sound_pieces(path, rate_hz=SOUND_HZ, layout=layout))
        if facts.has_sound
        else iter(())
    )
    return heapq.merge(pictures, sounds, key=lambda item: item[0])


class _SoundWriter:
    """Encodes sound as one unbroken run of samples: holes become silence."""

    def __init__(self, container: Any, facts: Probe) -> None:
        self.container, self.written = container, 0
        self.layout = "mono" if facts.channels == 1 else "stereo"
        self.stream = container.add_stream("aac", rate=SOUND_HZ, layout=self.layout)
        self.stream.bit_rate = 128_000
        self.held: NDArray[np.float32] = np.zeros((1 if self.layout == "mono" else 2, 0), np.float32)

    def add(self, time_s: float, samples: NDArray[np.float32]) -> None:
        missing = round(time_s * SOUND_HZ) - self.written - self.held.shape[1]
        while missing > AAC_FRAME:  # fill in small steps: a hole may last hours
            step = min(missing, SOUND_HZ)
            self._take(np.zeros((samples.shape[0], step), np.float32))
            missing -= step
        self._take(samples)

    def _take(self, samples: NDArray[np.float32]) -> None:
        self.held = np.concatenate([self.held, samples], axis=1)
        while self.held.shape[1] >= AAC_FRAME:
            self._encode(self.held[:, :AAC_FRAME])
            self.held = self.held[:, AAC_FRAME:]

    def _encode(self, samples: NDArray[np.float32]) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self.layout)
        frame.sample_rate, frame.time_base, frame.pts = SOUND_HZ, Fraction(1, SOUND_HZ), self.written
        self.written += samples.shape[1]
        self.container.mux(self.stream.encode(frame))

    def finish(self) -> None:
        if self.held.shape[1]:
            self._encode(self.held)
        self.container.mux(self.stream.encode(None))
