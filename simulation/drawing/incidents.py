"""Playing out what happens: the people an incident adds, and what it does to the finished frame."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from simulation.drawing.figures import (
    Pose,
    aiming,
    clapping,
    dancing,
    draw_look,
    fighting,
    hammering,
    hand_of,
    person,
    walking,
)
from simulation.drawing.view import Actor, Colour, Picture, View, Wobble, glow, line, shape
from simulation.rhythm import knock_hz, shots_fired, single_flash_times, strobe_of, sway_hz
from simulation.story import Incident

Effect = Callable[[Picture, float], None]
MUZZLE_S = 0.085  # how long a muzzle flash is seen: two frames at 24 a second


def actors_for(incident: Incident, x: float, light: Colour, tempo_hz: float) -> list[Actor]:
    """The people an incident brings, around a place in the world."""
    rng = np.random.default_rng([*incident.seed, 21])
    if incident.kind == "physical-fight":
        return _fight(incident, rng, x, light)
    if incident.kind == "gunfire":
        return _gunfire(incident, rng, x, light)
    if incident.kind == "dancing":
        return _dancers(incident, rng, x, light, tempo_hz)
    if incident.kind == "applause":
        return _clappers(incident, rng, x, light)
    if incident.kind == "hammering":
        return _carpenter(incident, rng, x, light)
    return []


def _span(incident: Incident) -> tuple[float, float]:
    return incident.start_s, incident.end_s


def _fight(incident: Incident, rng: np.random.Generator, x: float, light: Colour) -> list[Actor]:
    """Two or three people in close contact, each limb on a fast way of its own, the clinch reeling about."""
    reel, ground = Wobble(rng, 2.2, 1), 0.96
    actors = []
    for index in range(int(rng.integers(2, 4))):
        side = (-1, 1, -1)[index]
        look, limbs, own = (
            draw_look(rng, light),
            Wobble(rng, float(rng.uniform(6.0, 8.0)), 8),
            Wobble(rng, 4.0, 1),
        )
        offset, tall = side * (0.085 + 0.1 * (index == 2)), float(rng.uniform(0.44, 0.5))

        def place(
            t: float, side: int = side, limbs: Wobble = limbs, own: Wobble = own, offset: float = offset
        ) -> tuple[float, Pose]:
            return x + 0.14 * reel.at(t)[0] + offset + 0.06 * own.at(t)[0], fighting(limbs, t, -side)

        actors.append(person(look, place, ground + 0.015 * index, tall, _span(incident)))
    return actors


def _gunfire(incident: Incident, rng: np.random.Generator, x: float, light: Colour) -> list[Actor]:
    """Somebody firing across the picture while others run from it."""
    fired = shots_fired(incident)
    facing = 1 if rng.random() < 0.5 else -1
    look, tall, ground = draw_look(rng, light), 0.46, 0.96
    at = x - facing * 0.35

    def place(t: float) -> tuple[float, Pose]:
        recoil = max((1.0 - (t - s) / 0.15 for s in fired if 0 <= t - s < 0.15), default=0.0)
        return at, aiming(recoil, facing)

    def weapon(picture: Picture, view: View, t: float) -> None:
        _, pose = place(t)
        hand = hand_of(at, ground, tall, pose)
        muzzle = (hand[0] + facing * 0.06, hand[1] - 0.012)
        line(picture, view, (hand[0], hand[1] - 0.008), muzzle, (20, 20, 20), 0.016)
        if any(0 <= t - s < MUZZLE_S for s in fired):
            _muzzle_flash(picture, view, muzzle, facing, t)

    people = [person(look, place, ground, tall, _span(incident))]
    people += [
        _fleeing(incident, rng, x + facing * 0.25 * (i + 1), light, facing)
        for i in range(int(rng.integers(1, 3)))
    ]
    return [*people, Actor(ground + 0.001, weapon, _span(incident))]


def _fleeing(incident: Incident, rng: np.random.Generator, x: float, light: Colour, facing: int) -> Actor:
    look, pace = draw_look(rng, light), float(rng.uniform(0.25, 0.4))

    def place(t: float) -> tuple[float, Pose]:
        gone = t - incident.start_s
        return x + facing * pace * gone, walking(gone * 10.0, facing, reach=0.85)

    return person(look, place, float(rng.uniform(0.86, 0.92)), 0.4, _span(incident))


def _muzzle_flash(picture: Picture, view: View, at: tuple[float, float], facing: int, t: float) -> None:
    """A bright star at the barrel, small enough not to be flashing in the sense of WCAG 2.3.1."""
    x, y = at
    spikes = []
    for i in range(10):
        reach = (0.085 if i % 2 == 0 else 0.032) * (1.0 + 0.25 * math.sin(50 * t + i))
        angle = 2 * math.pi * i / 10
        spikes.append((x + facing * 0.045 + math.cos(angle) * reach * 1.4, y + math.sin(angle) * reach))
    glow(picture, view, (x + facing * 0.04, y), 0.2, (90, 190, 255), 0.9)
    shape(picture, view, spikes, (120, 225, 255))
    shape(picture, view, [((a - x) * 0.5 + x, (b - y) * 0.5 + y) for a, b in spikes], (250, 255, 255))


def _dancers(
    incident: Incident, rng: np.random.Generator, x: float, light: Colour, tempo_hz: float
) -> list[Actor]:
    """Three or four people apart from each other, all on the beat."""
    actors, count = [], int(rng.integers(3, 5))
    for index in range(count):
        look, style = draw_look(rng, light), float(rng.uniform(-0.6, 0.6))
        home, facing = x + 0.34 * (index - (count - 1) / 2), 1 if rng.random() < 0.5 else -1

        def place(
            t: float, home: float = home, facing: int = facing, style: float = style
        ) -> tuple[float, Pose]:
            return home + 0.03 * math.sin(math.pi * tempo_hz * t), dancing(t, tempo_hz, facing, style)

        actors.append(person(look, place, 0.93 + 0.02 * (index % 2), 0.42, _span(incident)))
    return actors


def _clappers(incident: Incident, rng: np.random.Generator, x: float, light: Colour) -> list[Actor]:
    actors = []
    for index in range(4):
        look, rate, facing = draw_look(rng, light), float(rng.uniform(2.2, 3.2)), (1, -1)[index % 2]

        def place(
            t: float, dx: float = 0.28 * (index - 1.5), facing: int = facing, rate: float = rate
        ) -> tuple[float, Pose]:
            return x + dx, clapping(t, facing, rate)

        actors.append(person(look, place, 0.98 + 0.02 * (index % 2), 0.44, _span(incident)))
    return actors


def _carpenter(incident: Incident, rng: np.random.Generator, x: float, light: Colour) -> list[Actor]:
    look, rate, ground, tall = draw_look(rng, light), knock_hz(incident), 0.95, 0.46

    def place(t: float) -> tuple[float, Pose]:
        return x - 0.12, hammering(t - incident.start_s, rate, 1)

    def work(picture: Picture, view: View, t: float) -> None:
        _, pose = place(t)
        hand = hand_of(x - 0.12, ground, tall, pose)
        shape(picture, view, [(x + 0.0, 0.79), (x + 0.3, 0.79), (x + 0.3, 0.82), (x, 0.82)], (70, 110, 150))
        shape(
            picture,
            view,
            [(x + 0.03, 0.82), (x + 0.06, 0.82), (x + 0.06, 0.96), (x + 0.03, 0.96)],
            (55, 90, 125),
        )
        line(picture, view, hand, (hand[0] + 0.08, hand[1] - 0.03), (60, 100, 140), 0.014)
        line(picture, view, (hand[0] + 0.08, hand[1] - 0.055), (hand[0] + 0.08, hand[1]), (70, 70, 70), 0.03)

    return [person(look, place, ground, tall, _span(incident)), Actor(ground + 0.001, work, _span(incident))]


def effect_for(incident: Incident) -> Effect | None:
    """What an incident does to the whole frame, or nothing."""
    if incident.kind == "photosensitive-flashing":
        return _strobe(incident)
    if incident.kind in ("camera_flash", "lightning"):
        return _single_flash(incident)
    return _slow_lights(incident) if incident.kind == "slow_lights" else None


def _tint(patch: Picture, colour: Colour, share: float) -> None:
    """Blend a patch towards a colour, in place."""
    wash = np.empty_like(patch)
    wash[:] = colour
    cv2.addWeighted(patch, 1.0 - share, wash, share, 0.0, dst=patch)


def _strobe(incident: Incident) -> Effect:
    strobe = strobe_of(incident)
    bright: Colour = (10, 10, 250) if strobe.red else (255, 252, 250)

    def apply(picture: Picture, t: float) -> None:
        height, width = picture.shape[:2]
        x, y, w, h = strobe.area
        patch = picture[
            round(y * height) : round(min(1, y + h) * height), round(x * width) : round(min(1, x + w) * width)
        ]
        if strobe.on(t - incident.start_s):
            _tint(patch, bright, strobe.strength)
        else:
            _tint(patch, (0, 0, 0), 0.45)

    return apply


def _single_flash(incident: Incident) -> Effect:
    times = single_flash_times(incident)

    def apply(picture: Picture, t: float) -> None:
        since = min((t - s for s in times if t >= s), default=9.0)
        if since < 0.3:
            _tint(picture, (255, 250, 245), 0.9 * (1.0 - since / 0.3) ** 2)

    return apply


def _slow_lights(incident: Incident) -> Effect:
    rate = sway_hz(incident)
    hues = np.random.default_rng([*incident.seed, 22]).uniform(0, 255, (2, 3))

    def apply(picture: Picture, t: float) -> None:
        part = 0.5 - 0.5 * math.cos(2 * math.pi * rate * (t - incident.start_s))
        hue = hues[0] * part + hues[1] * (1 - part)
        _tint(picture, (float(hue[0]), float(hue[1]), float(hue[2])), 0.15 + 0.35 * part)

    return apply
