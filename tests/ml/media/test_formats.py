"""Every codec in every container people send: its times, its size, its content, and its proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from ml.features import extract
from ml.media.audio import audio_blocks
from ml.media.frames import frames, timed_pictures
from ml.media.opening import Tally
from ml.media.probe import probe
from ml.media.proxy import proxy_reason, write_proxy
from ml.media.thumbnails import write_thumbnails
from tests.ml.media.films import Image, write_film

X265 = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"}
AV1 = {"preset": "12", "svtav1-params": "lp=1"}
# file name -> (encoder, sound encoder, pixels, the encoder's options)
FORMATS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "h264.mp4": ("libx264", "aac", "yuv420p", {}),
    "h264.mkv": ("libx264", "flac", "yuv420p", {"bf": "2"}),
    "h264.ts": ("libx264", "mp2", "yuv420p", {"bf": "2"}),
    "h264-ten-bit.mp4": ("libx264", "aac", "yuv420p10le", {}),
    "h264-444.mkv": ("libx264", "aac", "yuv444p", {}),
    "hevc.mp4": ("libx265", "aac", "yuv420p", X265),
    "hevc-ten-bit.mkv": ("libx265", "aac", "yuv420p10le", X265),
    "hevc.ts": ("libx265", "mp2", "yuv420p", X265),
    "vp8.webm": ("libvpx", "libopus", "yuv420p", {"cpu-used": "8"}),
    "vp9.webm": ("libvpx-vp9", "libopus", "yuv420p", {"cpu-used": "8"}),
    "vp9.mp4": ("libvpx-vp9", "aac", "yuv420p", {"cpu-used": "8"}),
    "av1.mp4": ("libsvtav1", "aac", "yuv420p", AV1),
    "av1.mkv": ("libsvtav1", "libopus", "yuv420p", AV1),
    "av1-ten-bit.webm": ("libsvtav1", "libopus", "yuv420p10le", AV1),
    "mpeg2.ts": ("mpeg2video", "mp2", "yuv420p", {}),
    "mpeg2.mpg": ("mpeg2video", "mp2", "yuv420p", {}),
    "mpeg2.mkv": ("mpeg2video", "flac", "yuv420p", {"bf": "2"}),
    "mpeg4.avi": ("mpeg4", "mp2", "yuv420p", {}),
    "mpeg4.mov": ("mpeg4", "pcm_s16le", "yuv420p", {}),
    "mjpeg.avi": ("mjpeg", "pcm_s16le", "yuvj422p", {}),
    "mjpeg.mkv": ("mjpeg", "pcm_s16le", "yuvj420p", {}),
    "prores.mov": ("prores_ks", "pcm_s16le", "yuv422p10le", {}),
    "ffv1.mkv": ("ffv1", "flac", "yuv444p", {}),
}


@pytest.fixture(scope="module", params=sorted(FORMATS))
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    codec, sound_codec, pixels, options = FORMATS[request.param]
    for name in (codec, sound_codec):
        try:
            av.codec.Codec(name, "w")
        except av.codec.codec.UnknownCodecError:
            pytest.skip(f"this build of FFmpeg has no encoder {name}")
    path = tmp_path_factory.mktemp("films") / request.param
    settings: dict[str, Any] = {"codec": codec, "sound_codec": sound_codec, "pixels": pixels}
    return write_film(path, picture=_brighter, codec_options=options, **settings)


def _brighter(t: float) -> Image:
    """A white box on a ground that gets brighter by 60 a second, so that a frame tells its own time."""
    image = np.full((120, 160, 3), 20 + int(t * 60), np.uint8)
    image[10:50, 20:60] = 255
    return image


def _seen(film: Path, **settings: Any) -> list[tuple[float, float, float]]:
    """Return (time, brightness of the ground, of the box) twice a second."""
    ticks = frames(film, rate_hz=2, width=80, height=60, **settings)
    return [(t, float(image[35:55, 40:75].mean()), float(image[8:22, 13:27].mean())) for t, image in ticks]


def test_times_size_and_content_are_right(film: Path) -> None:
    facts, tally = probe(film), Tally()
    times = [t for t, _ in timed_pictures(film, tally=tally)]
    assert (facts.width, facts.height, facts.has_picture, facts.has_sound) == (160, 120, True, True)
    assert facts.duration_ms == pytest.approx(2000, abs=150)
    assert len(times) == 50
    assert np.diff(times) == pytest.approx(0.04, abs=0.0011)
    assert tally == Tally()
    for t, ground, box in _seen(film):
        assert ground == pytest.approx(20 + 60 * t, abs=8)
        assert box > 230


def test_sound_is_there_from_the_start(film: Path) -> None:
    blocks = list(audio_blocks(film))
    heard = np.concatenate([samples for _, samples in blocks])
    assert blocks[0][0] == pytest.approx(0.0, abs=0.06)
    assert len(heard) / 16000 == pytest.approx(2.0, abs=0.15)
    assert np.sqrt((heard[4000:28000] ** 2).mean()) == pytest.approx(0.283, rel=0.1)


def test_its_features_are_finite_and_its_thumbnails_written(film: Path, tmp_path: Path) -> None:
    features = extract(film)
    assert features.picture_mask[:7].all()
    assert np.isfinite(features.picture).all()
    layout = write_thumbnails(film, tmp_path / "sheet.jpg")
    assert layout is not None
    assert layout["count"] == pytest.approx(2, abs=1)


def test_what_browsers_do_not_play_gets_a_proxy_that_looks_the_same(film: Path, tmp_path: Path) -> None:
    if proxy_reason(probe(film)) is None:
        assert film.name in {"h264.mp4", "vp8.webm", "vp9.webm", "av1.mp4", "av1.mkv", "av1-ten-bit.webm"}
        return
    write_proxy(film, tmp_path / "proxy.mp4")
    assert proxy_reason(probe(tmp_path / "proxy.mp4")) is None
    copy = {time_s: seen for time_s, *seen in _seen(tmp_path / "proxy.mp4")}
    # The copy shows a picture that comes a frame late from 0 on, and holds the last while sound goes on.
    for time_s, *seen in _seen(film):
        assert copy[time_s] == pytest.approx(seen, abs=8)


def test_fast_decoding_shows_each_frame_at_its_own_time(film: Path) -> None:
    every = {t for t, _ in timed_pictures(film)}
    fast = [
        (t, frame.to_ndarray(format="gray")[70:110, 80:150].mean())
        for t, frame in timed_pictures(film, fast=True)
    ]
    assert {t for t, _ in fast} <= every
    assert len(fast) >= 8
    for t, ground in fast:
        assert ground == pytest.approx(20 + 60 * t, abs=20)  # grey of the ground, in studio range or full
