"""Groups of frames for motion: which frames a tick sees, and since when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.media.frames import frame_groups, timed_pictures
from ml.media.groups import FrameGroup, FrameGrouper
from tests.ml.media.films import Image, moving, write_film

OFFSETS = (0.0, -1 / 12, -2 / 12, -4 / 12)


def _groups(times: list[float], *, end_s: float | None = None, **settings: Any) -> list[FrameGroup[float]]:
    """Group frames that are their own times."""
    grouper: FrameGrouper[float] = FrameGrouper(
        **{"rate_hz": 2.0, "offsets_s": OFFSETS, "scale": float, **settings}
    )
    found = [group for time_s in times for group in grouper.add(time_s, time_s)]
    return found + grouper.finish(end_s)


def test_each_offset_gets_the_frame_on_screen_at_that_moment() -> None:
    group = _groups([i / 25 for i in range(50)])[2]
    assert group.time_s == 1.0
    assert group.images == pytest.approx((1.0, 0.88, 0.80, 0.64))
    assert group.times_s == group.images


def test_times_rounded_to_milliseconds_find_the_same_frames() -> None:
    exact = _groups([i / 12 for i in range(30)])
    rounded = _groups([round(i / 12, 3) for i in range(30)])
    assert [np.rint(np.array(g.images) * 12).tolist() for g in rounded] == [
        np.rint(np.array(g.images) * 12).tolist() for g in exact
    ]
    assert np.rint(np.array(exact[2].images) * 12).tolist() == [12, 11, 10, 8]


def test_a_variable_rate_tells_the_real_times() -> None:
    groups = _groups([0.0, 0.1, 0.45, 2.0])
    assert [g.time_s for g in groups] == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert groups[1].times_s == (0.45, 0.1, 0.1, 0.1)
    assert groups[3].times_s == (0.45, 0.45, 0.45, 0.45)
    assert groups[4].times_s == (2.0, 0.45, 0.45, 0.45)


def test_ticks_begin_with_the_picture_whose_first_frame_fills_the_past() -> None:
    groups = _groups([1.4, 1.48, 1.56])
    assert [(g.time_s, g.times_s) for g in groups] == [(1.5, (1.48, 1.4, 1.4, 1.4))]
    assert _groups([5e4])[0].time_s == 5e4


def test_a_single_frame_is_one_group() -> None:
    assert [(g.time_s, g.times_s) for g in _groups([0.0])] == [(0.0, (0.0,) * 4)]
    assert [g.time_s for g in _groups([0.0], end_s=1.2)] == [0.0, 0.5, 1.0]
    assert _groups([]) == []


def test_ticks_may_begin_at_any_phase() -> None:
    assert [g.time_s for g in _groups([i / 25 for i in range(30)], first_s=0.125)] == [0.125, 0.625, 1.125]


def test_offsets_may_reach_behind_the_tick_before() -> None:
    grouper = FrameGrouper(rate_hz=4, offsets_s=(-1.0, 0.0), scale=float)
    groups = [g for i in range(50) for g in grouper.add(i / 25, i / 25)]
    assert [g.images for g in groups[-2:]] == [
        pytest.approx((0.48, 1.48), abs=0.021),
        pytest.approx((0.72, 1.72), abs=0.031),
    ]


def test_only_frames_that_a_group_needs_are_scaled_and_each_once() -> None:
    scaled: list[float] = []

    def scale(frame: float) -> float:
        scaled.append(frame)
        return frame

    _groups([i / 50 for i in range(500)], scale=scale)
    assert len(scaled) == len(set(scaled)) <= 20 * len(OFFSETS)


def test_a_group_waits_for_nothing_but_the_frame_after_its_tick() -> None:
    grouper = FrameGrouper(rate_hz=1, scale=float)
    assert grouper.add(0.0, 0.0) == []
    assert [g.time_s for g in grouper.add(0.04, 0.04)] == [0.0]


def test_nonsense_is_refused() -> None:
    for settings in ({"rate_hz": 0.0}, {"offsets_s": ()}, {"offsets_s": (0.0, 0.1)}):
        with pytest.raises(ValueError, match="grouper"):
            _groups([], **settings)
    with pytest.raises(ValueError, match="rising"):
        _groups([1.0, 1.0])


def test_groups_of_a_file_are_grey_pictures_of_the_asked_size(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=2.0, picture=moving, sound=None)
    groups = list(frame_groups(film, rate_hz=2, offsets_s=OFFSETS, size=(64, 48)))
    assert [g.time_s for g in groups] == [0.0, 0.5, 1.0, 1.5]
    assert {(image.shape, image.dtype.name) for g in groups for image in g.images} == {((48, 64), "uint8")}
    assert groups[1].times_s == pytest.approx((0.48, 0.40, 0.32, 0.16), abs=1e-4)
    assert np.abs(groups[1].images[0].astype(int) - groups[1].images[3]).mean() > 3


def test_groups_of_a_turned_file_are_upright_and_of_full_range(tmp_path: Path) -> None:
    def left_is_white(t: float) -> Image:
        image = np.zeros((120, 160, 3), np.uint8)
        image[:, :80] = 255
        return image

    film = write_film(tmp_path / "film.mp4", seconds=0.2, picture=left_is_white, sound=None, rotation=-90)
    group = next(frame_groups(film, rate_hz=4, size=(60, 80)))
    assert group.images[0].shape == (80, 60)
    assert group.images[0][:30].min() > 245
    assert group.images[0][-30:].max() < 10


def test_fast_decoding_gives_fewer_frames_with_the_same_times(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=2.0, picture=moving, sound=None, b_frames=2)
    every = [t for t, _ in timed_pictures(film)]
    fast = [t for t, _ in timed_pictures(film, fast=True)]
    assert len(every) == 50
    assert len(fast) < 40
    assert set(fast) < set(every)
