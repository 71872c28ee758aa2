"""Four ways of learning annotators behind one argument: each is fitted, scored, saved and loaded alike."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.bundle import Bundle, load_bundle
from ml.errors import TrainingDataError
from ml.features import save_features
from ml.models.fit import spread_of
from ml.models.heads import ANNOTATORS, Annotators
from ml.models.separate import Separate, fit_separate
from ml.scoring import people_curves, score
from ml.train import train_bundle
from ml.types import Annotation, Example, Mark
from tests.ml.making import FLASHING, make_annotation, make_features, make_marks

EVERY = ("keen", "picky", "third", "stranger")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[Annotators, Bundle]:
    """Thirty films: "keen" and "third" mark all flashing, "picky" every other film's; learned in all ways."""
    folder = tmp_path_factory.mktemp("ways")
    examples = [_film(folder, number) for number in range(30)]
    for way in ANNOTATORS:
        train_bundle(examples, violations=[FLASHING], out_dir=folder / way, name=way, annotators=way)
    return {way: load_bundle(folder / way) for way in ANNOTATORS}


def _film(folder: Path, number: int) -> Example:
    marks = make_marks(number, [FLASHING.slug])
    path = folder / f"{number}.safetensors"
    save_features(make_features(marks, seed=number), path)
    words = (_review("keen", marks), _review("third", marks), _review("picky", marks if number % 2 else ()))
    return Example(str(number), path, str(number), "train", words)


def _review(annotator: str, marks: Sequence[Mark]) -> Annotation:
    return make_annotation(marks, annotator=annotator, covers=[FLASHING.slug])


def _inside(bundle: Bundle) -> dict[str, float]:
    """Mean score of each annotator where a new film shows flashing, and of the consensus."""
    marks = make_marks(60, [FLASHING.slug])
    curves = people_curves(make_features(marks, seed=77), bundle, EVERY)[FLASHING.slug]
    inside = slice(int(marks[0].start_s * 4) + 1, int(marks[0].end_s * 4) - 1)
    return dict(zip(("consensus", *EVERY), curves[:, inside].mean(axis=1).tolist(), strict=True))


@pytest.mark.parametrize("way", ANNOTATORS)
def test_every_way_finds_what_most_agree_on(bundles: dict[Annotators, Bundle], way: Annotators) -> None:
    marks = make_marks(60, [FLASHING.slug])
    curve = score(make_features(marks, seed=77), bundles[way]).curves[FLASHING.slug]
    inside = np.zeros(len(curve), dtype=np.bool_)
    for mark in marks:
        inside[int(mark.start_s * 4) : int(mark.end_s * 4)] = True
    assert curve[inside].mean() > curve[~inside].mean() + 0.2


@pytest.mark.parametrize("way", ANNOTATORS)
def test_a_bundle_says_how_it_learned_its_annotators(
    bundles: dict[Annotators, Bundle], way: Annotators
) -> None:
    assert bundles[way].config.annotators_by == way


@pytest.mark.parametrize("way", ["low-rank", "heads", "ensemble"])
def test_who_marks_less_scores_less_and_a_stranger_is_the_consensus(
    bundles: dict[Annotators, Bundle], way: Annotators
) -> None:
    seen = _inside(bundles[way])
    assert seen["picky"] < seen["consensus"] - 0.02
    assert seen["keen"] > seen["picky"] + 0.05
    assert seen["stranger"] == seen["consensus"]


def test_a_vote_knows_nobody_and_has_no_band(bundles: dict[Annotators, Bundle]) -> None:
    bundle = bundles["majority"]
    assert len(set(_inside(bundle).values())) == 1
    assert bundle.panel == ()
    assert "majority vote" in bundle.bands[FLASHING.slug].reason


def test_models_of_their_own_see_through_their_own_standardisation(bundles: dict[Annotators, Bundle]) -> None:
    apart, shared = bundles["ensemble"].model.picture.separate, bundles["heads"].model.picture.separate
    assert apart is not None
    assert shared is not None
    assert (len(apart.scale), len(shared.scale)) == (3, 1)
    assert apart.known.all()


def test_one_annotator_alone_is_their_own_consensus_in_every_way(tmp_path: Path) -> None:
    examples = []
    for number in range(6):
        film = _film(tmp_path, number)
        examples.append(Example(film.video, film.features_path, film.group, "train", film.annotations[:1]))
    for way in ANNOTATORS:
        train_bundle(examples, violations=[FLASHING], out_dir=tmp_path / way, name=way, annotators=way)
        bundle = load_bundle(tmp_path / way)
        assert bundle.panel == ()
        assert not bundle.bands[FLASHING.slug].shown
        assert bundle.bands[FLASHING.slug].reason.endswith(".")


def test_an_unknown_way_is_refused_naming_the_four(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="low-rank, heads, ensemble, majority") as refusal:
        train_bundle(
            [],
            violations=[FLASHING],
            out_dir=tmp_path / "b",
            name="x",
            annotators="median",  # type: ignore[arg-type]
        )
    assert refusal.value.code == "unknown_annotators"


def test_rows_that_judge_do_not_shape_how_a_model_of_ones_own_sees() -> None:
    chance = torch.Generator().manual_seed(0)
    h, label = torch.randn(80, 3, generator=chance), (torch.arange(80) % 2).float()
    h[:, 0] += 2 * label
    h[60:] += 100.0
    model = Separate(3, 1, 2, own_eyes=True)
    fit_separate(
        model,
        0,
        h,
        torch.arange(80),
        torch.zeros(80, dtype=torch.long),
        label,
        torch.ones(80),
        torch.where(torch.arange(80) >= 60, 0, -1),
        apart=True,
        l2=0.03,
        spread=spread_of(h),
        members=(0,),
        asked=torch.arange(80),
    )
    assert torch.allclose(model.mean[0], h[:60].mean(dim=0))
    assert model.known[:, 0].tolist() == [1, 0], "the other one said nothing of it"
