"""Painting the places outdoors, once a shot, wider than the frame so that the camera can move over them."""

from __future__ import annotations

import numpy as np

from simulation.drawing.light import Light, add_texture, paint_gradient
from simulation.drawing.view import Colour, Picture, View, any_colour, disc, glow, line, lit, shape


def _band(picture: Picture, view: View, top: float, bottom: float) -> Picture:
    """The rows of the canvas between two heights, as a view into it."""
    return picture[round(top * view.scale) : round(bottom * view.scale)]


def _width(view: View) -> float:
    return view.width / view.scale


def box(picture: Picture, view: View, x: float, y: float, w: float, h: float, colour: Colour) -> None:
    """A filled upright rectangle."""
    shape(picture, view, [(x, y), (x + w, y), (x + w, y + h), (x, y + h)], colour)


def _clouds(picture: Picture, view: View, rng: np.random.Generator, light: Light) -> None:
    tone = tuple(0.5 * c + 0.5 * (90 if light.lamps else 245) for c in light.sky[1])
    for _ in range(5):
        x, y = rng.uniform(0, _width(view)), rng.uniform(0.05, 0.3)
        for part in range(6):
            disc(picture, view, (x + 0.05 * part, y + rng.uniform(-0.012, 0.012)), rng.uniform(0.015, 0.04),
                 (tone[0], tone[1], tone[2]))  # fmt: skip


def _sky(picture: Picture, view: View, rng: np.random.Generator, light: Light, horizon: float) -> None:
    paint_gradient(_band(picture, view, 0.0, horizon), *light.sky)
    if light.lamps:
        for _ in range(50):
            at = (rng.uniform(0, _width(view)), rng.uniform(0, 0.3))
            disc(picture, view, at, 0.0022, (170, 180, 180))
    _clouds(picture, view, rng, light)


def _house(
    picture: Picture, view: View, rng: np.random.Generator, light: Light, x: float, w: float, top: float
) -> None:
    base = lit(any_colour(rng, 90, 190), light.outdoors)
    box(picture, view, x, top, w, 0.72 - top, base)
    box(picture, view, x, top, w, 0.018, (base[0] * 0.7, base[1] * 0.7, base[2] * 0.7))
    columns = max(2, int(w / 0.09))
    for row in range(int((0.62 - top) / 0.105)):
        for column in range(columns):
            bright = rng.random() < (0.5 if light.lamps else 0.08)
            pane: Colour = (110, 200, 250) if bright else lit((95, 80, 65), light.outdoors)
            wx, wy = x + (column + 0.28) * w / columns, top + 0.045 + row * 0.105
            box(picture, view, wx, wy, 0.48 * w / columns, 0.062, pane)
            line(
                picture,
                view,
                (wx, wy + 0.066),
                (wx + 0.48 * w / columns, wy + 0.066),
                (base[0] * 0.6, base[1] * 0.6, base[2] * 0.6),
                0.006,
            )
    box(picture, view, x + w * 0.42, 0.63, 0.05, 0.09, lit((40, 50, 70), light.outdoors))


def paint_street(picture: Picture, view: View, rng: np.random.Generator, light: Light) -> None:
    """Houses, a pavement, a road with its dashes, and street lamps."""
    _sky(picture, view, rng, light, 0.72)
    x = -0.1
    while x < _width(view):
        w = rng.uniform(0.25, 0.5)
        _house(picture, view, rng, light, x, w, rng.uniform(0.12, 0.4))
        x += w
    paint_gradient(
        _band(picture, view, 0.72, 0.83),
        lit((135, 140, 142), light.outdoors),
        lit((165, 168, 170), light.outdoors),
    )
    paint_gradient(
        _band(picture, view, 0.83, 1.2),
        lit((80, 78, 76), light.outdoors),
        lit((105, 102, 100), light.outdoors),
    )
    box(picture, view, 0, 0.826, _width(view), 0.01, lit((195, 198, 200), light.outdoors))
    for i in range(int(_width(view) / 0.3) + 1):
        box(picture, view, i * 0.3, 0.985, 0.16, 0.012, lit((210, 220, 225), light.outdoors))
    add_texture(_band(picture, view, 0.72, 1.2), rng, 6.0, 3)
    for i in range(int(_width(view) / 0.9) + 1):
        _street_lamp(picture, view, 0.35 + i * 0.9, light)


def _street_lamp(picture: Picture, view: View, x: float, light: Light) -> None:
    line(picture, view, (x, 0.8), (x, 0.28), (45, 45, 45), 0.012)
    line(picture, view, (x, 0.28), (x + 0.07, 0.265), (45, 45, 45), 0.01)
    disc(picture, view, (x + 0.08, 0.272), 0.016, (190, 235, 255) if light.lamps else (150, 150, 150))
    if light.lamps:
        glow(picture, view, (x + 0.08, 0.28), 0.22, (90, 150, 190), 0.8)
        glow(picture, view, (x + 0.08, 0.8), 0.3, (40, 80, 100), 0.8)


def _tree(
    picture: Picture, view: View, rng: np.random.Generator, light: Light, x: float, foot: float, tall: float
) -> None:
    line(picture, view, (x, foot), (x, foot - 0.5 * tall), lit((45, 65, 90), light.outdoors), 0.055 * tall)
    green = rng.uniform(0.7, 1.1)
    for layer in range(26):
        shade = green * (0.62 + 0.02 * layer)
        at = (x + rng.normal(0, 0.15) * tall, foot - tall * (0.72 + rng.normal(0, 0.11)))
        disc(
            picture,
            view,
            at,
            tall * rng.uniform(0.06, 0.13),
            lit((45 * shade, 120 * shade, 70 * shade), light.outdoors),
        )


