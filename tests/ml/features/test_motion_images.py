"""Motion images: what they show, when they come, and that they never compare two shots."""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray

from ml.features.motion_images import MotionImages

Frame = tuple[float, NDArray[np.uint8]]
TEXTURE = np.random.default_rng(3).integers(0, 120, (120, 160), dtype=np.uint8)


def _images(frames: list[Frame], rows: int = 100) -> dict[int, NDArray[np.uint8]]:
    """What comes of grey pictures (120, 160) at their times."""
    images = MotionImages(rows, 160)
    found: list[tuple[int, NDArray[np.uint8]]] = []
    for time_s, grey in frames:
        rgb = np.repeat(grey[..., None], 3, axis=2)
        found += images.add(
            time_s, av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuvj420p")
        )
    found += images.finish(frames[-1][0])
    assert [row for row, _ in found] == sorted({row for row, _ in found})
    return dict(found)


def _box(t: float, speed: float = 60.0) -> NDArray[np.uint8]:
    grey = np.full((120, 160), 60, np.uint8)
    left = int(10 + t * speed) % 130
    grey[40:70, left : left + 20] = 200
    return grey


def _film(seconds: float, fps: float = 24.0, begins: float = 0.0) -> list[Frame]:
    return [(begins + k / fps, _box(k / fps)) for k in range(round(seconds * fps))]


def test_there_is_an_image_each_half_second_and_one_for_the_rest() -> None:
    images = _images(_film(2.1))
    assert sorted(images) == [0, 1, 2, 3, 4]
    assert {image.shape for image in images.values()} == {(3, 160, 160)}


def test_colours_show_what_moved_within_a_third_a_sixth_and_a_twelfth_of_a_second() -> None:
    image = _images(_film(1.0))[1]
    moved = [(colour > 128).sum() for colour in image]
    assert moved[0] < moved[1] < moved[2]
    assert not image[:, :50].any(), "nothing moved above the box"


def test_a_still_gives_black_images_however_long() -> None:
    images = _images([(0.0, TEXTURE), (30.0, TEXTURE)])
    assert len(images) == 61
    assert not any(image.any() for image in images.values())


def test_nothing_comes_from_before_the_picture_begins() -> None:
    images = _images(_film(1.0, begins=1.3))
    assert sorted(images) == [2, 3, 4]


def test_a_single_frame_gives_one_black_image() -> None:
    images = _images([(0.0, TEXTURE)])
    assert sorted(images) == [0]
    assert not images[0].any()


def test_a_cut_leaves_no_ghost_of_the_other_shot() -> None:
    dark, bright = TEXTURE, 255 - TEXTURE[::-1]
    for cut in np.arange(0.9, 1.4, 0.041):
        frames = [(k / 24, dark if k / 24 < cut else bright) for k in range(48)]
        assert not any(image.any() for image in _images(frames).values()), cut


def test_a_flash_is_no_cut() -> None:
    frames = [(k / 24, np.full_like(TEXTURE, 255) if k in (16, 17) else TEXTURE) for k in range(48)]
    assert any(image.any() for image in _images(frames).values())


def test_no_row_lies_behind_the_end() -> None:
    assert sorted(_images(_film(3.0), rows=4)) == [0, 1, 2, 3]
