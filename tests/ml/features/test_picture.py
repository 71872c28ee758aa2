"""What the picture's descriptors see: flashes by WCAG's count, bursts, motion, cuts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.features import PICTURE_NAMES, Features, extract
from ml.features.flashes import SwingCounter, per_second
from tests.ml.media.films import Image, Picture, moving, still, write_film

MIDDLE = slice(4, 12)  # of a film of four seconds: clear of both ends' shorter windows


def _features(tmp_path: Path, picture: Picture, fps: float = 25) -> Features:
    return extract(write_film(tmp_path / "film.mp4", seconds=4.0, picture=picture, sound=None, fps=fps))


def _column(features: Features, name: str) -> NDArray[np.float32]:
    return features.picture[:, PICTURE_NAMES.index(name)]


def _strobe(hertz: float, *, low: int = 0, high: tuple[int, int, int] = (255, 255, 255)) -> Picture:
    def picture(t: float) -> Image:
        image = still(t)
        image[:] = high if int(t * hertz * 2 + 1e-6) % 2 else low
        return image

    return picture


@pytest.mark.parametrize(("hertz", "fps"), [(2.5, 25), (4, 24), (5, 30), (12.5, 25)])
def test_flashes_are_counted_each_second(tmp_path: Path, hertz: float, fps: float) -> None:
    features = _features(tmp_path, _strobe(hertz), fps)
    assert _column(features, "flashes_whole_picture")[MIDDLE].mean() == pytest.approx(hertz, abs=0.3)
    over = _column(features, "flashes_area_over_limit")[MIDDLE].mean()
    assert over == pytest.approx(1.0 if hertz > 3 else 0.0, abs=0.05)


def test_a_small_flashing_box_is_over_the_limit_in_its_block_only(tmp_path: Path) -> None:
    def picture(t: float) -> Image:
        image = still(t)
        image[10:60, 10:70] = 255 if int(t * 16) % 2 else 0
        return image

    features = _features(tmp_path, picture)
    assert _column(features, "flashes_block_over_limit")[MIDDLE].min() > 0.9
    assert _column(features, "flashes_area_over_limit")[MIDDLE].max() < 0.25


def test_saturated_red_flashes_count_as_red(tmp_path: Path) -> None:
    features = _features(tmp_path, _strobe(5, high=(255, 0, 0)))
    assert _column(features, "red_flashes_block_over_limit")[MIDDLE].min() > 0.9
    grey = _features(tmp_path, _strobe(5))
    assert _column(grey, "red_flashes_max").max() == 0


def test_a_single_flash_and_a_pan_are_not_over_the_limit(tmp_path: Path) -> None:
    def flash(t: float) -> Image:
        return np.full((120, 160, 3), 255, np.uint8) if 2.0 <= t < 2.1 else still(t)

    def pan(t: float) -> Image:
        columns = np.random.default_rng(3).integers(0, 2, (12, 60)).astype(np.uint8) * 200 + 20
        world = np.kron(columns, np.ones((10, 20), np.uint8))
        return world[:, int(t * 150) : int(t * 150) + 160, None].repeat(3, 2)

    for picture in (flash, pan):
        features = _features(tmp_path, picture)
        assert _column(features, "flashes_block_over_limit").max() < 0.25
        assert not features.cuts.any()


def test_a_short_local_burst_of_light_is_a_spike_in_its_step(tmp_path: Path) -> None:
    def picture(t: float) -> Image:
        image = (still(t) * 0.3).astype(np.uint8)
        if 2.04 <= t < 2.1:
            image[50:80, 60:100] = 255
        return image

    spikes = _column(_features(tmp_path, picture), "spike_max")
    assert spikes.argmax() == 8
    assert spikes[8] > 0.8
    assert np.delete(spikes, 8).max() < 0.1


def test_motion_is_measured_in_the_pictures_width_whatever_the_rate(tmp_path: Path) -> None:
    speeds = []
    for fps in (12.0, 30.0):
        features = _features(tmp_path, moving, fps)
        speeds.append(float(np.median(_column(features, "flow_p97")[2:10])))
    assert speeds[0] == pytest.approx(speeds[1], rel=0.5)
    assert 15 < speeds[0] < 90  # the box moves at 60 / 160 of the width: 37 per cent a second


def test_a_still_has_no_difference_and_a_held_frame_no_motion(tmp_path: Path) -> None:
    features = _features(tmp_path, still)
    assert _column(features, "difference_mean").max() < 1
    film = write_film(tmp_path / "held.mp4", picture=moving, sound=None, times=[0.0, 0.1, 0.2, 6.0])
    held = extract(film)
    assert held.picture_mask.all()
    assert _column(held, "flow_mean")[4:22].max() == 0
    assert _column(held, "difference_mean")[4:22].max() == 0


def test_a_cut_is_found_where_the_shot_changes_and_its_motion_is_not_the_jumps(tmp_path: Path) -> None:
    def picture(t: float) -> Image:
        return still(t) if t < 2.0 else np.full((120, 160, 3), (20, 160, 220), np.uint8)

    features = _features(tmp_path, picture)
    assert np.flatnonzero(features.cuts).tolist() == [8]
    assert _column(features, "difference_250_mean")[8] < 2


def test_strobes_are_not_cuts(tmp_path: Path) -> None:
    assert not _features(tmp_path, _strobe(5)).cuts.any()


def test_a_late_picture_is_masked_until_it_begins(tmp_path: Path) -> None:
    film = write_film(tmp_path / "late.mp4", seconds=2.0, picture_starts=1.0)
    features = extract(film)
    assert not features.picture_mask[:4].any()
    assert features.picture_mask[4:12].all()
    assert not features.picture[:4].any()


def test_swings_are_found_whatever_the_drift_between_them() -> None:
    counter = SwingCounter(1)
    values = [0.5, 0.45, 0.55, 0.7, 0.72, 0.6, 0.3, 0.41, 0.42, 0.2]
    swings = [bool(counter.update(np.array([v], np.float32))[0]) for v in values]
    assert swings == [False, False, True, False, False, True, False, True, False, True]


def test_bright_swings_above_the_dark_limit_are_no_flashes() -> None:
    counter = SwingCounter(1)
    assert not any(counter.update(np.array([v], np.float32))[0] for v in (0.85, 1.0, 0.85, 1.0))


def test_flashes_a_second_are_the_same_at_both_ends_of_a_chunk() -> None:
    swings = np.ones((12, 1), np.uint8)
    assert per_second(swings)[2:-2, 0].tolist() == [2.0] * 8
