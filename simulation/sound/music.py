"""Music: chords, a bass, a melody and drums, all in one tempo a film."""

from __future__ import annotations

from typing import cast

import numpy as np

from simulation.sound.tones import (
    Sound,
    band_noise,
    clock,
    harmonics,
    peak_to,
    put,
    ring,
    silence,
    strike,
    swell,
)

PROGRESSIONS = ((0, 5, 7, 0), (0, -3, 5, 7), (-3, 5, 0, 7))
SCALE = (0, 2, 4, 7, 9, 12)


def band(rng: np.random.Generator, length_s: float, rate: int, tempo_hz: float) -> Sound:
    """A whole band: four-bar progression, melody on top, kick and hat below."""
    song = silence(length_s, rate)
    root = float(rng.choice([110.0, 130.8, 146.8]))
    chords = PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))]
    bar_s = 4 / tempo_hz
    for bar in range(int(length_s / bar_s) + 1):
        _chord(song, root * 2 ** (chords[bar % 4] / 12), bar * bar_s, bar_s, rate)
    for beat in range(int(length_s * tempo_hz) + 1):
        if rng.random() < 0.8:
            note = root * 4 * 2 ** (float(rng.choice(SCALE)) / 12)
            put(song, _pluck(note, 0.9 / tempo_hz, rate), beat / tempo_hz, rate, 0.3)
    put(song, drum_kit(rng, length_s, rate, tempo_hz), 0.0, rate, 0.5)
    return peak_to(song, 0.8)


def _chord(song: Sound, root_hz: float, at_s: float, length_s: float, rate: int) -> None:
    count = round(length_s * rate)
    envelope = swell(count, 0.05, 0.15)
    for interval, gain in ((0, 0.3), (4, 0.15), (7, 0.15), (-12, 0.25)):
        pitch = np.full(count, root_hz * 2 ** (interval / 12), dtype=np.float32)
        put(song, harmonics(pitch, rate, (1.0, 0.4, 0.2)) * envelope, at_s, rate, gain)


def _pluck(pitch_hz: float, length_s: float, rate: int) -> Sound:
    count = round(length_s * rate)
    tone = harmonics(np.full(count, pitch_hz, dtype=np.float32), rate, (1.0, 0.5, 0.25, 0.1))
    return cast(Sound, (tone * np.exp(-clock(count, rate) / np.float32(0.22))).astype(np.float32))


def drum_kit(rng: np.random.Generator, length_s: float, rate: int, tempo_hz: float) -> Sound:
    """Kick, snare and hat on a steady grid: percussive like gunfire, but regular and softer at the edge."""
    drums = silence(length_s, rate)
    kick, snare = _kick(rate), strike(rng, rate, 0.18, 300, 3500, 0.05)
    hat = strike(rng, rate, 0.05, 5000, 11000, 0.012)
    for half in range(int(2 * length_s * tempo_hz) + 1):
        at = half / (2 * tempo_hz)
        put(drums, hat, at, rate, 0.1)
        if half % 4 == 0:
            put(drums, kick, at, rate, 0.9)
        elif half % 4 == 2:
            put(drums, snare, at, rate, 0.2)
    return peak_to(drums, 0.8)


def _kick(rate: int) -> Sound:
    t = clock(round(0.22 * rate), rate)
    pitch = (48 + 90 * np.exp(-t / 0.03)).astype(np.float32)
    attack = np.minimum(t / 0.004, 1.0)
    return cast(Sound, (harmonics(pitch, rate, (1.0,)) * np.exp(-t / 0.07) * attack).astype(np.float32))


def chime(rng: np.random.Generator, rate: int) -> Sound:
    """Two falling tones, as before a platform announcement."""
    notes = silence(1.6, rate)
    put(notes, ring(rate, 0.9, (659.3, 1318.5), 0.35), 0.0, rate)
    put(notes, ring(rate, 0.9, (523.3, 1046.5), 0.35), 0.6, rate)
    put(notes, band_noise(rng, len(notes), rate, 200, 2000) * np.float32(0.004), 0.0, rate)
    return peak_to(notes, 0.3)
