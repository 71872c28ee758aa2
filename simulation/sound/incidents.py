"""The sound of what happens: violations and the near-misses that resemble them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from simulation.rhythm import knock_hz, shots_fired, single_flash_times
from simulation.sound.music import band, drum_kit
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
from simulation.sound.voices import cheering, distress, singing
from simulation.story import Incident

Maker = Callable[[np.random.Generator, Incident, int, float], Sound]  # rng, incident, sample rate, tempo
LEVELS = {
    "gunfire": 1.0,
    "distress-sound": 0.75,
    "physical-fight": 0.25,
    "applause": 0.6,
    "loud_music": 0.8,
    "door_slam": 0.85,
    "car_horn": 0.6,
    "hammering": 0.7,
    "drums": 0.75,
    "singing": 0.6,
    "cheering": 0.6,
    "lightning": 0.5,
    "camera_flash": 0.1,
    "dancing": 0.6,
}


def incident_sound(incident: Incident, rate: int, tempo_hz: float) -> Sound | None:
    """An incident's sound at its level against full scale, or nothing where it has none."""
    maker = MAKERS.get(incident.kind)
    if maker is None:
        return None
    rng = np.random.default_rng([*incident.seed, 31])
    level = LEVELS[incident.kind] * float(rng.uniform(0.8, 1.0))
    return peak_to(maker(rng, incident, rate, tempo_hz), level)


def _gunfire(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    """A crack, a boom and an echo at each shot."""
    sound = silence(incident.length_s, rate)
    echo_s, low = float(rng.uniform(0.12, 0.3)), float(rng.uniform(50, 90))
    for time in shots_fired(incident):
        crack = strike(rng, rate, 0.3, 150, 12000, float(rng.uniform(0.03, 0.06)))
        t = clock(len(crack), rate)
        shot = crack + np.float32(1.2) * np.sin(2 * np.pi * low * t) * np.exp(-t / 0.08)
        put(sound, shot, time - incident.start_s, rate, float(rng.uniform(0.85, 1.0)))
        put(sound, crack, time - incident.start_s + echo_s, rate, 0.18)
    return cast(Sound, np.tanh(sound * np.float32(0.5)).astype(np.float32))


def _fight(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    """Scuffling and dull blows, quiet: a fight is judged by eye."""
    count = round(incident.length_s * rate)
    sound = band_noise(rng, count, rate, 200, 2500, 0.8) * np.float32(0.04)
    now = 0.0
    while now < incident.length_s:
        put(sound, strike(rng, rate, 0.12, 70, 700, 0.03), now, rate, float(rng.uniform(0.3, 1.0)))
        now += float(rng.uniform(0.15, 0.6))
    return sound


def _applause(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    sound, claps = (
        silence(incident.length_s, rate),
        [strike(rng, rate, 0.05, 700, 4500, 0.009) for _ in range(12)],
    )
    for time in rng.uniform(0, incident.length_s, int(90 * incident.length_s)).tolist():
        put(sound, claps[int(rng.integers(len(claps)))], time, rate, float(rng.uniform(0.2, 1.0)))
    return cast(Sound, sound * swell(len(sound), 0.15, 0.25))


def _music(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    sound = band(rng, incident.length_s, rate, tempo)
    return cast(Sound, sound * swell(len(sound), 0.05, 0.1))


def _drums(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    return drum_kit(rng, incident.length_s, rate, tempo * 1.1)


def _slam(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    """One or two doors: a thud and a rattle, as loud as a shot but alone."""
    sound, at = silence(incident.length_s, rate), 0.3
    for _ in range(int(rng.integers(1, 3))):
        thud = strike(rng, rate, 0.5, 40, 900, 0.06)
        put(sound, thud, at, rate)
        for rattle in range(3):
            put(sound, strike(rng, rate, 0.05, 500, 3000, 0.012), at + 0.07 + 0.06 * rattle, rate, 0.2)
        at += float(rng.uniform(0.9, 1.5))
    return sound


def _horn(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    """Two steady tones, held: no glide and no vibrato."""
    sound, at, base = silence(incident.length_s, rate), 0.2, float(rng.uniform(340, 420))
    while at < incident.length_s - 0.4:
        count = round(float(rng.uniform(0.3, 0.9)) * rate)
        for interval in (1.0, 1.26):
            pitch = np.full(count, base * interval, dtype=np.float32)
            put(sound, harmonics(pitch, rate, (1.0, 0.7, 0.6, 0.4, 0.3)) * swell(count, 0.04, 0.06), at, rate)
        at += count / rate + float(rng.uniform(0.2, 0.8))
    return sound


def _hammer(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    """Evenly spaced knocks that ring a little; each falls when the arm does."""
    sound, period = silence(incident.length_s, rate), 1.0 / knock_hz(incident)
    pitches, at = rng.uniform(350, 1400, 3).tolist(), 1.0 / knock_hz(incident)
    while at < incident.length_s - 0.1:
        put(sound, strike(rng, rate, 0.12, 200, 3500, 0.012), at, rate, float(rng.uniform(0.5, 0.7)))
        put(sound, ring(rate, 0.2, pitches, 0.04), at, rate, 0.5)
        at += period
    return sound


def _thunder(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    sound = silence(incident.length_s, rate)
    for flash in single_flash_times(incident):
        count = round(1.6 * rate)
        put(
            sound,
            band_noise(rng, count, rate, 30, 240, 1.0) * swell(count, 0.3, 0.6),
            flash - incident.start_s + 0.6,
            rate,
        )
    return sound


def _shutter(rng: np.random.Generator, incident: Incident, rate: int, tempo: float) -> Sound:
    sound = silence(incident.length_s, rate)
    for flash in single_flash_times(incident):
        put(sound, strike(rng, rate, 0.04, 1500, 6000, 0.008), flash - incident.start_s, rate)
    return sound


MAKERS: dict[str, Maker] = {
    "gunfire": _gunfire,
    "physical-fight": _fight,
    "distress-sound": lambda rng, incident, rate, tempo: distress(rng, incident.length_s, rate),
    "applause": _applause,
    "loud_music": _music,
    "dancing": _music,
    "drums": _drums,
    "door_slam": _slam,
    "car_horn": _horn,
    "hammering": _hammer,
    "singing": lambda rng, incident, rate, tempo: singing(rng, incident.length_s, rate),
    "cheering": lambda rng, incident, rate, tempo: cheering(rng, incident.length_s, rate),
    "lightning": _thunder,
    "camera_flash": _shutter,
}
