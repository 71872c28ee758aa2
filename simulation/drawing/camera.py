"""How the camera moves: the shot's own way of filming, plus what the incidents do to it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simulation.drawing.view import WORLD_HEIGHT, View, Wobble
from simulation.story import FilmSettings, Incident, Shot

SHAKE = {"still": 0.0015, "handheld": 0.012, "zoom": 0.003, "pan": 0.003}
JITTER = {"physical-fight": 0.03, "gunfire": 0.012}  # added while it lasts, in frame heights


class Camera:
    """A shot's camera; `at` gives the view at a film time."""

    def __init__(
        self, shot: Shot, incidents: Sequence[Incident], settings: FilmSettings, world_width: float
    ) -> None:
        rng = np.random.default_rng([shot.seed, 3])
        self._shot, self._settings, self._world = shot, settings, world_width
        self._incidents = [i for i in incidents if i.kind in JITTER or i.kind == "fast_pan"]
        self._zooms = (
            sorted(rng.uniform(1.0, 1.22, 2).tolist())
            if shot.camera == "zoom"
            else [float(rng.uniform(1.0, 1.06))] * 2
        )
        aspect = settings.width / settings.height
        middle, room = world_width / 2, (world_width - aspect) / 2
        swing = float(rng.choice([-0.7, 0.7])) if shot.camera == "pan" else 0.0
        drift = 0.0 if swing else float(rng.uniform(-0.3, 0.3))
        self._path = (middle + (drift - swing) * room, middle + (drift + swing) * room)
        self._sway, self._jitter = Wobble(rng, 1.3, 2), Wobble(rng, 7.0, 2)

    @property
    def focus(self) -> float:
        """Where the shot looks halfway through: incidents are staged there."""
        return sum(self._path) / 2

    def at(self, t: float) -> View:
        """The view at film time `t`, kept inside the painted world."""
        share = (t - self._shot.start_s) / max(0.1, self._shot.end_s - self._shot.start_s)
        ease = share * share * (3 - 2 * share)
        sway, jitter = self._sway.at(t), self._jitter.at(t)
        amount = SHAKE[self._shot.camera] * self._settings.shake
        hit = sum(JITTER.get(i.kind, 0.0) for i in self._incidents if i.start_s <= t < i.end_s)
        x = (
            self._path[0]
            + (self._path[1] - self._path[0]) * ease
            + amount * sway[0]
            + hit * jitter[0]
            + self._sweep(t)
        )
        y = 0.6 + amount * 0.7 * sway[1] + hit * 0.7 * jitter[1]
        return self._inside(x, y, self._zooms[0] + (self._zooms[1] - self._zooms[0]) * ease)

    def _sweep(self, t: float) -> float:
        """A fast pan: whipped from side to side about once every one and a half seconds."""
        for incident in self._incidents:
            if incident.kind == "fast_pan" and incident.start_s <= t < incident.end_s:
                room = (self._world - self._settings.width / self._settings.height) / 2
                return 0.95 * room * math.sin(2 * math.pi * 0.62 * (t - incident.start_s))
        return 0.0

    def _inside(self, x: float, y: float, zoom: float) -> View:
        half_width = self._settings.width / self._settings.height / 2 / zoom
        half_height = 0.5 / zoom
        x = min(max(x, half_width), self._world - half_width)
        y = min(max(y, half_height), WORLD_HEIGHT - half_height)
        return View(x, y, self._settings.height * zoom, self._settings.width, self._settings.height)
