"""Small films made on the spot: any picture and sound, and the odd shapes files have in the wild."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Picture = Callable[[float], Image]
Sound = Callable[[NDArray[np.float64]], NDArray[np.float64]]

WIDTH, HEIGHT = 160, 120
SOUND_HZ = 16000
CLOCK = Fraction(1, 90000)


def still(t: float) -> Image:
    """A picture with structure that does not move: a gradient with a box."""
    image = np.repeat(np.linspace(40, 200, WIDTH, dtype=np.uint8)[None, :, None], HEIGHT, 0).repeat(3, 2)
    image[40:80, 60:100] = (200, 80, 40)
    return image


def moving(t: float) -> Image:
    """A box that crosses a textured ground."""
    image = np.random.default_rng(5).integers(60, 120, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    left = int(t * 60) % (WIDTH - 40)
    image[30:90, left : left + 40] = 230
    return image


def tone(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.4 * np.sin(2 * np.pi * 440 * times)


def write_film(
    path: Path,
    *,
    seconds: float = 2.0,
    picture: Picture | None = moving,
    sound: Sound | None = tone,
    fps: float = 25.0,
    times: list[float] | None = None,
    picture_starts: float = 0.0,
    sound_starts: float = 0.0,
    codec: str = "libx264",
    sound_codec: str = "aac",
    pixels: str = "yuv420p",
    rotation: int = 0,
    faststart: bool = False,
    b_frames: int = 0,
    codec_options: dict[str, str] | None = None,
    colours: tuple[int, int] | None = None,
) -> Path:
    """Write a film; `times` gives each frame's second (variable rate), else fps does.

    colours: (transfer curve, primaries) written beside the picture, as it is.
    """
    options = {"movflags": "faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as out:
        shown = _add_picture(out, codec, pixels, fps, rotation) if picture is not None else None
        if shown is not None:
            if codec == "libx264":
                shown.options = {"preset": "ultrafast", "g": "25", "bf": str(b_frames)}
            shown.options = {**shown.options, **(codec_options or {})}
            if colours:
                shown.codec_context.color_trc, shown.codec_context.color_primaries = colours
        heard = out.add_stream(sound_codec, rate=SOUND_HZ, layout="mono") if sound is not None else None
        if picture is not None:
            shown_at = times or [i / fps for i in range(round(seconds * fps))]
            _write_picture(out, shown, picture, [t + picture_starts for t in shown_at], fps)
        if sound is not None:
            _write_sound(out, heard, sound, seconds, sound_starts)
    return path


def _add_picture(out: Any, codec: str, pixels: str, fps: float, rotation: int) -> Any:
    stream = out.add_stream(codec, rate=round(fps))
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixels
    if codec not in ("mpeg4", "mpeg2video"):  # their clocks keep the frame rate's
        stream.time_base = stream.codec_context.time_base = CLOCK
    if rotation:
        stream.set_display_rotation(rotation)
    return stream


def _write_picture(out: Any, stream: Any, picture: Picture, times: list[float], fps: float) -> None:
    for t in times:
        frame = av.VideoFrame.from_ndarray(picture(t), format="rgb24")
        clock = stream.codec_context.time_base or Fraction(1, round(fps))
        frame.pts, frame.time_base = round(t / clock), clock
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _write_sound(out: Any, stream: Any, sound: Sound, seconds: float, starts: float) -> None:
    samples = sound(np.arange(int(seconds * SOUND_HZ)) / SOUND_HZ).astype(np.float32)
    layout = stream.codec_context.format.name
    for at in range(0, len(samples), 1024):
        piece = samples[None, at : at + 1024]
        if layout == "s16":
            piece = (piece * 32767).astype(np.int16)
        elif layout.startswith("s32"):
            piece = (piece * 2147483000).astype(np.int32)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format=layout, layout="mono")
        frame.sample_rate, frame.time_base = SOUND_HZ, Fraction(1, SOUND_HZ)
        frame.pts = at + round(starts * SOUND_HZ)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def damaged(film: Path, *, count: int = 6000) -> Path:
    """Overwrite `count` bytes of an MP4's media with noise, in place."""
    data = bytearray(film.read_bytes())
    start = data.index(b"mdat") + len(data) // 3
    data[start : start + count] = np.random.default_rng(0).integers(0, 256, count, np.uint8).tobytes()
    film.write_bytes(bytes(data))
    return film
