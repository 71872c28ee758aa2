"""Writing H.264/AAC MP4 through PyAV.

One thread and no wall-clock stamps, so that the same frames give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
import numpy.typing as npt

from simulation.drawing.view import Picture
from simulation.sound.tones import Sound
from simulation.story import FilmSettings

Planes = npt.NDArray[np.uint8]  # (H * 3 / 2, W), I420
GRAINS = 8


def write_film(
    path: Path, frames: Iterator[Picture], sound: Sound, settings: FilmSettings, seed: int
) -> None:
    """Encode a film beside its place and move it there when it is whole."""
    part = path.with_name(path.name + ".part")
    try:
        _encode(part, frames, sound, settings, seed)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _encode(path: Path, frames: Iterator[Picture], sound: Sound, settings: FilmSettings, seed: int) -> None:
    grain = _grain(settings, seed)
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", container_options=options) as container:
        video = container.add_stream("libx264", rate=settings.fps, options=_x264(settings))
        video.width, video.height, video.pix_fmt = settings.width, settings.height, "yuv420p"
        video.codec_context.thread_count = 1
        audio = container.add_stream("aac", rate=settings.sample_rate, layout="mono")
        audio.bit_rate = 96_000
        for second, batch in enumerate(_seconds(frames, settings.fps)):
            for index, picture in enumerate(batch, start=second * settings.fps):
                container.mux(video.encode(_video_frame(picture, grain[index % GRAINS], index, settings.fps)))
            start = second * settings.sample_rate
            _write_sound(container, audio, sound[start : start + settings.sample_rate], start)
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _x264(settings: FilmSettings) -> dict[str, str]:
    return {
        "preset": "ultrafast",
        "crf": str(settings.crf),
        "threads": "1",
        "g": str(2 * settings.fps),
        "flags": "+bitexact",
    }


def _seconds(frames: Iterator[Picture], fps: int) -> Iterator[list[Picture]]:
    """Frames a second at a time, so that picture and sound are muxed side by side."""
    batch: list[Picture] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == fps:
            yield batch
            batch = []
    if batch:
        yield batch


def _grain(settings: FilmSettings, seed: int) -> list[tuple[Planes, Planes]]:
    """A few sheets of film grain, split into what lightens and what darkens."""
    rng = np.random.default_rng([seed, 8])
    sheets = rng.normal(0.0, settings.noise, (GRAINS, settings.height, settings.width))
    return [(np.clip(s, 0, 40).astype(np.uint8), np.clip(-s, 0, 40).astype(np.uint8)) for s in sheets]


def _video_frame(picture: Picture, grain: tuple[Planes, Planes], index: int, fps: int) -> av.VideoFrame:
    planes = cast(Planes, cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420))
    luma = planes[: picture.shape[0]]
    cv2.subtract(cv2.add(luma, grain[0]), grain[1], dst=luma)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts, frame.time_base = index, Fraction(1, fps)
    return frame


def _write_sound(
    container: av.container.OutputContainer, stream: av.AudioStream, samples: Sound, start: int
) -> None:
    if len(samples) == 0:
        return
    frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = stream.codec_context.sample_rate, start
    frame.time_base = Fraction(1, frame.sample_rate)
    container.mux(stream.encode(frame))
