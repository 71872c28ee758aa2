"""Long H.264 files with sound, made once from the ordinary films and kept: what `bench-analyse` decodes.

Two minutes of three films are scaled, given film grain and encoded as uploads usually are; their packets are
then repeated to the wished length. Decoding costs what it would cost for as many minutes of new material.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from bench.common import CACHE
from ml.media.atomic import replacing
from ml.media.audio import sound_pieces
from ml.media.frames import frame_groups

FOLDER = CACHE / "analyse"
# File, first second, seconds taken.
PARTS = (
    ("big-buck-bunny-first-5min.mp4", 30.0, 60),
    ("car-detection.mp4", 0.0, 30),
    ("one-by-one-person-detection.mp4", 20.0, 30),
)
PART_S = sum(seconds for _, _, seconds in PARTS)
SIZES = {720: (1280, 720), 1080: (1920, 1080)}
FPS, SOUND_HZ, AAC_FRAME = 30, 48000, 1024
ENCODER = {"preset": "veryfast", "crf": "23"}
GRAIN, GRAINS, ROOM = 4.0, 8, 64  # grey levels (sigma), pictures of grain, pixels they may shift

Image = NDArray[np.uint8]


def long_film(ordinary: Path, height: int, seconds: int) -> Path:
    """Return an MP4 of `seconds` at 720 or 1080 lines, made now unless it lies in the cache.

    ordinary: the folder of the ordinary films.
    """
    recipe = repr((PARTS, SIZES[height], FPS, ENCODER, GRAIN, GRAINS, ROOM))
    made_by = hashlib.sha256(recipe.encode()).hexdigest()[:8]
    short, out = FOLDER / f"{height}p-part-{made_by}.mp4", FOLDER / f"{height}p-{seconds}s-{made_by}.mp4"
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not short.exists():
        print(f"making {short.name}: a few minutes, once", flush=True)
        with replacing(short) as draft:
            _encode(ordinary, draft, SIZES[height])
    if not out.exists():
        with replacing(out) as draft:
            repeat_packets(short, draft, part_s=PART_S, seconds=seconds)
    return out


def _encode(ordinary: Path, out: Path, size: tuple[int, int]) -> None:
    with av.open(str(out), "w") as container:
        picture: Any = container.add_stream("libx264", rate=FPS)
        picture.width, picture.height, picture.pix_fmt, picture.options = *size, "yuv420p", ENCODER
        picture.codec_context.thread_count = 1  # the same bytes on every machine
        sound: Any = container.add_stream("aac", rate=SOUND_HZ)
        sound.layout, sound.bit_rate = "stereo", 128_000
        for number, frame in enumerate(_grainy(_pictures(ordinary, size), size)):
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        for frame in _sound(ordinary / PARTS[0][0]):
            container.mux(sound.encode(frame))
        container.mux(sound.encode())


def _pictures(ordinary: Path, size: tuple[int, int]) -> Iterator[Image]:
    for name, first_s, seconds in PARTS:
        groups = frame_groups(ordinary / name, rate_hz=FPS, size=size, grey=False, first_s=first_s)
        yield from (group.images[0] for group in islice(groups, seconds * FPS))


def _grainy(pictures: Iterator[Image], size: tuple[int, int]) -> Iterator[Any]:
    """Yield frames whose brightness has grain: without it enlarged films cost too little to decode."""
    width, height = size
    chance = np.random.default_rng(0)
    bank = (chance.standard_normal((GRAINS, height + ROOM, width + ROOM), np.float32) * GRAIN).astype(
        np.int16
    )
    for picture in pictures:
        pixels = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p").to_ndarray()
        top, left = (int(number) for number in chance.integers(0, ROOM, 2))
        grain = bank[int(chance.integers(GRAINS)), top : top + height, left : left + width]
        pixels[:height] = cv2.add(pixels[:height], np.ascontiguousarray(grain), dtype=cv2.CV_8U)
        yield av.VideoFrame.from_ndarray(pixels, format="yuv420p")


def _sound(film: Path) -> Iterator[Any]:
    held = np.zeros((2, 0), np.float32)
    pieces = (piece for _, piece in sound_pieces(film, rate_hz=SOUND_HZ, layout="stereo"))
    for number in range(PART_S * SOUND_HZ // AAC_FRAME):
        while held.shape[1] < AAC_FRAME:
            held = np.concatenate([held, next(pieces)], axis=1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(held[:, :AAC_FRAME]), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, number * AAC_FRAME, Fraction(1, SOUND_HZ)
        held = held[:, AAC_FRAME:]
        yield frame


def repeat_packets(part: Path, out: Path, *, part_s: int, seconds: int) -> None:
    """Write `part`'s packets again and again, each time part_s later, until `seconds`."""
    with av.open(str(out), "w", format="mp4") as container:
        streams: dict[int, Any] = {}
        last: dict[int, int] = {}
        for shift_s in range(0, seconds, part_s):
            with av.open(str(part)) as source:
                if not streams:
                    streams = {s.index: container.add_stream_from_template(s) for s in source.streams}
                for packet in source.demux():
                    _copy(packet, container, streams, last, shift_s, seconds)


def _copy(
    packet: Any, container: Any, streams: dict[int, Any], last: dict[int, int], shift_s: int, end_s: int
) -> None:
    if packet.dts is None or packet.pts is None:  # the flushing packet
        return
    index, shift = packet.stream.index, int(shift_s / packet.time_base)
    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
    if packet.dts <= last.get(index, packet.dts - 1) or packet.dts * packet.time_base >= end_s:
        return
    last[index] = packet.dts
    packet.stream = streams[index]
    container.mux(packet)
