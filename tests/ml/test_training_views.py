"""Training views teach, and only teach: they judge nothing, stay with their video, and weigh no more."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ml.table
from ml.bundle import load_bundle
from ml.errors import FeatureMismatch
from ml.features import Features, Tier, load_features
from ml.features.views import VIEWS, Views, save_views
from ml.table import StepTable, read_table
from ml.train import train_bundle
from ml.types import Example, IntArray
from tests.ml.making import SPECS, STEPS, make_examples, make_pretrained_example

STRETCH, WHOLE = np.arange(20, 60), np.arange(STEPS)
OTHERS = len(VIEWS) - 1  # the first view is the step as it is


def make_views(features: Features, *, noise: float = 0.0, steps: IntArray = STRETCH) -> Views:
    """The steps' own descriptors in every view, with noise of their own if asked for."""
    rng = np.random.default_rng(len(features.picture))
    count, learned = len(VIEWS), features.picture_embedding
    picture = np.repeat(features.picture[None, steps], count, axis=0)
    rows = np.zeros((count, 0, 0), np.float16)
    if features.tier == "pretrained":
        rows = np.repeat(learned[None, steps[::2] // 2], count, axis=0)
    return Views(
        version=features.version,
        tier=features.tier,
        weights=features.weights,
        names=tuple(view.name for view in VIEWS),
        steps=steps,
        picture=picture + noise * rng.standard_normal(picture.shape).astype(np.float32),
        mask=np.repeat(features.picture_mask[None, steps], count, axis=0),
        cuts=np.repeat(features.cuts[None, steps], count, axis=0),
        picture_embedding=rows,
    )


def with_views(
    examples: Sequence[Example], *, noise: float = 0.0, steps: IntArray = STRETCH
) -> list[Example]:
    """The examples, each with views of a stretch beside its features."""
    result = []
    for example in examples:
        path = example.features_path.with_suffix(".views")
        save_views(make_views(load_features(example.features_path), noise=noise, steps=steps), path)
        result.append(replace(example, views_path=path))
    return result


def read(examples: Sequence[Example], tier: Tier = "embedded") -> StepTable:
    return read_table(examples, SPECS, seed=0, tier=tier)


def test_a_view_is_a_row_beside_the_step_it_is_a_view_of(tmp_path: Path) -> None:
    table = read(with_views(make_examples(tmp_path, 3), steps=WHOLE))
    assert table.views is not None
    assert len(table.views.of) == OTHERS * len(table.label)
    assert np.bincount(table.views.of).tolist() == [OTHERS] * len(table.label)
    np.testing.assert_allclose(table.views.picture, table.picture[table.views.of], atol=1e-5)


def test_a_pretrained_view_is_embedded_like_its_step(tmp_path: Path) -> None:
    films = [make_pretrained_example(tmp_path, number) for number in range(3)]
    table = read(with_views(films, steps=WHOLE), "pretrained")
    assert table.views is not None
    assert table.views.picture_embedding is not None
    steps = table.embeddings["picture_embedding"][table.views.of]
    np.testing.assert_allclose(table.views.picture_embedding, steps, atol=1e-4)


def test_steps_that_nobody_labelled_have_no_views(tmp_path: Path) -> None:
    (film,) = make_examples(tmp_path, 1)
    begun = replace(film.annotations[0], marks=(), watched=((0.0, 8.0),), unmuted=((0.0, 8.0),))
    table = read(with_views([replace(film, annotations=(begun,))]))
    assert table.views is not None
    assert set(table.views.of) == set(range(STRETCH[0], 32))


@pytest.mark.parametrize("tier", ["embedded", "pretrained"])
def test_views_that_show_nothing_new_change_nothing(tmp_path: Path, tier: Tier) -> None:
    """Were views judged, in another fold than their step, or heavier than it, the figures would move."""
    films = (
        make_examples(tmp_path, 6)
        if tier == "embedded"
        else [make_pretrained_example(tmp_path, number) for number in range(6)]
    )
    plain = train_bundle(films, violations=SPECS, out_dir=tmp_path / "plain", name="x", tier=tier)
    seen = train_bundle(
        with_views(films, steps=WHOLE), violations=SPECS, out_dir=tmp_path / "seen", name="x", tier=tier
    )
    assert plain["training_views"] == 0
    assert seen["training_views"] == OTHERS * seen["steps"]
    for slug, figures in plain["violations"].items():
        assert seen["violations"][slug]["steps"] == figures["steps"]
        assert seen["violations"][slug]["auc"] == pytest.approx(figures["auc"], abs=0.005)
    one, other = (load_bundle(tmp_path / folder).model.heads() for folder in ("plain", "seen"))
    for name, head in one.items():
        np.testing.assert_allclose(
            other[name].weight.detach().numpy(), head.weight.detach().numpy(), atol=0.01, err_msg=name
        )


def test_different_views_change_what_is_learned_and_are_as_repeatable(tmp_path: Path) -> None:
    films = make_examples(tmp_path, 5)
    digests = [
        train_bundle(examples, violations=SPECS, out_dir=tmp_path / name, name="x")["digest"]
        for name, examples in (
            ("plain", films),
            ("views", with_views(films, noise=1.0)),
            ("again", with_views(films, noise=1.0)),
        )
    ]
    assert digests[0] != digests[1] == digests[2]


def test_views_of_validation_films_are_not_even_opened(tmp_path: Path) -> None:
    films = [*make_examples(tmp_path, 4), *make_examples(tmp_path, 3, "validation", first=50)]
    nowhere = [replace(film, views_path=tmp_path / "none") for film in films if film.split == "validation"]
    assert read([*films[:4], *nowhere]).views is None


def test_views_fill_what_the_steps_leave_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    films = with_views(make_examples(tmp_path, 3))
    room = 3 * STEPS + 240
    monkeypatch.setattr(ml.table, "MAX_STEPS", room)
    table = read(films)
    assert table.views is not None
    assert 100 < len(table.views.of) <= room - len(table.label)
    monkeypatch.setattr(ml.table, "MAX_STEPS", 3)
    assert read(films).views is None


def test_views_by_other_networks_or_missing_ones_are_refused(tmp_path: Path) -> None:
    film = make_pretrained_example(tmp_path, 0)
    other = make_pretrained_example(tmp_path, 1, weights={"eyes.tflite": "9" * 64})
    (seen,) = with_views([other])
    with pytest.raises(FeatureMismatch) as caught:
        read([replace(film, views_path=seen.views_path)], "pretrained")
    assert caught.value.code == "views_mixed"
    assert read([replace(film, views_path=seen.views_path)]).views is not None  # descriptors are the same
    with pytest.raises(FileNotFoundError):
        read([replace(film, views_path=tmp_path / "none")])
