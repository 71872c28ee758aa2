"""The times of a file's frames without decoding: the same as a full decode finds, in a few bytes."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from ml.media import frame_index
from ml.media.boxes import sample_table
from ml.media.frame_index import FrameTimes, frame_times, read_frame_times, write_frame_times
from ml.media.frames import timed_pictures
from ml.media.probe import probe
from tests.ml.media.films import damaged, write_film

VARIABLE = [0.0, 0.017, 0.217, 0.25, 0.29, 0.307, 0.324, 0.444, 1.2, 1.217]


def _found(film: Path) -> FrameTimes:
    found = frame_times(film, probe(film))
    assert found is not None
    return found


def _decoded_us(film: Path) -> list[int]:
    return [round(time_s * 1e6) for time_s, _ in timed_pictures(film)]


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.mov"])
@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("times", [None, VARIABLE])
def test_the_times_are_those_of_a_full_decode(
    tmp_path: Path, name: str, b_frames: int, times: list[float] | None
) -> None:
    film = write_film(tmp_path / name, fps=24000 / 1001, times=times, b_frames=b_frames)
    found = _found(film)
    assert found.times_us.tolist() == _decoded_us(film)
    assert found.keys[0] == 0


def test_an_mp4_is_read_by_its_table_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=12, b_frames=2)
    by_packets = frame_index._from_packets(film, probe(film), None)
    monkeypatch.setattr(frame_index, "_from_packets", lambda *_: pytest.fail("the table was not believed"))
    found = _found(film)
    assert by_packets is not None
    assert np.array_equal(found.times_us, by_packets.times_us)
    assert np.array_equal(found.keys, by_packets.keys)


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv"])
def test_a_late_picture_begins_late(tmp_path: Path, name: str) -> None:
    film = write_film(tmp_path / name, picture_starts=1.5)
    assert _found(film).times_us[0] == pytest.approx(1_500_000, abs=1000)


@pytest.mark.parametrize(("name", "b_frames", "misses"), [("a.mp4", 0, False), ("a.mp4", 2, True)])
def test_frames_whose_length_is_said_wrongly_are_counted(
    tmp_path: Path, name: str, b_frames: int, misses: bool
) -> None:
    lengths = np.random.default_rng(7).choice([0.017, 0.033, 0.04, 0.12, 0.2], 50)
    film = write_film(tmp_path / name, times=[0.0, *np.cumsum(lengths)], b_frames=b_frames, sound=None)
    assert (_found(film).missed > 0) == misses
    assert _found(write_film(tmp_path / "even.mp4", b_frames=b_frames, sound=None)).missed == 0


def test_of_two_frames_at_one_time_one_is_told() -> None:
    found = frame_index._ordered(
        np.array([0, 80, 40, 40, 120]),
        np.array([True, False, False, True, False]),
        np.full(5, 40),
        early_keys=False,
    )
    assert found.times_us.tolist() == [0, 40, 80, 120]


def test_a_damaged_a_soundless_and_an_untimed_file_are_no_error(tmp_path: Path) -> None:
    assert len(_found(damaged(write_film(tmp_path / "hurt.mp4", seconds=4.0), count=600)).times_us) > 20
    sound = write_film(tmp_path / "sound.mp4", picture=None)
    assert frame_times(sound, probe(sound)) is None
    avi = write_film(tmp_path / "film.avi", codec="mpeg4", sound=None)
    assert frame_times(avi, probe(avi)) is None, "AVI tells no times"


def test_a_table_that_lies_raises_nothing(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", sound=None, faststart=True)
    whole = film.read_bytes()
    at = whole.index(b"mdia")
    for cut in range(8, 600, 3):
        data = bytearray(whole)
        data[at + cut : at + cut + 4] = b"\xff\xff\xff\xff"
        film.write_bytes(data)
        sample_table(film, 1)


def _box(kind: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), kind) + inside


def test_a_table_of_more_frames_than_have_a_size_is_not_believed(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", sound=None)
    assert sample_table(film, 1) is not None
    data = film.read_bytes()
    at = data.index(b"stts") + 4
    (rows,) = struct.unpack_from(">I", data, at + 4)
    last = at + 8 + 8 * (rows - 1)
    film.write_bytes(data[:last] + struct.pack(">I", 9_000_000) + data[last + 4 :])
    assert sample_table(film, 1) is None
    assert len(_found(film).times_us) < 100


def test_boxes_in_boxes_without_end_and_a_second_index_are_no_trouble(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", sound=None)
    wanted = _found(film).times_us.tolist()
    deep = b""
    for _ in range(5_000):
        deep = _box(b"trak", deep)
    clock = _box(b"mvhd", bytes(12), struct.pack(">I", 1000), bytes(80))
    hostile = _box(b"moov", clock, deep)
    with film.open("ab") as file:
        file.write(hostile)
    assert sample_table(film, 1) is not None, "the first index counts"
    assert _found(film).times_us.tolist() == wanted
    film.write_bytes(hostile)
    assert sample_table(film, 1) is None


def test_the_file_gives_back_what_was_written_and_ten_hours_are_small(tmp_path: Path) -> None:
    count = 10 * 3600 * 60
    times = np.rint(np.arange(count) * (1001e6 / 60000)).astype(np.int64)
    whole = FrameTimes(times, np.arange(0, count, 120), times + 8000)
    assert write_frame_times(whole, tmp_path / "frames.bin")
    assert (tmp_path / "frames.bin").stat().st_size < 60_000
    back = read_frame_times(tmp_path / "frames.bin")
    assert back.shown_us is not None
    for name in ("times_us", "keys", "shown_us"):
        assert np.array_equal(getattr(back, name), getattr(whole, name))


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frames.bin").write_bytes(b"no index")
    with pytest.raises(ValueError, match="not an index"):
        read_frame_times(tmp_path / "frames.bin")


def test_an_index_that_unpacks_without_end_is_read_no_further_than_any_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_index, "LARGEST", 4_000)
    times = np.arange(2_000) * 40_000
    assert write_frame_times(FrameTimes(times, np.zeros(1, np.int64)), tmp_path / "frames.bin")
    with pytest.raises(ValueError, match="cut off"):
        read_frame_times(tmp_path / "frames.bin")
