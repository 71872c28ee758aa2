"""Sounds that people make: talk, crowds, song, and the cries that count as distress."""

from __future__ import annotations

import numpy as np

from simulation.sound.tones import (
    Sound,
    band_noise,
    clock,
    harmonics,
    peak_to,
    put,
    silence,
    slow_curve,
    swell,
)

VOWELS = ((1.0, 0.9, 0.7, 0.35, 0.2, 0.12), (1.0, 0.5, 0.25, 0.3, 0.3, 0.1), (0.9, 1.0, 0.4, 0.2, 0.1, 0.05))


def talk(rng: np.random.Generator, length_s: float, rate: int) -> Sound:
    """One person speaking: syllables on a falling melody, with pauses for breath."""
    voice, now = silence(length_s, rate), float(rng.uniform(0.0, 0.6))
    base = float(rng.choice([115.0, 190.0])) * float(rng.uniform(0.9, 1.15))
    while now < length_s:
        for number in range(int(rng.integers(4, 12))):
            count = round(float(rng.uniform(0.09, 0.2)) * rate)
            pitch = np.linspace(1.12, 0.96, count, dtype=np.float32) * np.float32(
                base * (1.1 - 0.015 * number)
            )
            vowel = VOWELS[int(rng.integers(len(VOWELS)))]
            put(
                voice,
                harmonics(pitch, rate, vowel) * swell(count, 0.2, 0.4),
                now,
                rate,
                float(rng.uniform(0.5, 1.0)),
            )
            now += count / rate + float(rng.uniform(0.01, 0.07))
        now += float(rng.uniform(0.4, 1.6))
    return peak_to(voice, 0.5)


def murmur(rng: np.random.Generator, length_s: float, rate: int) -> Sound:
    """Many people at once: voice-coloured noise in a restless rhythm."""
    count = round(length_s * rate)
    low = band_noise(rng, count, rate, 180, 700, 1.0) * slow_curve(rng, count, rate, 7, 0.4, 1.0)
    high = band_noise(rng, count, rate, 900, 2200, 1.0) * slow_curve(rng, count, rate, 9, 0.1, 0.5)
    return peak_to(low + high, 0.5)


def cheering(rng: np.random.Generator, length_s: float, rate: int) -> Sound:
    """A crowd that rises together: broad and breathy, without the glide of a scream."""
    count = round(length_s * rate)
    roar = band_noise(rng, count, rate, 350, 1900, 0.7) * slow_curve(rng, count, rate, 5, 0.7, 1.0)
    whistle = band_noise(rng, count, rate, 2000, 3200) * slow_curve(rng, count, rate, 6, 0.0, 0.25)
    return peak_to((roar + whistle) * swell(count, 0.25, 0.35), 0.8)


def singing(rng: np.random.Generator, length_s: float, rate: int) -> Sound:
    """A sung line: steady notes of a scale, soft vibrato, no roughness."""
    song, now = silence(length_s, rate), 0.05
    base = float(rng.choice([220.0, 261.6, 293.7]))
    while now < length_s - 0.3:
        length = min(float(rng.choice([0.35, 0.5, 0.9])), length_s - now)
        count = round(length * rate)
        note = base * 2 ** (float(rng.choice([0, 2, 4, 5, 7, 9])) / 12)
        pitch = np.float32(note) * (1 + np.float32(0.008) * np.sin(2 * np.pi * 5.2 * clock(count, rate)))
        put(
            song,
            harmonics(pitch.astype(np.float32), rate, (1.0, 0.5, 0.3, 0.12, 0.05)) * swell(count, 0.12, 0.2),
            now,
            rate,
        )
        now += length
    return peak_to(song, 0.75)


def distress(rng: np.random.Generator, length_s: float, rate: int) -> Sound:
    """Screams and sobbing in turn, with little silence between, until the time is up."""
    cries, now = silence(length_s, rate), 0.0
    sobs_next = bool(rng.random() < 0.3)
    while now < length_s - 0.25:
        left = length_s - now
        if sobs_next and left > 1.0:
            length = min(left, float(rng.uniform(1.0, 2.2)))
            put(cries, _sobbing(rng, length, rate), now, rate, 0.75)
        else:
            length = min(left, float(rng.uniform(0.8, 1.9)))
            put(cries, _scream(rng, length, rate), now, rate)
        now += length + float(rng.uniform(0.05, 0.25))
        sobs_next = bool(rng.random() < 0.35)
    return peak_to(cries, 1.0)


def _scream(rng: np.random.Generator, length_s: float, rate: int) -> Sound:
    """A loud glide up and down at 700 to 1500 Hz with deep vibrato and a rough edge."""
    count = round(length_s * rate)
    t = clock(count, rate)
    top = float(rng.uniform(950, 1500))
    glide = np.interp(
        np.linspace(0, 1, count), [0, 0.18, 0.7, 1.0], [0.62 * top, top, 0.93 * top, 0.55 * top]
    )
    vibrato = 1 + float(rng.uniform(0.025, 0.05)) * np.sin(2 * np.pi * float(rng.uniform(6, 9)) * t)
    tone = harmonics((glide * vibrato).astype(np.float32), rate, (1.0, 0.8, 0.65, 0.45, 0.3, 0.2, 0.12))
    rough = 1 + 0.45 * np.sin(2 * np.pi * float(rng.uniform(45, 80)) * t)
    breath = band_noise(rng, count, rate, 1500, 6000) * np.float32(0.12)
    return peak_to(((tone * rough + breath) * swell(count, 0.06, 0.25)).astype(np.float32), 1.0)


def _sobbing(rng: np.random.Generator, length_s: float, rate: int) -> Sound:
    """Short falling cries, three or four a second, each with a gasp."""
    sobs, now = silence(length_s, rate), 0.0
    while now < length_s - 0.12:
        count = round(float(rng.uniform(0.16, 0.24)) * rate)
        pitch = np.linspace(1.25, 0.8, count) * float(rng.uniform(480, 680))
        cry = harmonics(pitch.astype(np.float32), rate, (1.0, 0.7, 0.5, 0.3, 0.15)) * swell(count, 0.1, 0.5)
        put(
            sobs,
            cry + band_noise(rng, count, rate, 1200, 5000) * np.float32(0.1) * swell(count, 0.5, 0.2),
            now,
            rate,
        )
        now += count / rate + float(rng.uniform(0.05, 0.12))
    return peak_to(sobs, 1.0)
