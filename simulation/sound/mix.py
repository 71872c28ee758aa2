"""The film's sound track: each shot's ambience, the incidents on top, one gain for the whole film."""

from __future__ import annotations

from typing import cast

import numpy as np

from simulation.rhythm import beat_hz
from simulation.sound.ambience import AMBIENCES
from simulation.sound.incidents import incident_sound
from simulation.sound.tones import Sound, put, silence
from simulation.story import FilmPlan, FilmSettings

FADE_S = 0.05
DUCK = 0.5
# Only music takes the place over; a duck under every incident would give it away by its silence.
DUCKING = ("loud_music", "dancing", "drums", "singing")


def film_sound(plan: FilmPlan, settings: FilmSettings) -> Sound:
    """The whole track, mono, within [-1, 1]."""
    rate, rng = settings.sample_rate, np.random.default_rng([plan.seed, 5])
    gain = float(rng.uniform(*settings.loudness))
    background = _background(plan, settings) * np.float32(settings.ambience * float(rng.uniform(0.8, 1.5)))
    for incident in plan.incidents():
        sound = incident_sound(incident, rate, beat_hz(plan))
        if sound is not None:
            if incident.kind in DUCKING:
                start = round(incident.start_s * rate)
                background[start : start + len(sound)] *= np.float32(DUCK)
            put(background, sound, incident.start_s, rate)
    return cast(Sound, np.tanh(background * np.float32(1.1)) * np.float32(gain))


def _background(plan: FilmPlan, settings: FilmSettings) -> Sound:
    """One ambience a shot, faded at the cuts so that they do not click."""
    rate = settings.sample_rate
    track = silence(plan.duration_s, rate)
    for shot in plan.shots:
        rng = np.random.default_rng([shot.seed, 6])
        sound = AMBIENCES[shot.scene](rng, shot.end_s - shot.start_s, rate, beat_hz(plan)).astype(np.float32)
        edge = min(round(FADE_S * rate), len(sound) // 2)
        sound[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
        sound[len(sound) - edge :] *= np.linspace(1, 0, edge, dtype=np.float32)
        put(track, sound, shot.start_s, rate)
    return track
