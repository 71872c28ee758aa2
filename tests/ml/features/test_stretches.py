"""Parts of a film give the same rows as the whole of it, and nothing outside them passes for seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.features import PICTURE_NAMES, extract
from ml.features.stretches import steps_in
from tests.ml.media.films import write_film

# Flashes are counted over the second around a step: at a stretch's edge less of it is known.
LOCAL = [n for n, name in enumerate(PICTURE_NAMES) if "flashes" not in name]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("films") / "film.mp4", seconds=8.0, b_frames=2)


def test_a_stretch_has_the_rows_of_the_whole_film(film: Path) -> None:
    whole, part = extract(film), extract(film, stretches=[(2.1, 4.0), (5.5, 7.3)])
    seen = part.picture_mask
    assert np.flatnonzero(seen).tolist() == [10, 11, 12, 13, 14, 24, 25, 26, 27]
    np.testing.assert_allclose(part.picture[seen][:, LOCAL], whole.picture[seen][:, LOCAL], rtol=1e-5)
    np.testing.assert_array_equal(part.sound, whole.sound)


def test_what_was_not_decoded_is_zero_and_not_seen(film: Path) -> None:
    part = extract(film, stretches=[(2.0, 4.0)], listen=False)
    assert not part.picture[~part.picture_mask].any()
    assert not part.sound_mask.any()
    assert not part.sound.any()


def test_no_stretch_at_all_leaves_the_sound(film: Path) -> None:
    part = extract(film, stretches=[])
    assert not part.picture_mask.any()
    assert part.sound_mask.any()


def test_the_first_and_last_step_of_a_film_count_when_a_stretch_reaches_its_ends() -> None:
    assert steps_in([(0.0, 10.0)], 33).all()
    assert steps_in([(0.0, 8.1)], 33)[-1]
    assert np.flatnonzero(steps_in([(0.0, 1.0)], 33)).tolist() == [0, 1, 2]
    assert not steps_in([(1.0, 1.3)], 33).any()
