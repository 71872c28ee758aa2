"""Clips brought to equal length and level: what a sound may still tell by them, and what not."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from bench.sound_clips import LENGTH_S, LEVEL, equalised, looped, loudest, read_sound, write_sound
from ml.types import FloatArray

RATE_HZ = 1000


def _noise(seconds: float, level: float = 0.2) -> FloatArray:
    drawn = np.random.default_rng(0).normal(0, level, round(seconds * RATE_HZ))
    return np.asarray(drawn, dtype=np.float32)


@pytest.mark.parametrize("seconds", [0.5, 3.0, 9.999, 10.0, 31.0])
@pytest.mark.parametrize("level", [0.001, 0.9])
def test_every_clip_comes_out_equally_long_and_loud(seconds: float, level: float) -> None:
    equal = equalised(_noise(seconds, level), RATE_HZ, name="a")
    assert equal.shape == (LENGTH_S * RATE_HZ,)
    assert np.sqrt(np.square(equal, dtype=np.float64).mean()) == pytest.approx(LEVEL, rel=1e-4)


def test_a_silent_clip_stays_silent() -> None:
    assert not equalised(np.zeros(500, np.float32), RATE_HZ, name="a").any()


def test_a_long_clip_becomes_its_loudest_part() -> None:
    samples = np.zeros(50, np.float32)
    samples[30:34] = 1
    assert loudest(samples, 6).sum() == 4
    assert loudest(samples, 50) is not samples
    assert np.array_equal(loudest(samples, 50), samples)


def test_a_short_clip_is_repeated_forwards() -> None:
    rising = np.tile(np.linspace(0.1, 1, 400, dtype=np.float32), 1)
    equal = equalised(rising, RATE_HZ, name="a", length_s=4.0)
    assert np.mean(np.diff(equal) > 0) > 0.9
    ring = len(looped(rising, round(0.025 * RATE_HZ)))
    assert np.allclose(equal[:ring], equal[ring : 2 * ring])


def test_where_a_repeated_clip_begins_is_drawn_by_its_name() -> None:
    samples = _noise(2.0)
    first = equalised(samples, RATE_HZ, name="a")
    assert np.array_equal(first, equalised(samples, RATE_HZ, name="a"))
    assert not np.array_equal(first, equalised(samples, RATE_HZ, name="b"))


def test_a_join_does_not_click() -> None:
    falling = np.linspace(1, -1, 1000, dtype=np.float32)
    ring = looped(falling, 100)
    assert len(ring) == 900
    assert np.abs(np.diff(np.tile(ring, 2))).max() < 0.2


def test_a_join_is_as_loud_as_what_it_joins() -> None:
    noise = _noise(60.0)
    ring = looped(noise, 20_000)
    assert ring[:20_000].std() == pytest.approx(noise.std(), rel=0.05)


def test_a_clip_of_one_sample_can_be_repeated() -> None:
    assert np.array_equal(looped(np.ones(1, np.float32), 25), np.ones(1, np.float32))


def test_an_eight_bit_file_is_read_between_minus_one_and_one(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 1, RATE_HZ, 3, "NONE", ""))
        file.writeframes(bytes([0, 128, 255]))
    samples, rate_hz = read_sound(tmp_path / "a.wav")
    assert rate_hz == RATE_HZ
    assert samples == pytest.approx([-1, 0, 127 / 128])


def test_what_is_louder_than_full_scale_is_written_without_clipping(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", np.array([-3, 3], np.float32), RATE_HZ)
    rate_hz, samples = wavfile.read(tmp_path / "a.wav")
    assert (rate_hz, list(samples)) == (RATE_HZ, [-3, 3])
