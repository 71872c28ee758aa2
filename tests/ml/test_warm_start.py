"""Fitting may begin at an older bundle's weights: it ends where it would have ended anyway."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.bundle import Bundle, load_bundle
from ml.features import load_features
from ml.scoring import score
from ml.train import train_bundle
from ml.types import Example
from ml.warm_start import warm_lines
from tests.ml.making import FLASHING, SCREAM, SPECS, make_examples, make_pretrained_example


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    folder = tmp_path_factory.mktemp("films")
    return [make_pretrained_example(folder, number, people=2) for number in range(14)]


def trained(examples: Sequence[Example], folder: Path, name: str, warm: Bundle | None = None) -> Bundle:
    train_bundle(examples, violations=SPECS, out_dir=folder / name, name=name, warm_from=warm)
    return load_bundle(folder / name)


def test_a_warm_training_ends_where_a_cold_one_does(films: Sequence[Example], tmp_path: Path) -> None:
    older = trained(films[:10], tmp_path, "older")
    cold, warm = trained(films, tmp_path, "cold"), trained(films, tmp_path, "warm", older)
    assert warm.metrics["warm_from"] == {"name": "older", "digest": older.digest}
    assert cold.metrics["warm_from"] is None
    for name, head in cold.model.heads().items():
        assert warm.model.heads()[name].weight.detach().numpy() == pytest.approx(
            head.weight.detach().numpy(), rel=5e-3, abs=5e-3
        ), name
    features = load_features(films[0].features_path)
    for spec in SPECS:
        one, other = (score(features, bundle).curves[spec.slug] for bundle in (cold, warm))
        assert one == pytest.approx(other, abs=5e-3)
        assert warm.metrics["violations"][spec.slug]["auc"] == pytest.approx(
            cold.metrics["violations"][spec.slug]["auc"], abs=2e-3
        )


def test_the_same_start_gives_the_same_bytes(films: Sequence[Example], tmp_path: Path) -> None:
    older = trained(films[:10], tmp_path, "older")
    one, other = (trained(films, tmp_path / part, "x", older) for part in ("a", "b"))
    assert one.digest == other.digest


def test_of_descriptors_a_line_is_carried_over_exactly(films: Sequence[Example], tmp_path: Path) -> None:
    older = trained(films, tmp_path, "older")
    head = older.model.picture
    moved = type(head)(len(head.mean), len(head.weight), 2, 4)
    moved.mean.copy_(head.mean + 0.1)
    moved.scale.copy_(head.scale * 1.3)
    lines = warm_lines(older, "picture", older.scored_by["picture"], moved)
    noise = torch.randn(50, len(head.mean), generator=torch.Generator().manual_seed(0))
    x = head.mean + 0.5 * noise * head.scale  # nowhere so odd that it is clipped
    for number in range(len(head.weight)):
        weight, bias = lines[number]
        got = moved.standardise(x) @ weight + bias
        wanted = head.standardise(x) @ head.weight[number] + head.bias[number]
        assert got.detach().numpy() == pytest.approx(wanted.detach().numpy(), abs=1e-4)


def test_an_embeddings_line_survives_a_change_of_directions(films: Sequence[Example], tmp_path: Path) -> None:
    older, newer = trained(films[:10], tmp_path, "older"), trained(films, tmp_path, "newer")
    old, new = older.model.heads()["sound_embedding"], newer.model.heads()["sound_embedding"]
    place = older.scored_by["sound_embedding"].index(SCREAM.slug)
    weight, bias = warm_lines(older, "sound_embedding", older.scored_by["sound_embedding"], new)[place]
    x = torch.randn(200, len(old.mean), generator=torch.Generator().manual_seed(0)) * old.scale + old.mean
    got = new.standardise(x) @ weight + bias
    wanted = old.standardise(x) @ old.weight[place] + old.bias[place]
    assert np.corrcoef(got.detach().numpy(), wanted.detach().numpy())[0, 1] > 0.9


def test_a_type_the_older_bundle_did_not_know_begins_at_nothing(
    films: Sequence[Example], tmp_path: Path
) -> None:
    older = trained(films, tmp_path, "older")
    lines = warm_lines(older, "picture", ("dancing", FLASHING.slug), older.model.picture)
    assert list(lines) == [1]


def test_a_bundle_of_other_features_is_left_aside_and_it_is_said(
    films: Sequence[Example], tmp_path: Path
) -> None:
    older = trained(make_examples(tmp_path, 6), tmp_path, "older")
    newer = trained(films, tmp_path, "newer", older)
    assert newer.metrics["warm_from"] is None
    assert 'not from "older"' in newer.metrics["began_afresh"]
