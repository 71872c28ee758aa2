"""Annotators lean away from the consensus where they really do, and not where too little is known of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ml.analyse import analyse
from ml.bundle import Bundle, load_bundle
from ml.features import load_features, save_features
from ml.scoring import head_logits
from ml.table import statistics_of
from ml.train import train_bundle
from ml.types import Annotation, Example, Mark
from tests.ml.making import FLASHING, SPECS, make_annotation, make_examples, make_features, make_marks


@pytest.fixture(scope="module")
def split_panel(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Thirty films: "keen" marks all flashing, "picky" never any, "newcomer" reviewed one film like picky."""
    folder = tmp_path_factory.mktemp("panel")
    examples = []
    for number in range(30):
        marks = make_marks(number, [FLASHING.slug])
        path = folder / f"{number}.safetensors"
        save_features(make_features(marks, seed=number), path)
        people = [_review("keen", marks), _review("picky", ())]
        people += [_review("newcomer", ())] if number == 0 else []
        examples.append(Example(str(number), path, str(number), "train", tuple(people)))
    train_bundle(examples, violations=[FLASHING], out_dir=folder / "b", name="panel")
    return load_bundle(folder / "b")


def _review(annotator: str, marks: Sequence[Mark]) -> Annotation:
    return make_annotation(marks, annotator=annotator, covers=[FLASHING.slug])


def leans(bundle: Bundle) -> dict[str, float]:
    """How far each panel member's logit lies from the consensus on flashing film, on average."""
    marks = make_marks(60, [FLASHING.slug])
    features = make_features(marks, seed=77)
    picture, sound = statistics_of(features, np.arange(len(features.picture)))
    logits = head_logits(bundle, picture, sound)["picture"][:, :, 0]
    inside = slice(int(marks[0].start_s * 4) + 1, int(marks[0].end_s * 4) - 1)
    away = (logits[inside, 1:] - logits[inside, :1]).mean(axis=0)
    return {bundle.annotators[number]: float(lean) for number, lean in zip(bundle.panel, away, strict=True)}


def test_the_keen_score_above_the_picky(split_panel: Bundle) -> None:
    lean = leans(split_panel)
    assert lean["keen"] > 0.2
    assert lean["picky"] < -0.2


def test_an_annotator_with_few_labels_stays_near_the_consensus(split_panel: Bundle) -> None:
    lean = leans(split_panel)
    assert abs(lean["newcomer"]) < 0.5 * abs(lean["picky"])


def test_the_band_holds_the_curve(bundle: Bundle, holdout: list[Example]) -> None:
    result = analyse(load_features(holdout[0].features_path), bundle)
    for slug, curve in result.curves.items():
        low, high = result.bands[slug]
        assert curve.dtype == np.float32
        assert (low >= 0).all()
        assert (low <= curve).all()
        assert (curve <= high).all()
        assert (high <= 1).all()


def test_one_annotator_alone_gives_a_band_without_width(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 4, people=1)
    train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="alone")
    result = analyse(make_features(seed=0), load_bundle(tmp_path / "b"))
    for slug, curve in result.curves.items():
        assert (result.bands[slug][0] == curve).all()
        assert (result.bands[slug][1] == curve).all()
