"""What a place sounds like when nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from simulation.sound.music import band, chime
from simulation.sound.tones import (
    Sound,
    band_noise,
    clock,
    harmonics,
    put,
    ring,
    silence,
    slow_curve,
    strike,
    swell,
)
from simulation.sound.voices import cheering, murmur, talk

Ambience = Callable[[np.random.Generator, float, int, float], Sound]  # rng, length, sample rate, tempo


def wind(rng: np.random.Generator, length_s: float, rate: int) -> Sound:
    """Air moving: low, coming and going."""
    count = round(length_s * rate)
    return band_noise(rng, count, rate, 60, 500, 1.0) * slow_curve(rng, count, rate, 0.6, 0.02, 0.1)


def footsteps(rng: np.random.Generator, length_s: float, rate: int) -> Sound:
    """Somebody walking by: a soft thump about twice a second."""
    steps, now = silence(length_s, rate), float(rng.uniform(0, 0.5))
    pace = float(rng.uniform(0.48, 0.6))
    while now < length_s:
        put(steps, strike(rng, rate, 0.09, 90, 1100, 0.018), now, rate, float(rng.uniform(0.04, 0.07)))
        now += pace * float(rng.uniform(0.95, 1.05))
    return steps


def _traffic(rng: np.random.Generator, length_s: float, rate: int, tempo: float) -> Sound:
    count = round(length_s * rate)
    sound = band_noise(rng, count, rate, 40, 300, 1.2) * np.float32(0.06)
    for _ in range(int(length_s / 3.5) + 1):
        size = round(float(rng.uniform(2.0, 3.5)) * rate)
        passing = band_noise(rng, size, rate, 120, 1400, 0.8) * swell(size, 0.5, 0.5) ** 2
        put(sound, passing, float(rng.uniform(-1, length_s)), rate, float(rng.uniform(0.06, 0.14)))
    return sound + footsteps(rng, length_s, rate)


def _park(rng: np.random.Generator, length_s: float, rate: int, tempo: float) -> Sound:
    sound = wind(rng, length_s, rate) + footsteps(rng, length_s, rate)
    for _ in range(int(length_s * 0.9) + 1):
        at, base = float(rng.uniform(0, length_s)), float(rng.uniform(2600, 4200))
        for note in range(int(rng.integers(2, 5))):
            count = round(0.07 * rate)
            pitch = np.linspace(base, base * float(rng.uniform(0.85, 1.2)), count).astype(np.float32)
            put(sound, harmonics(pitch, rate, (1.0,)) * swell(count, 0.3, 0.5), at + 0.12 * note, rate, 0.035)
    return sound


def _room(rng: np.random.Generator, length_s: float, rate: int, tempo: float) -> Sound:
    count = round(length_s * rate)
    sound: Sound = band_noise(rng, count, rate, 50, 220, 1.0) * np.float32(0.015)
    put(sound, talk(rng, length_s, rate), 0.0, rate, 0.4)
    put(sound, talk(rng, length_s, rate), 0.0, rate, 0.25)
    return sound


def _stage(rng: np.random.Generator, length_s: float, rate: int, tempo: float) -> Sound:
    return band(rng, length_s, rate, tempo) * np.float32(0.45) + murmur(rng, length_s, rate) * np.float32(
        0.12
    )


def _coast(rng: np.random.Generator, length_s: float, rate: int, tempo: float) -> Sound:
    count = round(length_s * rate)
    breaking = (0.5 + 0.5 * np.sin(2 * np.pi * 0.13 * clock(count, rate) + rng.uniform(0, 6))) ** 2
    surf = band_noise(rng, count, rate, 200, 3500, 1.0) * (0.03 + 0.14 * breaking)
    return cast(Sound, (surf + wind(rng, length_s, rate)).astype(np.float32))


def _pitch(rng: np.random.Generator, length_s: float, rate: int, tempo: float) -> Sound:
    sound = murmur(rng, length_s, rate) * np.float32(0.4)
    if rng.random() < 0.7:
        put(
            sound,
            cheering(rng, min(3.0, length_s), rate),
            float(rng.uniform(0, max(0.1, length_s - 3))),
            rate,
            0.2,
        )
    for _ in range(int(length_s / 2.5) + 1):
        put(sound, strike(rng, rate, 0.08, 100, 900, 0.02), float(rng.uniform(0, length_s)), rate, 0.12)
    return sound


def _station(rng: np.random.Generator, length_s: float, rate: int, tempo: float) -> Sound:
    count = round(length_s * rate)
    hall = band_noise(rng, count, rate, 50, 400, 1.0) * slow_curve(rng, count, rate, 0.4, 0.02, 0.12)
    sound = hall + murmur(rng, length_s, rate) * np.float32(0.12) + footsteps(rng, length_s, rate)
    put(sound, chime(rng, rate), float(rng.uniform(0, max(0.1, length_s - 2))), rate, 0.5)
    return sound


def _workshop(rng: np.random.Generator, length_s: float, rate: int, tempo: float) -> Sound:
    count = round(length_s * rate)
    t = clock(count, rate)
    motor = harmonics(np.full(count, 50.0, dtype=np.float32), rate, (0.4, 0.6, 0.2, 0.3)) * (
        0.03 + 0.01 * np.sin(0.8 * t)
    )
    sound: Sound = (motor + band_noise(rng, count, rate, 100, 900, 1.0) * 0.02).astype(np.float32)
    for _ in range(int(length_s / 2) + 1):
        pitches = rng.uniform(600, 2500, 3).tolist()
        put(
            sound,
            ring(rate, 0.3, pitches, 0.06),
            float(rng.uniform(0, length_s)),
            rate,
            float(rng.uniform(0.03, 0.08)),
        )
    return sound


AMBIENCES: dict[str, Ambience] = {
    "street": _traffic, "park": _park, "room": _room, "stage": _stage,
    "coast": _coast, "pitch": _pitch, "station": _station, "workshop": _workshop,
}  # fmt: skip
