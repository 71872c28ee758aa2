"""The raw material of sound: shaped noise, harmonics, strikes. Mono float32, about -1 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]


def silence(length_s: float, rate: int) -> Sound:
    """Nothing, for a while."""
    return np.zeros(round(length_s * rate), dtype=np.float32)


def clock(count: int, rate: int) -> Sound:
    """The time of each sample in seconds."""
    return np.arange(count, dtype=np.float32) / np.float32(rate)


def band_noise(
    rng: np.random.Generator, count: int, rate: int, low_hz: float, high_hz: float, tilt: float = 0.0
) -> Sound:
    """Noise between two frequencies, loudness 1 (RMS); `tilt` 1 is pink, 2 is brown."""
    if count == 0:
        return np.zeros(0, dtype=np.float32)
    size = 1 << max(4, (count - 1).bit_length())
    spectrum = np.fft.rfft(rng.standard_normal(size).astype(np.float32))
    hertz = np.fft.rfftfreq(size, 1 / rate)
    gain = 1.0 / ((1.0 + (low_hz / np.maximum(hertz, 1.0)) ** 4) * (1.0 + (hertz / high_hz) ** 4))
    noise = np.fft.irfft(spectrum * gain * np.maximum(hertz, 20.0) ** (-tilt / 2), size)[:count]
    return cast(Sound, (noise / (np.sqrt(np.mean(noise**2)) + 1e-9)).astype(np.float32))


def slow_curve(
    rng: np.random.Generator, count: int, rate: int, per_second: float, low: float, high: float
) -> Sound:
    """A level that wanders between two values."""
    knots = max(3, int(count / rate * per_second) + 2)
    return np.interp(
        np.linspace(0, knots - 1, count), np.arange(knots), rng.uniform(low, high, knots)
    ).astype(np.float32)


def harmonics(pitch_hz: Sound, rate: int, weights: Sequence[float], phase: float = 0.0) -> Sound:
    """A tone with overtones whose pitch may glide; overtones near the top of the band are left out."""
    angle = 2 * np.pi * np.cumsum(pitch_hz, dtype=np.float64) / rate + phase
    highest = float(pitch_hz.max(initial=0.0))
    total = np.zeros(len(pitch_hz), dtype=np.float32)
    for number, weight in enumerate(weights, start=1):
        if weight and number * highest < 0.45 * rate:
            total += (weight * np.sin(number * angle)).astype(np.float32)
    return total


def swell(count: int, attack: float = 0.1, release: float = 0.3) -> Sound:
    """An envelope that rises and falls over shares of its length."""
    share = np.linspace(0.0, 1.0, count, dtype=np.float32)
    return cast(
        Sound, np.clip(np.minimum(share / attack, (1.0 - share) / release), 0.0, 1.0).astype(np.float32)
    )


def strike(
    rng: np.random.Generator, rate: int, length_s: float, low_hz: float, high_hz: float, decay_s: float
) -> Sound:
    """A short blow of noise: at once loud, then dying away."""
    count = round(length_s * rate)
    return cast(
        Sound,
        band_noise(rng, count, rate, low_hz, high_hz) * np.exp(-clock(count, rate) / np.float32(decay_s)),
    )


def ring(rate: int, length_s: float, pitches_hz: Sequence[float], decay_s: float) -> Sound:
    """A struck body: a few tones dying away together."""
    t = clock(round(length_s * rate), rate)
    tones = [np.sin(2 * np.pi * hertz * t) for hertz in pitches_hz]
    return cast(Sound, (np.sum(tones, axis=0) * np.exp(-t / decay_s) / len(pitches_hz)).astype(np.float32))


def put(target: Sound, sound: Sound, at_s: float, rate: int, gain: float = 1.0) -> None:
    """Add a sound into a longer one; what sticks out is cut off."""
    start = round(at_s * rate)
    skipped = max(0, -start)
    start = max(0, start)
    piece = sound[skipped : skipped + max(0, len(target) - start)]
    target[start : start + len(piece)] += np.float32(gain) * piece


def peak_to(sound: Sound, peak: float) -> Sound:
    """Scaled so that its loudest moment is `peak`."""
    return cast(Sound, sound * np.float32(peak / (float(np.abs(sound).max(initial=0.0)) + 1e-9)))
