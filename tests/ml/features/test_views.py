"""Training views: the plain one is the ordinary features, the others see the same otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.errors import FeatureMismatch
from ml.features import PICTURE_NAMES, extract
from ml.features.views import VIEWS, Views, extract_views, load_views, save_views, within_budget
from tests.ml.features.published import WEIGHTS, needs_weights
from tests.ml.media.films import Image, moving, write_film


def _leftward(t: float) -> Image:
    """A box at the left that goes up and down, on grey."""
    image = np.full((120, 160, 3), 60, np.uint8)
    top = int(40 + 30 * np.sin(t * 5))
    image[top : top + 30, 5:45] = moving(0.0)[:30, :40]
    return image


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    return write_film(folder / "film.mp4", seconds=8.0, picture=_leftward, sound=None)


@pytest.fixture(scope="module")
def views(film: Path) -> Views:
    return extract_views(film, regions=[(2.0, 3.0), (5.1, 6.4)], budget_s=60)


def test_there_are_eleven_views_and_the_plain_one_comes_first(views: Views) -> None:
    assert len(views.names) == len(set(views.names)) == 11
    assert (VIEWS[0].name, VIEWS[0].phase_s, VIEWS[0].window) == ("plain", 0.0, None)
    assert views.picture.shape == (11, 10, len(PICTURE_NAMES))
    assert np.isfinite(views.picture).all()


def test_the_plain_view_is_the_ordinary_features_of_its_steps(film: Path, views: Views) -> None:
    whole = extract(film)
    assert views.steps.tolist() == [8, 9, 10, 11, 20, 21, 22, 23, 24, 25]
    plain = views.features(0)
    np.testing.assert_allclose(plain.picture, whole.picture[views.steps], atol=1e-3)
    np.testing.assert_array_equal(plain.picture_mask, whole.picture_mask[views.steps])
    assert plain.version == whole.version


def test_windows_stay_inside_a_region(views: Views) -> None:
    assert all(np.flatnonzero(cuts).tolist() == [0, 4] for cuts in views.cuts)


def test_a_mirrored_view_sees_on_the_right_what_was_on_the_left(views: Views) -> None:
    cell = [PICTURE_NAMES.index(f"difference_cell_{row}{column}") for row in range(4) for column in (0, 3)]
    plain, mirrored = (
        views.picture[views.names.index(n)][:, cell].sum(0) for n in ("plain", "plain_mirrored")
    )
    assert plain[::2].sum() > 5 * plain[1::2].sum()
    np.testing.assert_allclose(plain[::2], mirrored[1::2], rtol=0.1, atol=0.5)


def test_a_crop_at_the_right_sees_less_of_what_moves_at_the_left(views: Views) -> None:
    column = PICTURE_NAMES.index("difference_mean")
    left, right = (
        views.picture[views.names.index(f"crop_top_{side}"), :, column].mean() for side in ("left", "right")
    )
    assert left > 2 * right


def test_phases_differ_from_the_plain_view_but_not_in_kind(views: Views) -> None:
    column = PICTURE_NAMES.index("flow_mean")
    plain, phase = (views.picture[views.names.index(n), :, column] for n in ("plain", "phase_1"))
    assert np.abs(plain - phase).max() > 0.01
    assert phase.mean() == pytest.approx(plain.mean(), rel=0.6)


def test_regions_are_widened_joined_and_kept_within_the_budget() -> None:
    assert within_budget([(3.1, 3.2), (0.0, 1.0), (0.9, 2.0)], 60) == [(0.0, 2.0), (3.0, 3.5)]
    assert within_budget([(0.0, 10.0), (20.0, 40.0)], 15) == [(2.5, 7.5), (25.0, 35.0)]
    assert within_budget([(0.0, 10.0)], 0) == [(4.5, 5.0)]
    for wrong in ([], [(2.0, 2.0)], [(-1.0, 2.0)]):
        with pytest.raises(ValueError, match="region"):
            within_budget(wrong, 10)


def test_a_region_beyond_the_end_is_masked_out(film: Path) -> None:
    late = extract_views(film, regions=[(7.0, 12.0)], budget_s=60)
    assert late.mask[:, :3].all()
    assert not late.mask[:, 8:].any()
    assert not late.picture[:, 8:].any()


def test_views_come_back_as_they_were_saved_and_others_are_refused(views: Views, tmp_path: Path) -> None:
    path = tmp_path / "views.safetensors"
    save_views(views, path)
    back = load_views(path)
    assert back.names == views.names
    np.testing.assert_array_equal(back.picture, views.picture)
    assert [p.name for p in tmp_path.iterdir()] == ["views.safetensors"]
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(FeatureMismatch) as caught:
        load_views(path)
    assert caught.value.code == "damaged_features"
    with pytest.raises(FileNotFoundError):
        load_views(tmp_path / "none")


@needs_weights
def test_the_pretrained_tiers_plain_view_is_its_ordinary_embedding(film: Path) -> None:
    whole = extract(film, weights=WEIGHTS)
    views = extract_views(film, regions=[(2.0, 3.0)], budget_s=60, weights=WEIGHTS)
    assert views.version == whole.version
    rows = views.features(0).picture_embedding.astype(np.float32)
    np.testing.assert_allclose(rows, whole.picture_embedding[4:6].astype(np.float32), atol=0.02)
    assert views.picture_embedding.shape[:2] == (11, 2)
    assert np.abs(views.picture_embedding[1].astype(np.float32) - rows).max() > 0.05
