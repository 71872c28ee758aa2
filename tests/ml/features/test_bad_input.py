"""What broken or odd pictures and sounds become: finite numbers of the usual shape."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ml.features import PICTURE_NAMES, SOUND_NAMES, Features, extract, light
from ml.features.picture import describe_picture
from ml.features.sound import RATE_HZ, describe_sound
from ml.media.frames import timed_pictures
from tests.ml.media.films import moving, write_film


def _assert_finite(features: Features) -> None:
    steps = len(features.picture_mask)
    assert features.picture.shape == (steps, len(PICTURE_NAMES))
    assert features.sound.shape == (steps, len(SOUND_NAMES))
    assert np.isfinite(features.picture).all()
    assert np.isfinite(features.sound).all()


def _write_pictures(path: Path, width: int, height: int, count: int) -> Path:
    """Write noise of any size, however odd."""
    chance = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "rgb24"
        for number in range(count):
            pixels = chance.integers(0, 256, (height, width, 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 400), (2, 5000), (5000, 2), (3, 3), (161, 121)])
def test_pictures_of_any_size_are_described(tmp_path: Path, width: int, height: int) -> None:
    features = extract(_write_pictures(tmp_path / "film.mov", width, height, 8))
    _assert_finite(features)
    assert features.picture_mask.any()


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 400), (2, 5000), (5000, 2), (161, 121)])
def test_planes_of_any_size_are_reduced(width: int, height: int) -> None:
    frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 200, np.uint8), format="rgb24")
    frame = frame.reformat(format="yuv420p")
    assert light.grey(frame).shape == light.GREY
    np.testing.assert_allclose(light.grid_cells(frame)[0], 200 / 255, atol=0.02)
    assert light.histogram(frame).sum() == pytest.approx(1)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj422p", "yuv444p", "yuv420p10le", "rgb24"])
@pytest.mark.parametrize("full", [False, True])
def test_black_and_white_are_0_and_1_whatever_the_pixels_and_their_range(pixels: str, full: bool) -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, 32:] = 255
    wanted = 2 if full else 1
    frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pixels, dst_color_range=wanted)
    frame.color_range = wanted
    brightness = light.grid_cells(frame)[0].reshape(light.GRID)
    np.testing.assert_allclose(brightness[:, :7], 0, atol=0.01)
    np.testing.assert_allclose(brightness[:, 9:], 1, atol=0.01)


def test_raw_pictures_stored_from_the_last_row_up_are_seen_upright(tmp_path: Path) -> None:
    path = tmp_path / "film.nut"
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24] = 255
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.extradata = b"BottomUp\0"
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        for number in range(10):
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
    (_, first), *_ = timed_pictures(path)
    assert first.planes[0].line_size < 0  # else this tests nothing
    grey = light.grey(first).astype(int)
    # The decoder turns the brightness over; whichever half is bright, both are there and nothing is torn.
    assert {int(grey[:50].mean() > 128), int(grey[70:].mean() > 128)} == {0, 1}
    features = extract(path)
    _assert_finite(features)
    assert features.picture_mask.any()


@pytest.mark.parametrize("count", [1, 2])
def test_a_film_of_one_or_two_frames_has_no_motion_in_the_first_and_is_seen(
    tmp_path: Path, count: int
) -> None:
    features = extract(_write_pictures(tmp_path / "film.mov", 64, 48, count))
    _assert_finite(features)
    assert features.picture_mask.any()
    if count == 1:
        flow = [k for k, name in enumerate(PICTURE_NAMES) if name.startswith(("flow_", "difference"))]
        assert not features.picture[:, flow].any()


def test_frames_beyond_the_told_length_are_left_alone(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=4.0, picture=moving, sound=None)
    rows, mask, cuts = describe_picture(timed_pictures(film), steps=4)
    assert rows.shape == (4, len(PICTURE_NAMES))
    assert mask.all()
    assert not cuts.any()
    assert np.isfinite(rows).all()


def test_sixteen_channels_are_heard_as_one(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16000)
        stream.layout = "hexadecagonal"
        tone = (np.sin(np.arange(32000) * 0.2) * 9000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(
            np.tile(tone[:, None], (1, 16)).reshape(1, -1), "s16", stream.layout
        )
        frame.sample_rate, frame.pts, frame.time_base = 16000, 0, Fraction(1, 16000)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    features = extract(path)
    _assert_finite(features)
    assert features.sound_mask[:8].all()
    assert features.sound[:8, SOUND_NAMES.index("harmonicity_mean")].min() > 0.5


@pytest.mark.parametrize("rate_hz", [8000, 11025, 96000])
def test_any_sampling_rate_is_heard(tmp_path: Path, rate_hz: int) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=rate_hz)
        stream.layout = "mono"
        tone = (np.sin(np.arange(2 * rate_hz) * 2 * np.pi * 440 / rate_hz) * 9000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    features = extract(path)
    _assert_finite(features)
    pitch = 70 * 2 ** features.sound[1:7, SOUND_NAMES.index("pitch_mean")]
    np.testing.assert_allclose(pitch, 440, rtol=0.05)


def test_samples_that_are_no_numbers_or_far_too_loud_spoil_nothing_but_their_step() -> None:
    samples = (np.sin(np.arange(4 * RATE_HZ) * 0.2) * 0.3).astype(np.float32)
    good, _ = describe_sound([(0.0, samples)], steps=16)
    samples[RATE_HZ + 100 : RATE_HZ + 200] = np.nan
    samples[RATE_HZ + 300] = np.inf
    samples[RATE_HZ + 400] = 1e30
    rows, mask = describe_sound([(0.0, samples)], steps=16)
    assert mask.all()
    assert np.isfinite(rows).all()
    recent = SOUND_NAMES.index("level_above_recent_db")
    untouched = np.delete(np.arange(len(SOUND_NAMES)), recent)
    np.testing.assert_allclose(rows[8:, untouched], good[8:, untouched], atol=1e-3)
    assert np.isfinite(rows[:, recent]).all()
