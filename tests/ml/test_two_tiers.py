"""Two tiers behind one interface: a bundle learns from one, says which, and refuses the other."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import ml.scoring
from ml.bundle import CARD, Bundle, load_bundle
from ml.embeddings import VIEWS, statistics_at, statistics_between
from ml.errors import FeatureMismatch
from ml.evaluate import evaluate_bundle
from ml.features import as_embedded, load_features, save_features
from ml.models.reduction import fit_reduction
from ml.models.windows import LONG_RADIUS, RADIUS
from ml.scoring import score
from ml.train import train_bundle
from ml.types import Example
from tests.ml.making import (
    FLASHING,
    GUNFIRE,
    SCREAM,
    SPECS,
    WEIGHTS,
    make_examples,
    make_marks,
    make_pretrained,
    make_pretrained_example,
)


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    folder = tmp_path_factory.mktemp("pretrained")
    return [make_pretrained_example(folder, number, people=2) for number in range(12)]


@pytest.fixture(scope="session")
def bundles(films: Sequence[Example], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """The same films learned in the pretrained tier and in the embedded one."""
    folder = tmp_path_factory.mktemp("tiers")
    train_bundle(films, violations=SPECS, out_dir=folder / "pretrained", name="p")
    train_bundle(films, violations=SPECS, out_dir=folder / "embedded", name="e", tier="embedded")
    return {name: load_bundle(folder / name) for name in ("pretrained", "embedded")}


@pytest.fixture(scope="session")
def others(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    folder = tmp_path_factory.mktemp("others")
    return [make_pretrained_example(folder, number, "holdout") for number in range(100, 110)]


def test_embeddings_help_where_they_know_something_and_cost_nothing_elsewhere(
    bundles: dict[str, Bundle], others: Sequence[Example]
) -> None:
    auc = {
        tier: {s: f["auc"] for s, f in evaluate_bundle(bundle, others)["violations"].items()}
        for tier, bundle in bundles.items()
    }
    assert auc["pretrained"][SCREAM.slug] > auc["embedded"][SCREAM.slug]
    assert auc["pretrained"][GUNFIRE.slug] > auc["embedded"][GUNFIRE.slug]
    assert auc["pretrained"][FLASHING.slug] > auc["embedded"][FLASHING.slug] - 0.05


def test_each_type_decides_how_far_it_trusts_the_networks(bundles: dict[str, Bundle]) -> None:
    bundle = bundles["pretrained"]
    by_head = {slug: m["auc_by_head"] for slug, m in bundle.metrics["violations"].items()}
    assert by_head[FLASHING.slug]["picture"] > by_head[FLASHING.slug]["picture_embedding"]
    assert set(bundle.fusions[FLASHING.slug].blend) == {"picture", "picture_embedding"}
    assert set(bundle.fusions[SCREAM.slug].blend) == {"sound", "sound_embedding"}
    assert bundles["embedded"].fusions[SCREAM.slug].blend == {}


def test_a_pretrained_bundle_names_the_weights_and_refuses_others(bundles: dict[str, Bundle]) -> None:
    bundle = bundles["pretrained"]
    assert (bundle.extractor.tier, dict(bundle.extractor.weights)) == ("pretrained", WEIGHTS)
    retrained = make_pretrained(weights=WEIGHTS | {"ears.pt": "3" * 64})
    with pytest.raises(FeatureMismatch, match=r"ears\.pt differ") as refusal:
        score(retrained, bundle)
    assert refusal.value.code == "features_other_weights"


def test_either_bundle_refuses_the_other_tiers_features(bundles: dict[str, Bundle]) -> None:
    features = make_pretrained()
    for bundle, other in ((bundles["pretrained"], as_embedded(features)), (bundles["embedded"], features)):
        with pytest.raises(FeatureMismatch) as refusal:
            score(other, bundle)
        assert refusal.value.code == "features_other_tier"


def test_an_embedded_bundle_reads_pretrained_files_without_a_second_extraction(
    bundles: dict[str, Bundle], others: Sequence[Example]
) -> None:
    assert evaluate_bundle(bundles["embedded"], others)["macro_auc"] > 0.7


def test_without_a_choice_the_tier_is_what_all_examples_have(
    films: Sequence[Example], tmp_path: Path
) -> None:
    plain = replace(make_examples(tmp_path, 1, first=60)[0])
    metrics = train_bundle([*films, plain], violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert metrics["tier"] == "embedded"
    assert metrics["tier_of_examples"] == {"embedded": 1, "pretrained": 12}
    assert load_bundle(tmp_path / "b").extractor.tier == "embedded"


def test_a_pretrained_training_on_mixed_tiers_or_weights_is_refused(
    films: Sequence[Example], tmp_path: Path
) -> None:
    plain = make_examples(tmp_path, 1, first=60)[0]
    foreign = make_pretrained_example(tmp_path, 61, weights=WEIGHTS | {"ears.pt": "3" * 64})
    for odd, said in (
        (plain, "1 of the 13 videos"),
        (foreign, "1 of the 13 videos were made with different weights"),
    ):
        with pytest.raises(FeatureMismatch, match=said) as refusal:
            train_bundle([*films, odd], violations=SPECS, out_dir=tmp_path / "b", name="x", tier="pretrained")
        assert refusal.value.code == "features_mixed"


def test_a_damaged_features_file_is_named(films: Sequence[Example], tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"half written")
    broken = replace(films[0], features_path=tmp_path / "broken.safetensors")
    with pytest.raises(FeatureMismatch, match=films[0].video) as refusal:
        train_bundle([*films[1:], broken], violations=SPECS, out_dir=tmp_path / "b", name="x")
    assert refusal.value.code == "damaged_features"


def test_the_same_pretrained_films_give_the_same_bytes(films: Sequence[Example], tmp_path: Path) -> None:
    digests = {
        train_bundle(films, violations=SPECS, out_dir=tmp_path / f"b{n}", name="x")["digest"]
        for n in range(2)
    }
    assert len(digests) == 1


def test_validation_films_do_not_choose_the_directions(films: Sequence[Example], tmp_path: Path) -> None:
    bases = []
    for n, shift in enumerate((0.0, 3.0)):
        validation = [make_pretrained_example(tmp_path, number, "validation") for number in range(50, 58)]
        for example in validation:
            features = load_features(example.features_path)
            moved = features.picture_embedding + np.float16(shift)
            save_features(replace(features, picture_embedding=moved), example.features_path)
        train_bundle([*films, *validation], violations=SPECS, out_dir=tmp_path / f"b{n}", name="x")
        bases.append(load_bundle(tmp_path / f"b{n}").model.state_dict()["learned.picture_embedding.basis"])
    assert torch.equal(bases[0], bases[1])


@pytest.mark.parametrize("steps", [95, 96])
def test_pretrained_features_in_stretches_score_like_whole_ones(
    bundles: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    features = make_pretrained(make_marks(7), seed=7, steps=steps)
    whole = score(features, bundles["pretrained"])
    monkeypatch.setattr(ml.scoring, "STRETCH", 8)
    stretched = score(features, bundles["pretrained"])
    for spec in SPECS:
        assert len(whole.curves[spec.slug]) == steps
        assert stretched.curves[spec.slug] == pytest.approx(whole.curves[spec.slug], abs=1e-5)


def test_training_and_scoring_see_the_same_statistics() -> None:
    features = make_pretrained(make_marks(7), seed=7, steps=95)
    for view in VIEWS:
        ((_, at),) = statistics_at(features, view, np.arange(95))
        between = statistics_between(features, view, 0, 95)
        assert np.array_equal(np.repeat(between, view.every, axis=0)[:95], at)


def test_a_panel_leans_in_the_embedding_heads_too(bundles: dict[str, Bundle]) -> None:
    scores = score(make_pretrained(make_marks(7), seed=7), bundles["pretrained"])
    for spec in SPECS:
        assert (scores.low[spec.slug] <= scores.curves[spec.slug]).all()
        assert (scores.high[spec.slug] >= scores.curves[spec.slug]).all()


def test_reduced_statistics_keep_distances_along_the_strong_directions() -> None:
    rng = np.random.default_rng(0)
    strong = rng.standard_normal((300, 4)) @ rng.standard_normal((4, 60))
    sample = (strong + 0.01 * rng.standard_normal((300, 60))).astype(np.float32)
    for rows in (sample, sample[:20]):
        reduction = fit_reduction(rows, 8)
        h = reduction(rows)
        assert float(np.square(h).sum(axis=1).mean()) == pytest.approx(8.0, rel=1e-3)
        wanted = np.linalg.norm((rows[0] - rows[1:]) / reduction.scale, axis=1)
        got = np.linalg.norm(h[0] - h[1:], axis=1)
        assert np.corrcoef(wanted, got)[0, 1] > 0.999


def test_the_card_says_which_networks_a_pretrained_bundle_needs(
    films: Sequence[Example], tmp_path: Path
) -> None:
    train_bundle(films, violations=SPECS, out_dir=tmp_path / "b", name="x")
    text = (tmp_path / "b" / CARD).read_text()
    for name, digest in WEIGHTS.items():
        assert name in text
        assert digest in text
    assert "the licence is in the network's sidecar" in text  # none of these is a published file


def test_the_card_calls_embedded_features_basic(films: Sequence[Example], tmp_path: Path) -> None:
    train_bundle(films, violations=SPECS, out_dir=tmp_path / "b", name="x", tier="embedded")
    assert "embedded features: basic" in (tmp_path / "b" / CARD).read_text().lower()


def test_scores_along_the_film_are_those_of_the_heads_applied_plainly(bundles: dict[str, Bundle]) -> None:
    """Scoring takes statistics from running sums, in stretches; here every window is looked at by itself."""
    features, bundle = make_pretrained(make_marks(7), seed=7), bundles["pretrained"]
    head = bundle.model.heads()["sound_embedding"]
    values = features.sound_embedding.astype(np.float64)
    rows = []
    for t in range(len(values)):
        near, far = (values[max(t - r, 0) : t + r + 1] for r in (RADIUS, LONG_RADIUS))
        rows.append(np.concatenate([near.mean(0), near.std(0), near.max(0), far.mean(0)]))
    plain = head.consensus(head.standardise(torch.from_numpy(np.asarray(rows, np.float32))))
    view = next(view for view in VIEWS if view.name == "sound_embedding")
    scored = head.consensus(
        head.standardise(torch.from_numpy(statistics_between(features, view, 0, len(values))))
    )
    assert scored.detach().numpy() == pytest.approx(plain.detach().numpy(), abs=1e-4)
