"""The light of a palette: its sky, and what it does to every colour under it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from simulation.drawing.view import Colour, Picture


@dataclass(frozen=True)
class Light:
    """Sky from top to horizon, the tint on things outdoors and indoors, and whether lamps are on."""

    sky: tuple[Colour, Colour]
    outdoors: Colour
    indoors: Colour
    lamps: bool


LIGHTS = {
    "day": Light(((215, 150, 85), (245, 225, 195)), (1.0, 1.0, 1.0), (0.95, 1.0, 1.0), False),
    "dusk": Light(((105, 60, 60), (105, 150, 240)), (0.68, 0.66, 0.82), (0.72, 0.84, 0.95), True),
    "night": Light(((38, 22, 12), (75, 52, 40)), (0.52, 0.44, 0.42), (0.6, 0.72, 0.85), True),
    "overcast": Light(((185, 172, 160), (222, 216, 210)), (0.88, 0.86, 0.82), (0.92, 0.9, 0.86), False),
    "golden": Light(((150, 150, 190), (120, 190, 250)), (0.72, 0.88, 1.05), (0.74, 0.9, 1.0), False),
    "neon": Light(((70, 20, 45), (130, 50, 110)), (0.72, 0.5, 0.62), (0.85, 0.62, 0.8), True),
}


def paint_gradient(picture: Picture, top: Colour, bottom: Colour) -> None:
    """Fill a picture from one colour above to another below, with half a level of dither against bands."""
    share = np.linspace(0.0, 1.0, picture.shape[0], dtype=np.float32)[:, None, None]
    colours = np.array(top, dtype=np.float32) * (1 - share) + np.array(bottom, dtype=np.float32) * share
    picture[:] = np.clip(colours, 0, 255).astype(np.uint8)


def add_texture(picture: Picture, rng: np.random.Generator, strength: float, grain: int) -> None:
    """Blotches of a given size: plaster, asphalt, grass; the eye and optical flow need something to hold."""
    height, width = picture.shape[:2]
    small = rng.normal(0.0, strength, (max(2, height // grain), max(2, width // grain))).astype(np.float32)
    blotches = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)[:, :, None]
    picture[:] = np.clip(picture.astype(np.float32) + blotches, 0, 255).astype(np.uint8)
