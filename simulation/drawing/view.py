"""The window onto a painted world: its unit is the height of the film's frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]  # (H, W, 3) BGR
Colour = tuple[float, float, float]  # BGR 0..255
Point = tuple[float, float]
SHIFT = 4  # cv2 draws at 1/16 pixel, or slow motion would stutter
WORLD_HEIGHT = 1.2


@dataclass(frozen=True)
class View:
    """What the camera sees at one moment."""

    cx: float
    cy: float
    scale: float  # pixels a unit
    width: int
    height: int

    def spot(self, x: float, y: float, nearness: float = 1.0) -> tuple[int, int]:
        """World to 1/16 pixels; things nearer than the action (nearness > 1) move faster."""
        px = (x - self.cx * nearness) * self.scale + self.width / 2
        py = (y - self.cy) * self.scale + self.height / 2
        return round(px * (1 << SHIFT)), round(py * (1 << SHIFT))

    def size(self, length: float) -> int:
        """A length in whole pixels, at least one."""
        return max(1, round(length * self.scale))

    def photograph(self, world: Picture, unit: int) -> Picture:
        """The part of a painted world (at `unit` pixels a unit) that is in view."""
        step = unit / self.scale
        left = self.cx * unit - self.width / 2 * step
        top = self.cy * unit - self.height / 2 * step
        matrix = np.array([[step, 0.0, left], [0.0, step, top]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        shot = cv2.warpAffine(
            world, matrix, (self.width, self.height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return cast(Picture, shot)


@dataclass(frozen=True)
class Actor:
    """Something that moves; `depth` is where it stands (larger is nearer), drawn in that order."""

    depth: float
    draw: Callable[[Picture, View, float], None]
    during: tuple[float, float] = field(default=(-1e9, 1e9))


def lit(colour: Colour, light: Colour) -> Colour:
    """A colour under a light."""
    return (colour[0] * light[0], colour[1] * light[1], colour[2] * light[2])


def any_colour(rng: np.random.Generator, low: float, high: float) -> Colour:
    """A random colour whose channels lie between two levels."""
    blue, green, red = rng.uniform(low, high, 3).tolist()
    return blue, green, red


def line(picture: Picture, view: View, a: Point, b: Point, colour: Colour, width: float) -> None:
    """A round-ended stroke."""
    cv2.line(picture, view.spot(*a), view.spot(*b), colour, view.size(width), cv2.LINE_AA, SHIFT)


def disc(picture: Picture, view: View, centre: Point, radius: float, colour: Colour) -> None:
    """A filled circle."""
    cv2.circle(
        picture, view.spot(*centre), round(radius * view.scale * (1 << SHIFT)), colour, -1, cv2.LINE_AA, SHIFT
    )


def shape(
    picture: Picture, view: View, points: Sequence[Point], colour: Colour, nearness: float = 1.0
) -> None:
    """A filled polygon."""
    corners = np.array([view.spot(x, y, nearness) for x, y in points], dtype=np.int32)
    cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA, SHIFT)


def glow(picture: Picture, view: View, centre: Point, radius: float, colour: Colour, strength: float) -> None:
    """Light added around a point, fading outwards; touches only its own square."""
    px, py = (value / (1 << SHIFT) for value in view.spot(*centre))
    r = max(2, round(radius * view.scale))
    x0, y0 = max(0, int(px) - r), max(0, int(py) - r)
    x1, y1 = min(view.width, int(px) + r), min(view.height, int(py) + r)
    if x1 <= x0 or y1 <= y0:
        return
    across = (np.arange(x0, x1, dtype=np.float32) - px) / r
    down = (np.arange(y0, y1, dtype=np.float32) - py) / r
    fade = np.clip(1.0 - across[None, :] ** 2 - down[:, None] ** 2, 0.0, 1.0) ** 2 * strength
    halo = (fade[:, :, None] * np.array(colour, dtype=np.float32)).astype(np.uint8)
    patch = picture[y0:y1, x0:x1]
    cv2.add(patch, halo, dst=patch)


class Wobble:
    """Smooth seeded randomness in [-1, 1]: values drawn `rate_hz` times a second and eased between."""

    def __init__(self, rng: np.random.Generator, rate_hz: float, channels: int = 1) -> None:
        self._rate = rate_hz
        self._table = rng.uniform(-1.0, 1.0, (257, channels))

    def at(self, t: float) -> list[float]:
        """The channels' values at a time."""
        where = t * self._rate
        index = int(np.floor(where))
        part = where - index
        ease = part * part * (3.0 - 2.0 * part)
        before, after = self._table[index % 257], self._table[(index + 1) % 257]
        return cast(list[float], (before + (after - before) * ease).tolist())
