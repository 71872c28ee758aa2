"""People: a jointed body in clothes, and the poses it takes.

Angles are radians from straight down, forward positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simulation.drawing.view import Actor, Colour, Picture, Point, View, Wobble, disc, line, lit, shape

Limb = tuple[float, float]  # upper and lower angle

SKINS: tuple[Colour, ...] = ((150, 185, 230), (120, 160, 210), (85, 120, 175), (60, 85, 130), (45, 60, 95))
CLOTHES: tuple[Colour, ...] = (
    (60, 60, 190), (180, 110, 50), (70, 140, 60), (60, 170, 215), (150, 80, 140),
    (200, 195, 190), (70, 65, 60), (190, 160, 90), (90, 105, 200), (110, 140, 120),
)  # fmt: skip
HAIR: tuple[Colour, ...] = ((30, 30, 35), (40, 60, 90), (80, 140, 190), (120, 120, 125), (30, 50, 110))


@dataclass(frozen=True)
class Look:
    """Who it is: fixed colours, so that a person stays the same person through a shot."""

    skin: Colour
    shirt: Colour
    trousers: Colour
    hair: Colour
    long_hair: bool
    skirt: bool


@dataclass(frozen=True)
class Pose:
    """One moment of a body."""

    near_arm: Limb = (0.1, 0.2)
    far_arm: Limb = (-0.1, 0.1)
    near_leg: Limb = (0.05, 0.0)
    far_leg: Limb = (-0.05, 0.0)
    lean: float = 0.0
    facing: int = 1
    lift: float = 0.0  # off the ground, in body heights


def draw_look(rng: np.random.Generator, light: Colour) -> Look:
    """A random person in this light."""

    def pick(colours: tuple[Colour, ...]) -> Colour:
        return lit(colours[int(rng.integers(len(colours)))], light)

    return Look(
        pick(SKINS),
        pick(CLOTHES),
        pick(CLOTHES),
        pick(HAIR),
        bool(rng.random() < 0.4),
        bool(rng.random() < 0.2),
    )


def _dim(colour: Colour) -> Colour:
    return (colour[0] * 0.72, colour[1] * 0.72, colour[2] * 0.72)


def _reach(start: Point, angle: float, length: float, facing: int) -> Point:
    return (start[0] + facing * math.sin(angle) * length, start[1] + math.cos(angle) * length)


def _limb(start: Point, limb: Limb, lengths: tuple[float, float], facing: int) -> tuple[Point, Point]:
    joint = _reach(start, limb[0], lengths[0], facing)
    return joint, _reach(joint, limb[1], lengths[1], facing)


def hand_of(x: float, ground: float, height: float, pose: Pose) -> Point:
    """Where the near hand is: what it holds is drawn there."""
    hip, _ = _hip(x, ground, height, pose)
    shoulder = _reach(hip, math.pi - pose.lean, 0.30 * height, pose.facing)
    return _limb(shoulder, pose.near_arm, (0.16 * height, 0.16 * height), pose.facing)[1]


def _hip(x: float, ground: float, height: float, pose: Pose) -> tuple[Point, float]:
    """The hip, so high that the lower foot stands on the ground."""
    depths = [math.cos(a) + math.cos(b) for a, b in (pose.near_leg, pose.far_leg)]
    drop = max(max(depths), 0.6) * 0.25 * height
    return (x, ground - drop - 0.02 * height - pose.lift * height), drop


def draw_figure(
    picture: Picture, view: View, x: float, ground: float, height: float, pose: Pose, look: Look
) -> None:
    """Far limbs, trunk, head, near limbs, in that order."""
    hip, _ = _hip(x, ground, height, pose)
    neck = _reach(hip, math.pi - pose.lean, 0.33 * height, pose.facing)
    shoulder = _reach(hip, math.pi - pose.lean, 0.30 * height, pose.facing)
    _draw_leg(picture, view, hip, pose.far_leg, height, pose.facing, look, far=True)
    _draw_arm(picture, view, shoulder, pose.far_arm, height, pose.facing, look, far=True)
    _draw_leg(picture, view, hip, pose.near_leg, height, pose.facing, look, far=False)
    waist = _reach(hip, math.pi - pose.lean, 0.05 * height, pose.facing)
    line(
        picture,
        view,
        waist,
        _reach(hip, math.pi - pose.lean, 0.26 * height, pose.facing),
        look.shirt,
        0.15 * height,
    )
    if look.skirt:
        hem = hip[1] + 0.17 * height
        top, wide = 0.06 * height, 0.12 * height
        corners = [
            (waist[0] - top, waist[1]),
            (waist[0] + top, waist[1]),
            (hip[0] + wide, hem),
            (hip[0] - wide, hem),
        ]
        shape(picture, view, corners, look.trousers)
    _draw_head(picture, view, neck, height, pose, look)
    _draw_arm(picture, view, shoulder, pose.near_arm, height, pose.facing, look, far=False)


def _draw_head(picture: Picture, view: View, neck: Point, height: float, pose: Pose, look: Look) -> None:
    centre = _reach(neck, math.pi - 0.6 * pose.lean, 0.075 * height, pose.facing)
    line(picture, view, neck, centre, _dim(look.skin), 0.05 * height)
    back = (centre[0] - pose.facing * 0.018 * height, centre[1] - 0.015 * height)
    if look.long_hair:
        line(
            picture,
            view,
            back,
            (back[0] - pose.facing * 0.03 * height, back[1] + 0.1 * height),
            look.hair,
            0.08 * height,
        )
    disc(picture, view, back, 0.068 * height, look.hair)
    disc(
        picture,
        view,
        (centre[0] + pose.facing * 0.012 * height, centre[1] + 0.012 * height),
        0.056 * height,
        look.skin,
    )


def _draw_arm(
    picture: Picture,
    view: View,
    shoulder: Point,
    limb: Limb,
    height: float,
    facing: int,
    look: Look,
    *,
    far: bool,
) -> None:
    elbow, hand = _limb(shoulder, limb, (0.16 * height, 0.16 * height), facing)
    sleeve, skin = (_dim(_dim(look.shirt)), _dim(look.skin)) if far else (_dim(look.shirt), look.skin)
    line(picture, view, shoulder, elbow, sleeve, 0.062 * height)
    line(picture, view, elbow, hand, skin, 0.045 * height)


def _draw_leg(
    picture: Picture, view: View, hip: Point, limb: Limb, height: float, facing: int, look: Look, *, far: bool
) -> None:
    knee, foot = _limb(hip, limb, (0.25 * height, 0.25 * height), facing)
    cloth = _dim(look.trousers) if far else look.trousers
    line(picture, view, hip, knee, cloth, 0.085 * height)
    line(picture, view, knee, foot, cloth, 0.065 * height)
    line(picture, view, foot, (foot[0] + facing * 0.05 * height, foot[1]), (30, 28, 26), 0.045 * height)


def walking(phase: float, facing: int, reach: float = 0.5) -> Pose:
    """A walk; a longer reach makes it a run."""
    swing = math.sin(phase) * reach
    near_bend = max(0.0, math.cos(phase)) * reach
    far_bend = max(0.0, -math.cos(phase)) * reach
    return Pose(
        near_arm=(-swing * 0.8, -swing * 0.8 + 0.5 * reach),
        far_arm=(swing * 0.8, swing * 0.8 + 0.5 * reach),
        near_leg=(swing, swing - 1.2 * near_bend),
        far_leg=(-swing, -swing - 1.2 * far_bend),
        lean=0.08 + 0.2 * max(0.0, reach - 0.5),
        facing=facing,
    )


def talking(wobble: Wobble, t: float, facing: int) -> Pose:
    """Standing and speaking with the hands, unhurried."""
    a, b, c, d = wobble.at(t)
    return Pose((0.45 + 0.4 * a, 1.3 + 0.7 * b), (0.2 + 0.3 * c, 0.9 + 0.6 * d), lean=0.04 * a, facing=facing)


def dancing(t: float, beat_hz: float, facing: int, style: float) -> Pose:
    """Everything in time with the beat, feet and hands alternating."""
    swing = math.sin(math.pi * beat_hz * t)
    bounce = abs(math.cos(math.pi * beat_hz * t))
    arm = 1.6 + 0.7 * style
    return Pose(
        near_arm=(arm + 0.5 * swing, arm + 0.6 + 0.5 * swing),
        far_arm=(arm - 0.5 * swing, arm + 0.6 - 0.5 * swing),
        near_leg=(0.25 + 0.2 * swing, 0.1 - 0.25 * bounce),
        far_leg=(-0.25 + 0.2 * swing, -0.1 - 0.25 * bounce),
        lean=0.12 * swing,
        facing=facing,
    )


def clapping(t: float, facing: int, rate_hz: float) -> Pose:
    """Hands meeting in front of the chest."""
    open_hands = 0.25 * (1.0 + math.sin(2 * math.pi * rate_hz * t))
    return Pose((0.7 + open_hands, 1.9 + open_hands), (0.9 - open_hands, 2.1 - open_hands), facing=facing)


def hammering(t: float, rate_hz: float, facing: int) -> Pose:
    """A slow lift and a quick fall, in time with the sound."""
    part = (t * rate_hz) % 1.0
    lift = (part / 0.75) if part < 0.75 else (1.0 - part) / 0.25
    return Pose((0.6 + 1.5 * lift, 1.3 + 1.4 * lift), (0.7, 1.3), lean=0.25 - 0.15 * lift, facing=facing)


def aiming(recoil: float, facing: int) -> Pose:
    """Both arms stretched forward, thrown up a little by each shot."""
    up = 1.5 + 0.28 * recoil
    return Pose(
        (up, up), (up - 0.06, up - 0.02), (0.28, 0.1), (-0.3, -0.3), lean=-0.06 * recoil, facing=facing
    )


def fighting(wobble: Wobble, t: float, facing: int) -> Pose:
    """Punches, kicks and staggering: every joint goes its own fast way."""
    a, b, c, d, e, f, g, h = wobble.at(t)
    return Pose(
        near_arm=(1.3 + 1.2 * a, 1.7 + 1.3 * b),
        far_arm=(1.2 + 1.3 * c, 1.5 + 1.4 * d),
        near_leg=(0.45 * e + max(0.0, f - 0.45) * 1.8, -0.25 + 0.5 * f),
        far_leg=(-0.3 + 0.45 * g, -0.4 + 0.3 * h),
        lean=0.15 + 0.4 * h,
        facing=facing,
        lift=max(0.0, 0.12 * (b - 0.6)),
    )


def person(
    look: Look,
    place: Callable[[float], tuple[float, Pose]],
    ground: float,
    height: float,
    during: tuple[float, float],
) -> Actor:
    """An actor from a function of time to where it is and how it stands."""

    def draw(picture: Picture, view: View, t: float) -> None:
        x, pose = place(t)
        shadow = (view.size(0.16 * height), view.size(0.022 * height))
        sx, sy = view.spot(x, ground + 0.005)
        _shadow(picture, sx >> 4, sy >> 4, shadow)
        draw_figure(picture, view, x, ground, height, pose, look)

    return Actor(ground, draw, during)


def _shadow(picture: Picture, x: int, y: int, radii: tuple[int, int]) -> None:
    x0, x1 = max(0, x - radii[0]), min(picture.shape[1], x + radii[0])
    y0, y1 = max(0, y - radii[1]), min(picture.shape[0], y + radii[1])
    if x1 > x0 and y1 > y0:
        picture[y0:y1, x0:x1] = picture[y0:y1, x0:x1] // 4 * 3


def turned(pose: Pose, facing: int) -> Pose:
    """The same pose, looking the other way."""
    return replace(pose, facing=facing)
