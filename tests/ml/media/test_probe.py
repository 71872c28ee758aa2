"""What a file is, and which files are refused with which sentence."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from ml.errors import MediaRefused
from ml.media.probe import probe
from tests.ml.media.films import still, write_film


def test_a_plain_film_is_described(tmp_path: Path) -> None:
    facts = probe(write_film(tmp_path / "film.mp4", seconds=2.0))
    assert facts.duration_ms == pytest.approx(2000, abs=70)
    assert (facts.width, facts.height, facts.rotation) == (160, 120, 0)
    assert (facts.video_codec, facts.audio_codec, facts.pixel_format) == ("h264", "aac", "yuv420p")
    assert (facts.has_picture, facts.has_sound, facts.sample_rate, facts.channels) == (True, True, 16000, 1)
    assert facts.average_fps == pytest.approx(25)
    assert facts.size_bytes == (tmp_path / "film.mp4").stat().st_size


def test_a_film_without_sound_has_a_picture_only(tmp_path: Path) -> None:
    facts = probe(write_film(tmp_path / "film.mp4", sound=None))
    assert (facts.has_picture, facts.has_sound, facts.audio_codec) == (True, False, None)


def test_sound_alone_is_accepted(tmp_path: Path) -> None:
    facts = probe(write_film(tmp_path / "sound.mp4", picture=None))
    assert (facts.has_picture, facts.has_sound, facts.width) == (False, True, 0)


def test_any_characters_in_a_name_work(tmp_path: Path) -> None:
    name = 'it\'s "a" film:\n🎬 100%.mp4'
    assert probe(write_film(tmp_path / name, seconds=0.5)).has_picture


def test_rotation_gives_the_size_as_displayed(tmp_path: Path) -> None:
    facts = probe(write_film(tmp_path / "turned.mp4", rotation=-90))
    assert (facts.rotation, facts.width, facts.height) == (90, 120, 160)


def test_a_late_picture_keeps_the_whole_length(tmp_path: Path) -> None:
    facts = probe(write_film(tmp_path / "late.mp4", seconds=2.0, picture_starts=1.0))
    assert facts.duration_ms == pytest.approx(3000, abs=70)
    assert facts.start_ms == 0


def test_a_broadcast_clock_is_counted_from_its_start(tmp_path: Path) -> None:
    facts = probe(write_film(tmp_path / "broadcast.ts", seconds=2.0, picture_starts=100, sound_starts=100))
    assert facts.start_ms == pytest.approx(100_000, abs=100)
    assert facts.duration_ms == pytest.approx(2000, abs=150)


def test_a_header_that_lies_about_the_length_is_not_believed(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=30.0, fps=5, picture=still, sound=None, faststart=True)
    film.write_bytes(film.read_bytes()[: int(film.stat().st_size * 0.6)])
    assert 5_000 < probe(film).duration_ms < 29_000


def _refused(path: Path) -> MediaRefused:
    with pytest.raises(MediaRefused) as caught:
        probe(path)
    assert caught.value.sentence.endswith(".")
    assert str(caught.value) == caught.value.sentence
    return caught.value


def test_a_text_file_renamed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("This is not a film.\n" * 100)
    assert _refused(tmp_path / "text.mp4").code == "not_media"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert _refused(tmp_path / "empty.mp4").code == "empty_file"


def test_a_film_cut_off_before_its_index_is_refused_as_truncated(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4")
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    assert _refused(film).code == "truncated"


def test_an_index_without_its_media_is_refused_as_truncated(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", faststart=True)
    data = film.read_bytes()
    film.write_bytes(data[: data.index(b"mdat") + 4])
    assert _refused(film).code == "truncated"


def test_a_film_of_zero_seconds_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "zero.wav"), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
    assert _refused(tmp_path / "zero.wav").code == "zero_duration"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:{film}\n#EXT-X-ENDLIST\n"),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/film.ts\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile '{film}'\n"),
        ("list.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n"),
    ],
)
def test_a_playlist_that_names_other_files_is_refused(tmp_path: Path, name: str, content: str) -> None:
    film = write_film(tmp_path / "film.ts")
    (tmp_path / name).write_text(content.format(film=film))
    assert _refused(tmp_path / name).code == "not_media"
