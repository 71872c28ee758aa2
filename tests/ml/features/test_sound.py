"""What the sound's descriptors hear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.features import SOUND_NAMES
from ml.features.sound import CHUNK, RATE_HZ, describe_sound

Samples = NDArray[np.float32]


def _rows(
    samples: NDArray[Any], *, start_s: float = 0.0, steps: int | None = None
) -> tuple[Samples, NDArray[np.bool_]]:
    steps = steps or int(np.ceil((start_s + len(samples) / RATE_HZ) * 4))
    return describe_sound([(start_s, samples.astype(np.float32))], steps=steps)


def _column(rows: Samples, name: str) -> Samples:
    return rows[:, SOUND_NAMES.index(name)]


def _times(seconds: float) -> NDArray[np.float64]:
    return np.arange(int(seconds * RATE_HZ)) / RATE_HZ


def test_a_tone_is_harmonic_and_has_its_pitch() -> None:
    rows, mask = _rows(0.3 * np.sin(2 * np.pi * 280 * _times(3)))
    assert rows.shape == (12, len(SOUND_NAMES))
    assert mask.all()
    assert _column(rows, "harmonicity_mean")[2:].min() > 0.9
    assert _column(rows, "pitch_mean")[2:] == pytest.approx(np.log2(280 / 70), abs=0.1)


def test_noise_is_neither_harmonic_nor_peaked() -> None:
    rows, _ = _rows(0.1 * np.random.default_rng(0).standard_normal(RATE_HZ * 3))
    assert _column(rows, "harmonicity_mean").max() < 0.5
    assert _column(rows, "flatness")[1:].min() > 0.4
    assert _column(rows, "crest_db").max() < 16


def test_a_bang_has_a_steep_attack_in_its_step_only() -> None:
    samples = 0.001 * np.random.default_rng(0).standard_normal(RATE_HZ * 4)
    bang = np.random.default_rng(1).standard_normal(RATE_HZ) * np.exp(-_times(1) * 20)
    samples[2 * RATE_HZ + 800 : 3 * RATE_HZ + 800] += 0.7 * bang
    rows, _ = _rows(samples)
    for name in ("attack_10ms_db", "onset", "flux_max", "level_above_recent_db"):
        assert _column(rows, name).argmax() == 8, name
    assert _column(rows, "attack_10ms_db")[8] > 30
    assert np.delete(_column(rows, "attack_10ms_db"), 8).max() < 15


def test_roughness_hears_fast_modulation_and_tremolo_slow() -> None:
    carrier = np.sin(2 * np.pi * 1000 * _times(2))
    rough, _ = _rows(0.3 * carrier * (1 + np.sin(2 * np.pi * 70 * _times(2))))
    slow, _ = _rows(0.3 * carrier * (1 + np.sin(2 * np.pi * 8 * _times(2))))
    assert _column(rough, "roughness").mean() > 0.8
    assert _column(slow, "tremolo").mean() > 0.6


def test_silence_is_present_and_silent() -> None:
    rows, mask = _rows(np.zeros(RATE_HZ * 2, np.float32))
    assert mask.all()
    assert (_column(rows, "silent_share") == 1).all()
    assert np.isfinite(rows).all()


def test_steps_without_samples_are_masked_and_zero() -> None:
    rows, mask = _rows(0.3 * np.ones(RATE_HZ, np.float32), start_s=2.0, steps=20)
    assert np.flatnonzero(mask).tolist() == [8, 9, 10, 11]
    assert not rows[~mask].any()


def test_nonsense_samples_stay_finite() -> None:
    rows, _ = _rows(np.where(_times(2) > 1, 1e30, -1e30))
    assert np.isfinite(rows).all()


def test_chunks_and_blocks_leave_no_seam() -> None:
    seconds = CHUNK * 0.25 * 2 + 3
    samples = (0.2 * np.random.default_rng(0).standard_normal(int(seconds * RATE_HZ))).astype(np.float32)
    whole, _ = describe_sound([(0.0, samples)], steps=int(seconds * 4))
    cut = [(at / RATE_HZ, samples[at : at + 7001]) for at in range(0, len(samples), 7001)]
    pieces, mask = describe_sound(cut, steps=int(seconds * 4))
    assert mask.all()
    assert np.abs(whole - pieces).max() < 1e-3
    # The first step of the second chunk hears the end of the first: no onset out of nothing.
    assert _column(whole, "attack_10ms_db")[CHUNK] < 10


def test_sound_after_a_long_hole_is_in_its_place() -> None:
    tone = (0.3 * np.sin(2 * np.pi * 440 * _times(1))).astype(np.float32)
    _, mask = describe_sound([(0.0, tone), (100.0, tone)], steps=410)
    assert np.flatnonzero(mask).tolist() == [0, 1, 2, 3, 400, 401, 402, 403]
