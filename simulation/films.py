"""Films with known violations: plan some, render one. This is the door that other rooms use."""

from __future__ import annotations

from pathlib import Path

from simulation.drawing.pictures import film_frames
from simulation.encode import write_film
from simulation.planning import plan_films
from simulation.sound.mix import film_sound
from simulation.story import (
    DEFAULT,
    OTHER_SETTINGS,
    Event,
    FilmPlan,
    FilmSettings,
    NearMiss,
    Shot,
    truth_from_dict,
    truth_to_dict,
)

__all__ = [
    "DEFAULT",
    "OTHER_SETTINGS",
    "Event",
    "FilmPlan",
    "FilmSettings",
    "NearMiss",
    "Shot",
    "plan_films",
    "render_film",
    "truth_from_dict",
    "truth_to_dict",
]


def render_film(plan: FilmPlan, path: str | Path, *, settings: FilmSettings = DEFAULT) -> None:
    """Write the film as H.264/AAC MP4; the same plan and settings give the same bytes on the same machine."""
    write_film(Path(path), film_frames(plan, settings), film_sound(plan, settings), settings, plan.seed)
