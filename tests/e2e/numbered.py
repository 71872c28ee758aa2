"""Films whose frames carry their number in the picture, as a bar code that survives encoding and scaling."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, BITS = 320, 176, 16
BAR = WIDTH // BITS
# Bits from left to right, the lowest first; read in the middle of each bar.
READ_NUMBER = f"""() => {{
  const video = document.querySelector('video'), canvas = document.createElement('canvas');
  canvas.width = {WIDTH}; canvas.height = {HEIGHT};
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0, {WIDTH}, {HEIGHT});
  let number = 0;
  for (let bit = 0; bit < {BITS}; bit += 1)
    if (pen.getImageData(bit * {BAR} + {BAR // 2}, {HEIGHT // 2}, 1, 1).data[1] > 128) number |= 1 << bit;
  return number;
}}"""


def picture(number: int) -> NDArray[np.uint8]:
    """(HEIGHT, WIDTH, 3) RGB: white bars for the bits of the number that are set."""
    bars = [235 if number >> bit & 1 else 16 for bit in range(BITS)]
    row = np.repeat(np.array(bars, np.uint8), BAR)
    return np.broadcast_to(row[None, :, None], (HEIGHT, WIDTH, 3)).copy()


def constant(rate: Fraction, seconds: float) -> list[Fraction]:
    return [number / rate for number in range(int(seconds * rate))]


def variable(count: int) -> list[Fraction]:
    """Frames of 17 to 200 ms, in no order."""
    lengths = np.random.default_rng(7).choice([17, 33, 40, 17, 120, 200, 33], count - 1)
    return [Fraction(int(each), 1000) for each in np.concatenate([[0], np.cumsum(lengths)])]


def write_numbered(
    path: Path,
    times: Sequence[Fraction],
    *,
    clock: Fraction,
    codec: str = "libx264",
    gop: int = 50,
    b_frames: int = 2,
) -> Path:
    """Frame n is shown from times[n] on. Only H.264 has B-frames."""
    with av.open(str(path), "w") as out:
        rate = (Fraction(len(times) - 1) / times[-1]).limit_denominator(1001)
        stream: Any = out.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = stream.codec_context.time_base = clock
        stream.codec_context.thread_count = 1
        stream.codec_context.gop_size = gop
        own = {"bf": str(b_frames)} if codec == "libx264" else {}
        stream.options = {**_QUICK.get(codec, {}), **own}
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts, frame.time_base = round(time / clock), clock
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


_QUICK = {
    "libx264": {"preset": "ultrafast", "x264-params": "scenecut=0"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


def all_films(folder: Path) -> dict[str, list[Fraction]]:
    """Every kind of clock that stepping has to know, and files that browsers play only by proxy."""
    cinema, tv = Fraction(24000, 1001), Fraction(30000, 1001)
    odd, millis = variable(60), Fraction(1, 1000)
    made: dict[str, tuple[list[Fraction], dict[str, Any]]] = {
        "23.976.mp4": (constant(cinema, 4), {"clock": 1 / cinema}),
        "25.mp4": (constant(Fraction(25), 4), {"clock": Fraction(1, 25)}),
        "29.97.mp4": (constant(tv, 4), {"clock": 1 / tv}),
        "60.mp4": (constant(Fraction(60), 3), {"clock": Fraction(1, 60)}),
        "variable.mp4": (odd, {"clock": Fraction(1, 90000), "b_frames": 0}),
        "59.94.webm": (constant(2 * tv, 2), {"clock": millis, "codec": "libvpx-vp9"}),
        # By proxy: a codec, key frames too far apart, and lengths of frames that a seek is led astray by.
        "mpeg-4.avi": (constant(Fraction(25), 4), {"clock": Fraction(1, 25), "codec": "mpeg4"}),
        "b-frames.mp4": (odd, {"clock": Fraction(1, 90000)}),
        "variable.webm": (odd, {"clock": millis, "codec": "libvpx-vp9"}),
        "far.mp4": (constant(cinema, 12), {"clock": 1 / cinema, "gop": 1000}),
    }
    for name, (times, wishes) in made.items():
        write_numbered(folder / name, times, **wishes)
    return {name: _as_stored(times, name) for name, (times, _) in made.items()}


def _as_stored(times: Sequence[Fraction], name: str) -> list[Fraction]:
    """WebM keeps whole milliseconds."""
    is_webm = name.endswith(".webm")
    return [Fraction(round(1000 * time), 1000) for time in times] if is_webm else list(times)
