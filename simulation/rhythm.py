"""When things happen inside an incident: one answer for picture and sound, so that flash and bang agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.story import FilmPlan, Incident


def shots_fired(incident: Incident) -> list[float]:
    """Film times of a gun's shots: bursts of two to six, short pauses between; the first at once."""
    rng = np.random.default_rng([*incident.seed, 11])
    times, clock = [], incident.start_s + 0.02
    while clock < incident.end_s - 0.15:
        rate = float(rng.uniform(4.0, 8.0))
        for _ in range(int(rng.integers(2, 7))):
            if clock < incident.end_s - 0.15:
                times.append(round(clock, 3))
            clock += float(rng.uniform(0.85, 1.15)) / rate
        clock += float(rng.uniform(0.2, 0.7))
    return times


def beat_hz(plan: FilmPlan) -> float:
    """The tempo of a film's music and dancing, in beats a second."""
    return float(np.random.default_rng([plan.seed, 12]).uniform(1.5, 2.1))


def knock_hz(incident: Incident) -> float:
    """Hammer blows a second: steady, unlike gunfire."""
    return float(np.random.default_rng([*incident.seed, 13]).uniform(1.6, 2.6))


def single_flash_times(incident: Incident) -> list[float]:
    """A camera flashes once; lightning once or twice, over half a second apart."""
    rng = np.random.default_rng([*incident.seed, 14])
    first = incident.start_s + float(rng.uniform(0.3, 0.8))
    twice = incident.kind == "lightning" and rng.random() < 0.5
    return [first, first + float(rng.uniform(0.6, 0.9))] if twice else [first]


@dataclass(frozen=True)
class Strobe:
    """A flashing light: how fast, which colour, how strong; its area in shares of the frame (x, y, w, h)."""

    rate_hz: float
    red: bool
    strength: float
    area: tuple[float, float, float, float]

    def on(self, since_start_s: float) -> bool:
        """Whether the light half of the cycle is showing."""
        return int(np.floor(2.0 * self.rate_hz * since_start_s + 1e-6)) % 2 == 0


def strobe_of(incident: Incident) -> Strobe:
    """Five to nine flashes a second; a third saturated red; a third on part of the frame."""
    rng = np.random.default_rng([*incident.seed, 15])
    part = (float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.05, 0.2)), 0.65, 0.75)
    area = part if rng.random() < 0.35 else (0.0, 0.0, 1.0, 1.0)
    return Strobe(float(rng.uniform(4.5, 9.0)), bool(rng.random() < 0.33), float(rng.uniform(0.6, 0.9)), area)


def sway_hz(incident: Incident) -> float:
    """Slowly changing lights: well under two changes a second."""
    return float(np.random.default_rng([*incident.seed, 16]).uniform(0.35, 0.8))
