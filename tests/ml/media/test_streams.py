"""Frames and sound on the original timeline, whatever the file does."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from av.container import InputContainer

from ml.media.audio import audio_blocks
from ml.media.decoding import packets, seconds
from ml.media.frames import frames, timed_pictures
from ml.media.opening import Tally
from tests.ml.media.films import Image, damaged, moving, still, tone, write_film


def _brightness(t: float) -> Image:
    """Gets brighter by 40 each second, so that a frame tells its own time."""
    return np.full((120, 160, 3), min(255, 20 + int(t * 40)), np.uint8)


def test_frames_come_at_the_asked_rate_and_size(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=2.0, sound=None)
    seen = list(frames(film, rate_hz=4, width=64, height=48))
    assert [t for t, _ in seen] == [i / 4 for i in range(8)]
    assert {image.shape for _, image in seen} == {(48, 64, 3)}
    assert all(image.dtype == np.uint8 for _, image in seen)


def test_a_variable_rate_shows_each_frame_until_the_next_timestamp(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", picture=_brightness, sound=None, times=[0.0, 0.1, 2.0, 2.1, 4.0])
    seen = {t: float(image.mean()) for t, image in frames(film, rate_hz=2, width=32, height=24)}
    assert seen[1.5] == pytest.approx(24, abs=4)  # the frame of 0.1 s still
    assert seen[3.0] == pytest.approx(104, abs=4)
    assert seen[4.0] == pytest.approx(180, abs=4)


def test_a_late_picture_keeps_its_offset(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=1.0, picture_starts=1.5)
    times = [t for t, _ in timed_pictures(film)]
    assert times[0] == pytest.approx(1.5, abs=0.05)


def test_late_sound_keeps_its_offset(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=1.0, sound_starts=2.0)
    start_s, samples = next(audio_blocks(film))
    first = start_s + np.flatnonzero(np.abs(samples) > 0.1)[0] / 16000
    assert first == pytest.approx(2.0, abs=0.08)


def test_sound_comes_as_mono_blocks_of_the_asked_length(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=5.0, picture=None)
    blocks = list(audio_blocks(film, rate_hz=8000, block_s=2.0))
    assert [len(samples) for _, samples in blocks[:2]] == [16000, 16000]
    assert [start for start, _ in blocks] == pytest.approx([0.0, 2.0, 4.0])
    joined = np.concatenate([samples for _, samples in blocks])
    assert joined.dtype == np.float32
    assert len(joined) / 8000 == pytest.approx(5.0, abs=0.1)
    assert np.sqrt((joined[4000:36000] ** 2).mean()) == pytest.approx(0.4 / np.sqrt(2), rel=0.1)


def test_sound_of_a_silent_film_is_no_blocks(tmp_path: Path) -> None:
    assert list(audio_blocks(write_film(tmp_path / "film.mp4", sound=None))) == []


def test_rotation_is_honoured(tmp_path: Path) -> None:
    def left_is_white(t: float) -> Image:
        image = np.zeros((120, 160, 3), np.uint8)
        image[:, :80] = 255
        return image

    # -90 is what cameras write for "turn a quarter clockwise": the left side comes to the top.
    film = write_film(tmp_path / "film.mp4", picture=left_is_white, sound=None, rotation=-90)
    _, image = next(frames(film, rate_hz=1, width=60, height=80))
    assert image.shape == (80, 60, 3)
    assert image[:30].mean() > 240
    assert image[-30:].mean() < 15


def test_broken_packets_are_skipped_and_counted(tmp_path: Path) -> None:
    film = damaged(write_film(tmp_path / "film.mp4", seconds=4.0, picture=moving, sound=None))
    tally = Tally()
    seen = list(timed_pictures(film, tally=tally))
    assert tally.broken_packets > 0
    assert seen[-1][0] > 3.5


def test_a_truncated_film_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=4.0, picture=still, sound=tone, faststart=True)
    film.write_bytes(film.read_bytes()[: int(film.stat().st_size * 0.6)])
    last = list(timed_pictures(film))[-1][0]
    assert 1.0 < last < 3.9


class _BadBlocks:
    """A demuxer that fails before each of its packets, as on a failing disk."""

    def __init__(self, count: int) -> None:
        self.left = 2 * count

    def demux(self, stream: object) -> Iterator[int]:
        while self.left:
            self.left -= 1
            if self.left % 2:
                raise ValueError("a bad block")
            yield self.left


def test_errors_between_good_packets_do_not_end_the_reading_however_many() -> None:
    tally = Tally()
    found = list(packets(cast(InputContainer, _BadBlocks(500)), None, tally))
    assert len(found) == 500
    assert tally.broken_packets == 500


@pytest.mark.parametrize("base", [Fraction(1, 90000), Fraction(1001, 30000), Fraction(1, 16000)])
def test_seconds_are_those_of_exact_fractions(base: Fraction) -> None:
    stamps = [0, 1, -3, 123456789, 10**15 + 7]
    assert [seconds(stamp, base) for stamp in stamps] == [float(stamp * base) for stamp in stamps]