def paint_park(picture: Picture, view: View, rng: np.random.Generator, light: Light) -> None:
    """Hills, two rows of trees, a lawn, a path and a bench."""
    _sky(picture, view, rng, light, 0.62)
    hills = [
        (x, 0.5 + 0.05 * float(np.sin(3 * x + rng.uniform(0, 0.3))))
        for x in np.linspace(-0.1, _width(view) + 0.1, 24)
    ]
    shape(
        picture, view, [(-0.2, 0.7), *hills, (_width(view) + 0.2, 0.7)], lit((110, 140, 100), light.outdoors)
    )
    paint_gradient(
        _band(picture, view, 0.6, 1.2), lit((75, 150, 95), light.outdoors), lit((50, 115, 75), light.outdoors)
    )
    add_texture(_band(picture, view, 0.6, 1.2), rng, 9.0, 2)
    for x in np.arange(0.05, _width(view), 0.28):
        _tree(picture, view, rng, light, x + rng.uniform(-0.1, 0.1), 0.66, rng.uniform(0.28, 0.42))
    path = lit((150, 185, 200), light.outdoors)
    shape(
        picture,
        view,
        [(-0.1, 0.86), (_width(view) + 0.1, 0.78), (_width(view) + 0.1, 0.86), (-0.1, 0.99)],
        path,
    )
    for x in np.arange(0.5, _width(view), 1.1):
        _tree(picture, view, rng, light, x + rng.uniform(-0.2, 0.2), 0.76, rng.uniform(0.5, 0.65))
    _bench(picture, view, rng.uniform(0.6, 1.2), 0.78, lit((50, 80, 120), light.outdoors))


def _bench(picture: Picture, view: View, x: float, y: float, wood: Colour) -> None:
    for dy in (-0.1, -0.075, -0.045):
        box(picture, view, x, y + dy, 0.24, 0.016, wood)
    for dx in (0.02, 0.21):
        line(picture, view, (x + dx, y - 0.1), (x + dx, y), (40, 40, 40), 0.01)


def paint_coast(picture: Picture, view: View, rng: np.random.Generator, light: Light) -> None:
    """A low sun over the sea, a headland, and a beach to stand on."""
    _sky(picture, view, rng, light, 0.48)
    sun = rng.uniform(0.6, _width(view) - 0.6)
    disc(picture, view, (sun, 0.34), 0.045, (200, 235, 255))
    glow(picture, view, (sun, 0.34), 0.3, (60, 90, 110), 0.9)
    land = [
        (x, 0.48 - max(0.0, 0.11 - 0.09 * abs(x - 0.3)) - rng.uniform(0, 0.012))
        for x in np.linspace(-0.1, 1.6, 30)
    ]
    shape(picture, view, [(-0.1, 0.5), *land, (1.6, 0.485)], lit((110, 105, 80), light.outdoors))
    paint_gradient(
        _band(picture, view, 0.48, 0.78),
        lit((175, 140, 70), light.outdoors),
        lit((150, 150, 60), light.outdoors),
    )
    for _ in range(140):
        y = rng.uniform(0.49, 0.76)
        x, w = rng.uniform(0, _width(view)), rng.uniform(0.02, 0.12) * (y - 0.4) * 4
        line(picture, view, (x, y), (x + w, y), lit((215, 200, 150), light.outdoors), 0.003)
    paint_gradient(
        _band(picture, view, 0.78, 1.2),
        lit((150, 190, 210), light.outdoors),
        lit((125, 170, 195), light.outdoors),
    )
    add_texture(_band(picture, view, 0.78, 1.2), rng, 7.0, 3)


def paint_pitch(picture: Picture, view: View, rng: np.random.Generator, light: Light) -> None:
    """A stand full of people, hoardings, mown stripes and a goal."""
    _sky(picture, view, rng, light, 0.3)
    box(picture, view, 0, 0.22, _width(view), 0.36, lit((105, 95, 95), light.outdoors))
    for row in range(9):
        for x in np.arange(0, _width(view), 0.034):
            if rng.random() < 0.8:
                shirt = lit(any_colour(rng, 60, 230), light.outdoors)
                y = 0.27 + 0.034 * row
                disc(picture, view, (x + rng.uniform(-0.006, 0.006), y), 0.013, shirt)
                disc(picture, view, (x, y - 0.017), 0.008, lit((110, 150, 200), light.outdoors))
    for i in range(int(_width(view) / 0.45) + 1):
        colour = lit(any_colour(rng, 60, 220), light.outdoors)
        box(picture, view, i * 0.45, 0.57, 0.44, 0.06, colour)
    for i in range(7):
        top = 0.63 + 0.012 * i * (i + 1)
        green: Colour = (70, 150, 80) if i % 2 else (60, 132, 70)
        box(picture, view, 0, top, _width(view), 0.6, lit(green, light.outdoors))
    add_texture(_band(picture, view, 0.63, 1.2), rng, 5.0, 2)
    goal = _width(view) - 0.75
    for a, b in (
        ((goal, 0.44), (goal, 0.7)),
        ((goal + 0.5, 0.44), (goal + 0.5, 0.7)),
        ((goal, 0.44), (goal + 0.5, 0.44)),
    ):
        line(picture, view, a, b, (235, 235, 235), 0.012)
    line(picture, view, (0, 0.7), (_width(view), 0.7), (215, 225, 220), 0.008)
