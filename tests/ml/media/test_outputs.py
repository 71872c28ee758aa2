"""The files made for the browser: proxy, thumbnails, waveform."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from ml.media.audio import audio_blocks
from ml.media.frames import frames, timed_pictures
from ml.media.opening import top_level_boxes
from ml.media.probe import Probe, probe
from ml.media.proxy import proxy_reason, write_proxy
from ml.media.thumbnails import write_thumbnails
from ml.media.waveform import write_waveform
from tests.ml.media.films import Image, moving, still, write_film

MP4 = Probe(
    container="mov,mp4,m4a,3gp,3g2,mj2",
    duration_ms=1000,
    width=160,
    height=120,
    rotation=0,
    average_fps=25.0,
    video_codec="h264",
    audio_codec="aac",
    has_picture=True,
    has_sound=True,
    sample_rate=48000,
    channels=2,
    pixel_format="yuv420p",
    size_bytes=1000,
)
WEBM = replace(MP4, container="matroska,webm", video_codec="vp9", audio_codec="opus")


@pytest.mark.parametrize(
    "facts",
    [
        MP4,
        WEBM,
        replace(MP4, audio_codec=None, has_sound=False),
        replace(MP4, video_codec="av1"),
        replace(MP4, rotation=90),
        replace(MP4, video_codec=None, has_picture=False),
    ],
)
def test_what_browsers_play_needs_no_proxy(facts: Probe) -> None:
    assert proxy_reason(facts) is None


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (replace(MP4, video_codec="hevc"), "hevc"),
        (replace(MP4, pixel_format="yuv420p10le"), "yuv420p10le"),
        (replace(MP4, audio_codec="ac3"), "ac3"),
        (replace(WEBM, video_codec="h264"), "h264"),
        (replace(WEBM, rotation=90), "upright"),
        (replace(MP4, container="avi"), "avi"),
        (replace(MP4, has_picture=False), "picture"),
        (replace(MP4, start_ms=40_000), "clock"),
        (replace(MP4, audio_profile="xHE-AAC"), "xHE-AAC"),
    ],
)
def test_what_browsers_cannot_play_or_seek_needs_a_proxy(facts: Probe, word: str) -> None:
    assert word in (proxy_reason(facts) or "")


def test_a_damaged_file_needs_a_proxy_though_its_codecs_play() -> None:
    assert "damaged" in (proxy_reason(MP4, broken_packets=1) or "")


def test_a_proxy_plays_in_browsers_and_has_its_index_first(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mkv", seconds=3.0, codec="mpeg4")
    heard: list[float] = []
    write_proxy(film, tmp_path / "proxy.mp4", on_progress=heard.append)
    facts = probe(tmp_path / "proxy.mp4")
    assert proxy_reason(facts) is None
    assert (facts.video_codec, facts.audio_codec, facts.pixel_format) == ("h264", "aac", "yuv420p")
    assert facts.duration_ms == pytest.approx(3000, abs=100)
    boxes = top_level_boxes(tmp_path / "proxy.mp4")
    assert boxes.index("moov") < boxes.index("mdat")
    assert heard == sorted(heard)
    assert 0.9 < heard[-1] <= 1.0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.mkv", "proxy.mp4"]


def test_a_proxy_has_a_key_frame_a_second(tmp_path: Path) -> None:
    write_proxy(write_film(tmp_path / "film.mp4", seconds=4.0), tmp_path / "proxy.mp4")
    with av.open(str(tmp_path / "proxy.mp4")) as container:
        keys = [float((p.pts or 0) * p.time_base) for p in container.demux(video=0) if p.is_keyframe]
    assert keys == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.05)


def test_a_proxy_keeps_the_time_of_late_streams(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mkv", seconds=2.0, picture_starts=1.0, sound_starts=0.5)
    write_proxy(film, tmp_path / "proxy.mp4")
    pictures = [
        (t, float(f.to_ndarray(format="gray").mean())) for t, f in timed_pictures(tmp_path / "proxy.mp4")
    ]
    assert pictures[0][0] == 0.0  # black from the start: browsers then agree on what 0 is
    lit = next(t for t, brightness in pictures if brightness > 40)
    assert lit == pytest.approx(1.0, abs=0.03)
    start_s, samples = next(audio_blocks(tmp_path / "proxy.mp4"))
    first = start_s + np.flatnonzero(np.abs(samples) > 0.1)[0] / 16000
    assert first == pytest.approx(0.5, abs=0.08)


def test_a_proxy_of_a_variable_rate_has_a_constant_one_and_says_which_frame_is_where(tmp_path: Path) -> None:
    times = [0.0, 0.2, 1.7, 1.75, 3.0]

    def brighter(t: float) -> Image:
        number = times.index(min(times, key=lambda each: abs(each - t)))
        return np.full((120, 160, 3), 20 + 40 * number, np.uint8)

    film = write_film(tmp_path / "film.mp4", times=times, sound=None, picture=brighter)
    shown = write_proxy(film, tmp_path / "proxy.mp4", rate=Fraction(20))
    assert shown is not None
    assert shown.shown_us is not None
    assert (shown.times_us / 1e6).tolist() == pytest.approx(times, abs=0.001)
    seen = [(t, f.to_ndarray(format="gray").mean()) for t, f in timed_pictures(tmp_path / "proxy.mp4")]
    assert np.diff([t for t, _ in seen]) == pytest.approx(1 / 20, abs=0.0001)
    for number, begins_us in enumerate(shown.shown_us):
        brightness = next(light for t, light in seen if t >= begins_us / 1e6 - 0.0001)
        assert brightness == pytest.approx(20 + 40 * number, abs=6)


def test_a_proxy_is_upright(tmp_path: Path) -> None:
    write_proxy(write_film(tmp_path / "film.mp4", seconds=0.5, rotation=-90), tmp_path / "proxy.mp4")
    facts = probe(tmp_path / "proxy.mp4")
    assert (facts.rotation, facts.width, facts.height) == (0, 120, 160)


def test_a_proxy_of_sound_alone_holds_sound_alone(tmp_path: Path) -> None:
    write_proxy(write_film(tmp_path / "sound.mkv", picture=None), tmp_path / "proxy.mp4")
    facts = probe(tmp_path / "proxy.mp4")
    assert (facts.has_picture, facts.has_sound, facts.audio_codec) == (False, True, "aac")


def test_thumbnails_show_each_second_in_one_sheet(tmp_path: Path) -> None:
    def brighter(t: float) -> Image:
        return np.full((120, 160, 3), 20 + int(t) * 15, np.uint8)

    film = write_film(tmp_path / "film.mp4", seconds=12.0, fps=5, picture=brighter, sound=None)
    layout = write_thumbnails(film, tmp_path / "sheet.jpg")
    assert layout == {
        "columns": 10,
        "rows": 2,
        "tile_width": 160,
        "tile_height": 120,
        "interval_ms": 1000,
        "count": 12,
    }
    sheet = cv2.imread(str(tmp_path / "sheet.jpg"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    assert sheet.shape == (240, 1600)
    tiles = [sheet[i // 10 * 120 :, i % 10 * 160 :][20:100, 20:140].mean() for i in range(12)]
    assert tiles == pytest.approx([20 + 15 * i for i in range(12)], abs=5)


def test_thumbnails_of_a_long_video_stay_two_hundred(tmp_path: Path) -> None:
    times = [float(t) for t in range(0, 7200, 4)]
    film = write_film(tmp_path / "long.mp4", picture=still, sound=None, times=times)
    layout = write_thumbnails(film, tmp_path / "sheet.jpg")
    assert layout is not None
    assert layout["count"] <= 200
    assert layout["interval_ms"] * layout["count"] >= probe(film).duration_ms


def test_sound_alone_has_no_thumbnails_and_silence_no_waveform(tmp_path: Path) -> None:
    assert write_thumbnails(write_film(tmp_path / "s.mp4", picture=None), tmp_path / "sheet.jpg") is None
    assert write_waveform(write_film(tmp_path / "p.mp4", sound=None), tmp_path / "wave.bin") is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.mp4", "s.mp4"]


def test_the_waveform_holds_the_peak_of_each_step(tmp_path: Path) -> None:
    def louder_after_a_second(times: np.ndarray) -> np.ndarray:
        return np.where(times < 1.0, 0.1, 0.8) * np.sin(2 * np.pi * 300 * times)

    film = write_film(tmp_path / "film.mp4", seconds=2.0, picture=moving, sound=louder_after_a_second)
    layout = write_waveform(film, tmp_path / "wave.bin")
    peaks = np.frombuffer((tmp_path / "wave.bin").read_bytes(), np.uint8) / 255
    assert layout == {"step_ms": 100, "count": len(peaks)}
    assert peaks[2:8] == pytest.approx(0.1, abs=0.04)
    assert peaks[12:18] == pytest.approx(0.8, abs=0.1)


def test_thumbnails_and_frames_agree_on_what_is_upright(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=0.5, sound=None, rotation=-90)
    write_thumbnails(film, tmp_path / "sheet.jpg")
    sheet = cv2.imread(str(tmp_path / "sheet.jpg"))
    _, image = next(frames(film, rate_hz=1, width=90, height=120))
    assert sheet is not None
    assert np.abs(sheet[..., ::-1].astype(int) - image).mean() < 8
