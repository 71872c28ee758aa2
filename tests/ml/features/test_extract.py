"""A file's features as a whole: shapes, masks, finiteness, keeping them, and every odd file there is."""

from __future__ import annotations

import os
import re
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.errors import FeatureMismatch, MediaRefused
from ml.features import (
    EMBEDDED_VERSION,
    PICTURE_NAMES,
    SOUND_NAMES,
    Features,
    as_embedded,
    extract,
    extractor_version,
    load_features,
    picture,
    save_features,
    sound,
)
from ml.features.store import BLOCK, make_finite
from ml.media.probe import probe
from tests.ml.media.films import Image, moving, write_film

DATA = Path(os.environ.get("SPOTTER_DATA", Path(__file__).parents[4] / "shared" / "data"))
ODD = sorted(path for path in DATA.glob("odd/*/*") if path.name != "LICENSE")


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Features:
    return extract(write_film(tmp_path_factory.mktemp("films") / "film.mp4", seconds=3.0))


def test_a_film_has_four_rows_a_second_of_named_finite_numbers(features: Features) -> None:
    steps = int(np.ceil(features.duration_s * 4))
    assert features.picture.shape == (steps, len(PICTURE_NAMES))
    assert features.sound.shape == (steps, len(SOUND_NAMES))
    assert {features.picture.dtype, features.sound.dtype} == {np.dtype(np.float32)}
    assert features.picture_mask[:12].all()
    assert features.sound_mask[:12].all()
    assert np.isfinite(features.picture).all()
    assert np.isfinite(features.sound).all()
    assert (features.version, features.tier, features.step_s) == (EMBEDDED_VERSION, "embedded", 0.25)


@pytest.mark.parametrize(("picture_starts", "sound_starts"), [(0.0, 1.5), (1.25, 0.0), (0.5, 0.5)])
def test_what_happens_together_lies_in_one_row_however_late_the_streams_start(
    tmp_path: Path, picture_starts: float, sound_starts: float
) -> None:
    at = 3.05  # on the file's timeline, in step 12

    def bright(t: float) -> Image:
        return np.full_like(moving(t), 255 if abs(t - at) < 0.1 else 40)

    def bang(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return 0.9 * np.sin(2 * np.pi * 440 * times) * (np.abs(times + sound_starts - at) < 0.03)

    film = write_film(
        tmp_path / "film.mkv",
        seconds=5.0,
        picture=bright,
        sound=bang,
        picture_starts=picture_starts,
        sound_starts=sound_starts,
    )
    found = extract(film)
    assert int(found.picture[:, PICTURE_NAMES.index("light_mean")].argmax()) == 12
    heard = np.where(found.sound_mask, found.sound[:, SOUND_NAMES.index("level_mean_db")], -np.inf)
    assert int(heard.argmax()) == 12


def test_names_are_unique_and_speak_of_no_container() -> None:
    names = (*PICTURE_NAMES, *SOUND_NAMES)
    assert len(set(names)) == len(names)
    assert not [n for n in names if any(word in n for word in ("codec", "fps", "duration", "bit", "size"))]


@pytest.mark.parametrize(("module", "names"), [(picture, PICTURE_NAMES), (sound, SOUND_NAMES)])
def test_the_docstrings_list_of_descriptors_adds_up(module: ModuleType, names: tuple[str, ...]) -> None:
    told = module.__doc__ or ""
    assert f"{len(names)} descriptors" in told
    assert sum(int(number) for number in re.findall(r"\((\d+)\):", told)) == len(names)


def test_the_same_film_gives_the_same_numbers_in_another_container(tmp_path: Path) -> None:
    first = extract(write_film(tmp_path / "a.mp4", seconds=2.0, sound=None))
    second = extract(write_film(tmp_path / "b.mkv", seconds=2.0, sound=None))
    np.testing.assert_allclose(first.picture, second.picture, atol=1e-3)


def test_progress_rises_to_one(tmp_path: Path) -> None:
    heard: list[float] = []
    extract(write_film(tmp_path / "film.mp4", seconds=2.0), on_progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0, abs=0.02)


def test_sound_alone_and_picture_alone_are_masked(tmp_path: Path) -> None:
    sound = extract(write_film(tmp_path / "s.mp4", picture=None))
    assert not sound.picture_mask.any()
    assert sound.sound_mask[:8].all()
    picture = extract(write_film(tmp_path / "p.mp4", sound=None))
    assert not picture.sound_mask.any()
    assert picture.picture_mask[:8].all()


def test_features_come_back_as_they_were_saved(features: Features, tmp_path: Path) -> None:
    save_features(features, tmp_path / "f.safetensors")
    back = load_features(tmp_path / "f.safetensors")
    for field in fields(Features):
        np.testing.assert_array_equal(getattr(back, field.name), getattr(features, field.name))
    assert [p.name for p in tmp_path.iterdir()] == ["f.safetensors"]


def test_features_of_another_version_are_refused_unless_any_will_do(
    features: Features, tmp_path: Path
) -> None:
    save_features(replace(features, version="embedded-0"), tmp_path / "f.safetensors")
    with pytest.raises(FeatureMismatch, match="analyse the video again") as caught:
        load_features(tmp_path / "f.safetensors")
    assert caught.value.code == "features_version"
    assert load_features(tmp_path / "f.safetensors", any_version=True).version == "embedded-0"


def test_damaged_features_are_refused(features: Features, tmp_path: Path) -> None:
    path = tmp_path / "f.safetensors"
    save_features(features, path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FeatureMismatch) as caught:
        load_features(path)
    assert caught.value.code == "damaged_features"
    with pytest.raises(FileNotFoundError):
        load_features(tmp_path / "none.safetensors")


def test_features_whose_arrays_are_not_of_one_video_are_refused(features: Features, tmp_path: Path) -> None:
    save_features(replace(features, cuts=features.cuts[:-1]), tmp_path / "f.safetensors")
    with pytest.raises(FeatureMismatch) as caught:
        load_features(tmp_path / "f.safetensors")
    assert caught.value.code == "damaged_features"


def test_the_embedded_view_of_older_features_does_not_pass_for_todays(features: Features) -> None:
    todays = replace(features, tier="pretrained", version=extractor_version({"a": "1"}), weights={"a": "1"})
    assert as_embedded(todays).version == EMBEDDED_VERSION
    older = replace(todays, version="pretrained-0-abc")
    assert as_embedded(older).version == "pretrained-0-abc"
    assert as_embedded(older).tier == "embedded"


def test_every_number_of_a_long_video_is_made_finite() -> None:
    rows = np.ones((2 * BLOCK + 3, 2), np.float32)
    for row, value in ((0, np.nan), (BLOCK, np.inf), (2 * BLOCK + 2, -np.inf)):
        rows[row, 1] = value
    make_finite(rows)
    assert rows.sum() == rows.size - 3


@pytest.mark.skipif(not ODD, reason="SPOTTER_DATA/odd is not here")
@pytest.mark.parametrize("path", ODD, ids=lambda path: path.name)
def test_every_odd_file_is_analysed_or_refused_with_a_sentence(path: Path) -> None:
    try:
        facts = probe(path)
    except MediaRefused:  # a typed error with its sentence; anything else fails the test
        return
    found = extract(path, facts=facts)
    assert np.isfinite(found.picture).all()
    assert np.isfinite(found.sound).all()
    assert found.picture_mask.any() == facts.has_picture
    assert found.sound_mask.any() == facts.has_sound
