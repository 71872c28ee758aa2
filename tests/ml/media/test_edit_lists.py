"""MP4 edit lists: what trimming leaves in the file is neither seen nor heard, and shifts nothing."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.media.audio import audio_blocks
from ml.media.frames import frames, timed_pictures
from ml.media.probe import probe
from tests.ml.media.films import Image, write_film

SECONDS = 4.0


def _brightness(t: float) -> Image:
    """Gets brighter by 40 each second, so that a frame tells when it was taken."""
    return np.full((120, 160, 3), 20 + int(t * 40), np.uint8)


def _every_other_second(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 * (np.floor(times) % 2) * np.sin(2 * np.pi * 440 * times))


def _all(data: bytes | bytearray, kind: bytes) -> list[int]:
    """Return where boxes of `kind` begin: after their name."""
    return [at + 4 for at in range(len(data)) if data[at : at + 4] == kind]


def _trimmed(film: Path, start_s: float) -> Path:
    """Move the start of every track's one edit by start_s, as a trimming phone does."""
    data = bytearray(film.read_bytes())
    movie, *_ = (struct.unpack_from(">I", data, at + 12)[0] for at in _all(data, b"mvhd"))
    clocks = [struct.unpack_from(">I", data, at + 12)[0] for at in _all(data, b"mdhd")]
    for at, clock in zip(_all(data, b"elst"), clocks, strict=True):
        assert struct.unpack_from(">I", data, at + 4) == (1,)  # one edit
        length, begins = struct.unpack_from(">Ii", data, at + 8)
        struct.pack_into(
            ">Ii", data, at + 8, length - round(start_s * movie), begins + round(start_s * clock)
        )
    film.write_bytes(data)
    return film


@pytest.mark.parametrize("start_s", [1.0, 1.52])  # at a key frame (one a second), and between two
@pytest.mark.parametrize("b_frames", [0, 2])
def test_what_was_trimmed_away_is_neither_seen_nor_heard(
    tmp_path: Path, start_s: float, b_frames: int
) -> None:
    film = tmp_path / "film.mp4"
    write_film(film, seconds=SECONDS, picture=_brightness, sound=_every_other_second, b_frames=b_frames)
    _trimmed(film, start_s)
    assert probe(film).duration_ms == pytest.approx(1000 * (SECONDS - start_s), abs=100)
    for time_s, image in frames(film, rate_hz=4, width=16, height=12):
        assert image.mean() == pytest.approx(_brightness(time_s + start_s).mean(), abs=4)
    ((heard_s, samples),) = audio_blocks(film)
    times = heard_s + np.arange(len(samples)) / 16000 + start_s
    loud = np.abs(samples) > 0.25
    assert ((times[loud] - 0.97) % 2 < 1.06).all()  # the film's second and fourth second, to 30 ms
    assert loud.mean() > 0.2
    whole = [time_s for time_s, _ in timed_pictures(film)]
    assert whole[0] == pytest.approx(0.0, abs=0.021)
    later = [time_s for time_s, _ in timed_pictures(film, start_s=0.3)]
    assert later == [time_s for time_s in whole if time_s >= 0.3]


def test_an_empty_edit_is_a_late_start(tmp_path: Path) -> None:
    late = write_film(tmp_path / "late.mp4", seconds=2.0, picture=_brightness, picture_starts=1.5)
    assert any(
        struct.unpack_from(">I", late.read_bytes(), at + 4) == (2,) for at in _all(late.read_bytes(), b"elst")
    )
    first_s, _ = next(iter(timed_pictures(late)))
    assert first_s == pytest.approx(1.5, abs=0.001)
