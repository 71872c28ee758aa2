"""Painting the places indoors."""

from __future__ import annotations

import numpy as np

from simulation.drawing.light import Light, add_texture, paint_gradient
from simulation.drawing.places import box
from simulation.drawing.view import Colour, Picture, View, any_colour, disc, glow, line, lit, shape


def _rows(picture: Picture, view: View, top: float, bottom: float) -> Picture:
    return picture[round(top * view.scale) : round(bottom * view.scale)]


def _floor(picture: Picture, view: View, top: float, near: Colour, far: Colour) -> None:
    """Boards running towards the viewer."""
    paint_gradient(_rows(picture, view, top, 1.2), far, near)
    width = view.width / view.scale
    seam = (far[0] * 0.75, far[1] * 0.75, far[2] * 0.75)
    for i in range(-8, 30):
        x = i * width / 20
        line(picture, view, (x, top), (x + (x - width / 2) * 0.9, 1.2), seam, 0.004)


def paint_room(picture: Picture, view: View, rng: np.random.Generator, light: Light) -> None:
    """A living room: papered wall, window, shelf, pictures, sofa and a standard lamp."""
    width = view.width / view.scale
    wall = lit(any_colour(rng, 150, 215), light.indoors)
    paint_gradient(_rows(picture, view, 0.0, 0.74), wall, (wall[0] * 0.85, wall[1] * 0.85, wall[2] * 0.85))
    for x in np.arange(0.0, width, 0.12):
        line(picture, view, (x, 0), (x, 0.74), (wall[0] * 0.93, wall[1] * 0.93, wall[2] * 0.93), 0.03)
    _floor(picture, view, 0.74, lit((85, 125, 165), light.indoors), lit((65, 95, 130), light.indoors))
    box(picture, view, 0, 0.715, width, 0.028, lit((215, 220, 225), light.indoors))
    _window(picture, view, rng.uniform(0.3, 0.6), light)
    _shelf(picture, view, rng, light, rng.uniform(1.25, 1.5))
    for _ in range(3):
        x, y = rng.uniform(1.0, width - 0.3), rng.uniform(0.14, 0.22)
        box(picture, view, x, y, 0.17, 0.13, (40, 50, 60))
        box(
            picture,
            view,
            x + 0.012,
            y + 0.012,
            0.146,
            0.106,
            lit(any_colour(rng, 80, 210), light.indoors),
        )
    _sofa(picture, view, rng.uniform(0.7, 1.1), lit(any_colour(rng, 60, 150), light.indoors))
    lamp = width - 0.35
    line(picture, view, (lamp, 0.82), (lamp, 0.4), (40, 40, 45), 0.012)
    shape(
        picture,
        view,
        [(lamp - 0.05, 0.3), (lamp + 0.05, 0.3), (lamp + 0.085, 0.42), (lamp - 0.085, 0.42)],
        (150, 210, 240),
    )
    glow(picture, view, (lamp, 0.4), 0.45, (40, 75, 95), 0.9 if light.lamps else 0.4)
    add_texture(picture, rng, 2.5, 3)


def _window(picture: Picture, view: View, x: float, light: Light) -> None:
    box(picture, view, x - 0.02, 0.1, 0.44, 0.4, (225, 228, 230))
    pane = picture[
        round(0.12 * view.scale) : round(0.48 * view.scale),
        round(x * view.scale) : round((x + 0.4) * view.scale),
    ]
    paint_gradient(pane, *light.sky)
    line(picture, view, (x + 0.2, 0.12), (x + 0.2, 0.48), (225, 228, 230), 0.014)
    line(picture, view, (x, 0.3), (x + 0.4, 0.3), (225, 228, 230), 0.014)
    for side in (-0.05, 0.4):
        box(picture, view, x + side, 0.08, 0.06, 0.46, (90, 90, 140))


def _shelf(picture: Picture, view: View, rng: np.random.Generator, light: Light, x: float) -> None:
    box(picture, view, x, 0.24, 0.4, 0.52, lit((60, 85, 115), light.indoors))
    for row in range(4):
        y = 0.26 + row * 0.125
        box(picture, view, x + 0.015, y, 0.37, 0.11, lit((35, 50, 70), light.indoors))
        place = x + 0.02
        while place < x + 0.36:
            tall, thick = rng.uniform(0.06, 0.1), rng.uniform(0.01, 0.024)
            box(
                picture,
                view,
                place,
                y + 0.11 - tall,
                thick,
                tall,
                lit(any_colour(rng, 50, 220), light.indoors),
            )
            place += thick + 0.002


def _sofa(picture: Picture, view: View, x: float, cloth: Colour) -> None:
    dark = (cloth[0] * 0.8, cloth[1] * 0.8, cloth[2] * 0.8)
    box(picture, view, x, 0.56, 0.62, 0.16, cloth)
    box(picture, view, x - 0.03, 0.68, 0.68, 0.12, dark)
    for arm in (x - 0.06, x + 0.62):
        box(picture, view, arm, 0.61, 0.07, 0.19, cloth)
    line(picture, view, (x + 0.31, 0.57), (x + 0.31, 0.7), dark, 0.006)


