"""What lives in a place without anything happening: passers-by, cars, boats, spectators, stage light."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np

from simulation.drawing.figures import Pose, draw_look, person, talking, turned, walking
from simulation.drawing.light import Light
from simulation.drawing.view import (
    Actor,
    Colour,
    Picture,
    View,
    Wobble,
    any_colour,
    disc,
    glow,
    line,
    lit,
    shape,
)

ALWAYS = (-1e9, 1e9)
Extras = Callable[[np.random.Generator, Light, float, float], list[Actor]]  # rng, light, world width, speed


def walker(
    rng: np.random.Generator, light: Colour, width: float, speed: float, ground: float, height: float
) -> Actor:
    """Somebody crossing the picture and coming back round."""
    look = draw_look(rng, light)
    facing = 1 if rng.random() < 0.5 else -1
    pace = float(rng.uniform(0.07, 0.13)) * speed * height / 0.35
    start, span = float(rng.uniform(0, width)), width + 0.4
    stride = 2 * math.pi / (0.62 * height)

    def place(t: float) -> tuple[float, Pose]:
        gone = pace * t
        x = (start + facing * gone) % span - 0.2
        return x, walking(gone * stride * 0.8, facing)

    return person(look, place, ground, height, ALWAYS)


def runner(
    rng: np.random.Generator, light: Colour, width: float, speed: float, ground: float, height: float
) -> Actor:
    """Somebody running to and fro, as in a game."""
    look = draw_look(rng, light)
    wander = Wobble(rng, 0.28 * speed, 1)
    home = float(rng.uniform(0.3, width - 0.3))

    def place(t: float) -> tuple[float, Pose]:
        x, ahead = (home + 0.5 * wander.at(t + dt)[0] for dt in (0.0, 0.1))
        pace = abs(ahead - x) * 10
        facing = 1 if ahead >= x else -1
        return x, walking(t * 9.0 * speed, facing, reach=min(0.85, 0.12 + 1.6 * pace))

    return person(look, place, ground, height, ALWAYS)


def talker(
    rng: np.random.Generator, light: Colour, x: float, ground: float, height: float, facing: int
) -> Actor:
    """Somebody standing and talking with the hands."""
    look, wobble = draw_look(rng, light), Wobble(rng, 1.4, 4)
    return person(look, lambda t: (x, turned(talking(wobble, t, facing), facing)), ground, height, ALWAYS)


def _walkers(
    rng: np.random.Generator,
    light: Colour,
    width: float,
    speed: float,
    top: float,
    bottom: float,
    tall: float,
) -> list[Actor]:
    feet = sorted(float(rng.uniform(top, bottom)) for _ in range(int(rng.integers(2, 5))))
    return [
        walker(rng, light, width, speed, y, tall * (0.75 + 0.5 * (y - top) / max(0.01, bottom - top)))
        for y in feet
    ]


def car(
    rng: np.random.Generator, light: Light, width: float, speed: float, ground: float, facing: int
) -> Actor:
    """A car on its lane, passing again and again with a gap."""
    paint = lit(any_colour(rng, 40, 220), light.outdoors)
    pace, gap, start = (
        float(rng.uniform(0.4, 0.7)) * speed,
        float(rng.uniform(1.0, 2.5)),
        float(rng.uniform(0, 3)),
    )
    long = 0.5 if ground < 0.95 else 0.62

    def draw(picture: Picture, view: View, t: float) -> None:
        x = (start + facing * pace * t) % (width + gap) - gap / 2
        if abs(x - view.cx) < 1.8:
            _draw_car(picture, view, x, ground, long, facing, paint, light.lamps)

    return Actor(ground, draw)


def _draw_car(
    picture: Picture,
    view: View,
    x: float,
    ground: float,
    long: float,
    facing: int,
    paint: Colour,
    lamps: bool,
) -> None:
    def at(dx: float, dy: float) -> tuple[float, float]:
        return x + facing * dx * long, ground - dy * long

    shape(
        picture, view, [at(-0.5, 0.08), at(0.5, 0.08), at(0.5, 0.2), at(0.33, 0.24), at(-0.47, 0.25)], paint
    )
    shape(
        picture,
        view,
        [at(-0.36, 0.24), at(-0.26, 0.39), at(0.1, 0.39), at(0.25, 0.23)],
        (paint[0] * 0.8, paint[1] * 0.8, paint[2] * 0.8),
    )
    shape(picture, view, [at(-0.3, 0.25), at(-0.23, 0.36), at(-0.08, 0.36), at(-0.08, 0.25)], (120, 105, 85))
    shape(picture, view, [at(-0.05, 0.25), at(-0.05, 0.36), at(0.08, 0.36), at(0.19, 0.25)], (120, 105, 85))
    for wheel in (-0.3, 0.3):
        disc(picture, view, at(wheel, 0.085), 0.085 * long, (25, 25, 25))
        disc(picture, view, at(wheel, 0.085), 0.04 * long, (140, 140, 140))
    if lamps:
        glow(picture, view, at(0.52, 0.17), 0.14, (140, 200, 220), 0.9)
        glow(picture, view, at(-0.5, 0.18), 0.07, (30, 30, 200), 0.9)


def street_life(rng: np.random.Generator, light: Light, width: float, speed: float) -> list[Actor]:
    """Two lanes of cars and people on the pavement."""
    people = _walkers(rng, light.outdoors, width, speed, 0.76, 0.81, 0.3)
    lanes = [car(rng, light, width, speed, 0.93, -1), car(rng, light, width, speed, 1.07, 1)]
    return people + lanes


def park_life(rng: np.random.Generator, light: Light, width: float, speed: float) -> list[Actor]:
    """People on the path, one of them running."""
    return [
        *_walkers(rng, light.outdoors, width, speed, 0.82, 0.93, 0.34),
        runner(rng, light.outdoors, width, speed, 0.84, 0.3),
    ]


def room_life(rng: np.random.Generator, light: Light, width: float, speed: float) -> list[Actor]:
    """Two or three people in conversation."""
    middle = width / 2 + float(rng.uniform(-0.3, 0.3))
    spots = [(-0.42, 1), (0.38, -1), (0.75, -1)][: int(rng.integers(2, 4))]
    return [
        talker(rng, light.indoors, middle + dx, 0.93 + float(rng.uniform(0, 0.08)), 0.55, facing)
        for dx, facing in spots
    ]


def coast_life(rng: np.random.Generator, light: Light, width: float, speed: float) -> list[Actor]:
    """Waves, a boat, gulls and strollers on the sand."""
    start, pace = float(rng.uniform(0, width)), float(rng.uniform(0.015, 0.04)) * speed
    foam, gulls = lit((245, 240, 225), light.outdoors), Wobble(rng, 0.4, 8)

    def waves(picture: Picture, view: View, t: float) -> None:
        for i in range(5):
            y = 0.56 + 0.05 * i + 0.012 * math.sin(0.9 * t + 1.7 * i)
            points = [
                (x, y + 0.006 * math.sin(9 * x + 1.3 * t + i))
                for x in np.arange(view.cx - 1.1, view.cx + 1.1, 0.11)
            ]
            for a, b in pairwise(points):
                line(picture, view, a, b, foam, 0.003 + 0.001 * i)

    def boat(picture: Picture, view: View, t: float) -> None:
        x, y = (start + pace * t) % (width + 0.4) - 0.2, 0.5 + 0.004 * math.sin(1.5 * t)
        shape(
            picture,
            view,
            [(x - 0.08, y), (x + 0.09, y), (x + 0.06, y + 0.03), (x - 0.06, y + 0.03)],
            (60, 50, 140),
        )
        shape(picture, view, [(x, y - 0.16), (x, y - 0.01), (x + 0.08, y - 0.01)], (235, 235, 235))

    def birds(picture: Picture, view: View, t: float) -> None:
        where = gulls.at(t)
        for i in range(3):
            x, y = view.cx + 0.6 * where[i], 0.2 + 0.08 * where[i + 3]
            flap = 0.018 * math.sin(9 * t + i)
            line(picture, view, (x - 0.03, y - flap), (x, y), (235, 235, 240), 0.005)
            line(picture, view, (x, y), (x + 0.03, y - flap), (235, 235, 240), 0.005)

    strollers = _walkers(rng, light.outdoors, width, speed, 0.84, 0.95, 0.36)
    return [Actor(0.1, birds), Actor(0.5, boat), Actor(0.55, waves), *strollers]


def pitch_life(rng: np.random.Generator, light: Light, width: float, speed: float) -> list[Actor]:
    """Players running after a ball."""
    feet = sorted(float(rng.uniform(0.76, 1.02)) for _ in range(5))
    players = [runner(rng, light.outdoors, width, speed, y, 0.26 + 0.5 * (y - 0.76)) for y in feet]
    roll, bounce = Wobble(rng, 0.45 * speed, 1), float(rng.uniform(1.5, 2.5))

    def ball(picture: Picture, view: View, t: float) -> None:
        x = width / 2 + 0.75 * roll.at(t)[0]
        y = 0.9 - 0.14 * abs(math.sin(bounce * t)) * (0.5 + 0.5 * math.sin(0.7 * t))
        disc(picture, view, (x, y), 0.017, lit((240, 240, 240), light.outdoors))

    return [*players, Actor(0.9, ball)]


def stage_life(rng: np.random.Generator, light: Light, width: float, speed: float) -> list[Actor]:
    """Slow beams, a singer and a player, and heads of the audience in front."""
    hues = [any_colour(rng, 10, 75) for _ in range(4)]
    sweep = Wobble(rng, 0.35, 4)

    def beams(picture: Picture, view: View, t: float) -> None:
        aims = sweep.at(t)
        layer = np.zeros_like(picture[::4, ::4])
        small = View(view.cx, view.cy, view.scale / 4, layer.shape[1], layer.shape[0])
        for i, hue in enumerate(hues):
            x = width * (i + 0.5) / 4
            foot = x + 0.45 * aims[i]
            cone = np.zeros_like(layer)
            shape(
                cone, small, [(x - 0.01, 0.14), (x + 0.01, 0.14), (foot + 0.15, 0.9), (foot - 0.15, 0.9)], hue
            )
            layer = layer + cone
        _add_enlarged(picture, layer)

    def crowd(picture: Picture, view: View, t: float) -> None:
        for i in range(int(width / 0.13) + 2):
            bob = 0.012 * math.sin(2 * math.pi * 0.9 * t + 1.9 * i)
            x, y = 0.13 * i * 1.15 - (view.cx - width / 2) * 0.3, 1.04 + 0.03 * math.sin(7.0 * i) + bob
            disc(picture, view, (x, y), 0.05, (14, 11, 12))
            line(picture, view, (x, y + 0.12), (x, y + 0.2), (14, 11, 12), 0.15)

    singer = talker(rng, light.indoors, width / 2 - 0.25, 0.84, 0.4, 1)
    player = talker(rng, light.indoors, width / 2 + 0.3, 0.85, 0.4, -1)
    return [Actor(0.2, beams), singer, player, Actor(1.2, crowd)]


def _add_enlarged(picture: Picture, layer: Picture) -> None:
    soft = cv2.resize(layer, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
    cv2.add(picture, soft, dst=picture)


def station_life(rng: np.random.Generator, light: Light, width: float, speed: float) -> list[Actor]:
    """A train that comes through, and people waiting or walking along the platform."""
    paint, start = lit(any_colour(rng, 60, 200), light.indoors), float(rng.uniform(0, 6))

    def train(picture: Picture, view: View, t: float) -> None:
        x = ((start + 0.55 * speed * t) % 7.0) - 3.2
        shape(
            picture, view, [(x, 0.32), (x + 2.6, 0.32), (x + 2.66, 0.45), (x + 2.66, 0.64), (x, 0.64)], paint
        )
        for i in range(8):
            left = x + 0.08 + 0.32 * i
            pane = (150, 215, 235) if light.lamps else (150, 140, 120)
            shape(picture, view, [(left, 0.38), (left + 0.22, 0.38), (left + 0.22, 0.5), (left, 0.5)], pane)

    people = _walkers(rng, light.indoors, width, speed, 0.8, 0.98, 0.38)
    waiting = talker(rng, light.indoors, width / 2 + float(rng.uniform(-0.6, 0.6)), 0.79, 0.36, 1)
    return [Actor(0.3, train), waiting, *people]


def workshop_life(rng: np.random.Generator, light: Light, width: float, speed: float) -> list[Actor]:
    """Somebody at the bench and a colleague passing."""
    middle = width / 2
    at_bench = talker(rng, light.indoors, middle + float(rng.uniform(-0.5, -0.2)), 0.86, 0.5, -1)
    return [at_bench, walker(rng, light.indoors, width, 0.8 * speed, 0.97, 0.55)]


LIFE: dict[str, Extras] = {
    "street": street_life, "park": park_life, "room": room_life, "stage": stage_life,
    "coast": coast_life, "pitch": pitch_life, "station": station_life, "workshop": workshop_life,
}  # fmt: skip
