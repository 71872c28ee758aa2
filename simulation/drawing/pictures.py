"""From a plan to frames: world, camera, actors by depth, then what incidents do to the frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from simulation.drawing.camera import Camera
from simulation.drawing.extras import LIFE
from simulation.drawing.incidents import Effect, actors_for, effect_for
from simulation.drawing.interiors import paint_room, paint_stage, paint_station, paint_workshop
from simulation.drawing.light import LIGHTS, Light
from simulation.drawing.places import paint_coast, paint_park, paint_pitch, paint_street
from simulation.drawing.view import WORLD_HEIGHT, Actor, Picture, View
from simulation.rhythm import beat_hz
from simulation.story import FilmPlan, FilmSettings, Incident, Shot

Painter = Callable[[Picture, View, np.random.Generator, Light], None]
PAINTERS: dict[str, Painter] = {
    "street": paint_street, "park": paint_park, "room": paint_room, "stage": paint_stage,
    "coast": paint_coast, "pitch": paint_pitch, "station": paint_station, "workshop": paint_workshop,
}  # fmt: skip
INDOORS = ("room", "stage", "station", "workshop")


def film_frames(plan: FilmPlan, settings: FilmSettings) -> Iterator[Picture]:
    """Every frame of a film, BGR, in order; memory holds one shot's world."""
    incidents = plan.incidents()
    total = round(plan.duration_s * settings.fps)
    drawn = 0
    for shot in plan.shots:
        until = total if shot is plan.shots[-1] else round(shot.end_s * settings.fps)
        inside = [i for i in incidents if i.start_s < shot.end_s and i.end_s > shot.start_s]
        render = _shot_renderer(plan, shot, inside, settings)
        for number in range(drawn, until):
            yield render(number / settings.fps)
        drawn = until


def _shot_renderer(
    plan: FilmPlan, shot: Shot, incidents: list[Incident], settings: FilmSettings
) -> Callable[[float], Picture]:
    width = settings.width / settings.height + 1.0
    rng, light = np.random.default_rng([shot.seed, 4]), LIGHTS[shot.palette]
    world = paint_world(shot.scene, light, rng, width, settings.height)
    camera = Camera(shot, incidents, settings, width)
    actors = LIFE[shot.scene](rng, light, width, settings.speed)
    tint = light.indoors if shot.scene in INDOORS else light.outdoors
    for incident in incidents:
        actors += actors_for(incident, camera.focus, tint, beat_hz(plan))
    actors.sort(key=lambda actor: actor.depth)
    effects = [(i, effect) for i in incidents if (effect := effect_for(i)) is not None]
    return lambda t: _frame(world, camera.at(t), actors, effects, t, settings)


def paint_world(scene: str, light: Light, rng: np.random.Generator, width: float, unit: int) -> Picture:
    """The still part of a shot at `unit` pixels a unit."""
    world: Picture = np.zeros((round(WORLD_HEIGHT * unit), round(width * unit), 3), dtype=np.uint8)
    whole = View(width / 2, WORLD_HEIGHT / 2, unit, world.shape[1], world.shape[0])
    PAINTERS[scene](world, whole, rng, light)
    return world


def _frame(
    world: Picture,
    view: View,
    actors: list[Actor],
    effects: list[tuple[Incident, Effect]],
    t: float,
    settings: FilmSettings,
) -> Picture:
    picture = view.photograph(world, settings.height)
    for actor in actors:
        if actor.during[0] <= t < actor.during[1]:
            actor.draw(picture, view, t)
    for incident, effect in effects:
        if incident.start_s <= t < incident.end_s:
            effect(picture, t)
    return picture