def paint_stage(picture: Picture, view: View, rng: np.random.Generator, light: Light) -> None:
    """A dark hall: curtain, back screen, truss with lamps, speaker stacks, a floor that catches the light."""
    width = view.width / view.scale
    curtain = any_colour(rng, 30, 75)
    for i, x in enumerate(np.arange(0.0, width, 0.05)):
        tone = 0.65 + 0.35 * (i % 2)
        box(picture, view, x, 0, 0.05, 0.76, (curtain[0] * tone, curtain[1] * tone, curtain[2] * tone))
    left, right = round((width / 2 - 0.5) * view.scale), round((width / 2 + 0.5) * view.scale)
    screen = _rows(picture, view, 0.2, 0.58)[:, left:right]
    paint_gradient(screen, lit(light.sky[0], (0.8, 0.8, 0.8)), lit(light.sky[1], (0.55, 0.55, 0.55)))
    paint_gradient(_rows(picture, view, 0.74, 1.2), (58, 50, 52), (26, 22, 24))
    for i in range(6):
        glow(picture, view, (width * (i + 0.5) / 6, 0.86), 0.3, any_colour(rng, 15, 70), 0.9)
    line(picture, view, (0, 0.1), (width, 0.1), (80, 80, 80), 0.012)
    line(picture, view, (0, 0.14), (width, 0.14), (80, 80, 80), 0.012)
    for x in np.arange(0.0, width, 0.08):
        line(picture, view, (x, 0.1), (x + 0.04, 0.14), (70, 70, 70), 0.005)
    for side in (0.35, width - 0.5):
        for level in range(3):
            box(picture, view, side, 0.3 + 0.15 * level, 0.16, 0.145, (24, 22, 22))
            disc(picture, view, (side + 0.08, 0.375 + 0.15 * level), 0.05, (48, 46, 46))
            disc(picture, view, (side + 0.08, 0.375 + 0.15 * level), 0.02, (20, 20, 20))
    add_texture(picture, rng, 2.0, 3)


def paint_station(picture: Picture, view: View, rng: np.random.Generator, light: Light) -> None:
    """A tiled platform hall with pillars, a clock, signs and the track bed behind the platform's edge."""
    width = view.width / view.scale
    tile = lit((185, 190, 180), light.indoors)
    paint_gradient(_rows(picture, view, 0.0, 0.62), (tile[0] * 0.7, tile[1] * 0.7, tile[2] * 0.7), tile)
    for x in np.arange(0.0, width, 0.06):
        line(picture, view, (x, 0.1), (x, 0.6), (tile[0] * 0.85, tile[1] * 0.85, tile[2] * 0.85), 0.003)
    for y in np.arange(0.1, 0.6, 0.045):
        line(picture, view, (0, y), (width, y), (tile[0] * 0.85, tile[1] * 0.85, tile[2] * 0.85), 0.003)
    box(picture, view, 0, 0.3, width, 0.05, lit(any_colour(rng, 40, 200), light.indoors))
    box(picture, view, 0, 0.6, width, 0.09, lit((50, 48, 46), light.indoors))
    _floor(picture, view, 0.69, lit((160, 160, 158), light.indoors), lit((120, 122, 122), light.indoors))
    box(picture, view, 0, 0.69, width, 0.02, lit((60, 200, 225), light.indoors))
    for x in np.arange(0.3, width, 0.8):
        box(picture, view, x, 0.0, 0.06, 0.7, lit((110, 105, 95), light.indoors))
    at = rng.uniform(0.7, 1.4)
    disc(picture, view, (at, 0.18), 0.06, (40, 40, 40))
    disc(picture, view, (at, 0.18), 0.052, (235, 238, 240))
    line(picture, view, (at, 0.18), (at + 0.02, 0.15), (20, 20, 20), 0.006)
    line(picture, view, (at, 0.18), (at - 0.035, 0.17), (20, 20, 20), 0.004)
    for x in np.arange(0.2, width, 0.9):
        glow(picture, view, (x, 0.03), 0.35, (55, 60, 60), 0.9)
    add_texture(picture, rng, 3.0, 2)


def paint_workshop(picture: Picture, view: View, rng: np.random.Generator, light: Light) -> None:
    """Brick wall, tools on hooks, a bench, a hanging lamp and a concrete floor."""
    width = view.width / view.scale
    paint_gradient(
        _rows(picture, view, 0.0, 0.72), lit((75, 90, 130), light.indoors), lit((90, 105, 150), light.indoors)
    )
    for row, y in enumerate(np.arange(0.0, 0.72, 0.045)):
        for x in np.arange(-0.05 * (row % 2), width, 0.1):
            tone = float(rng.uniform(0.85, 1.15))
            box(
                picture,
                view,
                x + 0.003,
                y + 0.003,
                0.094,
                0.039,
                lit((78 * tone, 96 * tone, 142 * tone), light.indoors),
            )
    paint_gradient(
        _rows(picture, view, 0.72, 1.2),
        lit((120, 122, 124), light.indoors),
        lit((95, 97, 100), light.indoors),
    )
    for x in np.arange(0.3, width - 0.2, 0.16):
        tall = rng.uniform(0.06, 0.17)
        line(picture, view, (x, 0.26), (x, 0.26 + tall), lit((60, 95, 140), light.indoors), 0.014)
        box(picture, view, x - 0.03, 0.26 + tall, 0.06, 0.025, lit((120, 118, 112), light.indoors))
    for x in (0.35, 1.55):
        box(picture, view, x, 0.58, 0.75, 0.035, lit((75, 120, 165), light.indoors))
        for leg in (0.03, 0.68):
            box(picture, view, x + leg, 0.61, 0.035, 0.19, lit((55, 90, 125), light.indoors))
    lamp = width / 2
    line(picture, view, (lamp, 0), (lamp, 0.12), (30, 30, 30), 0.006)
    shape(
        picture,
        view,
        [(lamp - 0.02, 0.12), (lamp + 0.02, 0.12), (lamp + 0.08, 0.18), (lamp - 0.08, 0.18)],
        (50, 60, 60),
    )
    glow(picture, view, (lamp, 0.2), 0.6, (55, 85, 95), 0.9)
    add_texture(picture, rng, 5.0, 2)
