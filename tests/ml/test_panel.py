"""Annotators lean away from the consensus where they really do, and not where too little is known of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ml.analyse import analyse
from ml.bundle import Bundle, load_bundle
from ml.features import load_features, save_features
from ml.scoring import head_logits, score
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
    scores = score(load_features(holdout[0].features_path), bundle)
    for slug, curve in scores.curves.items():
        low, high = scores.low[slug], scores.high[slug]
        assert curve.dtype == np.float32
        assert (low >= 0).all()
        assert (low <= curve).all()
        assert (curve <= high).all()
        assert (high <= 1).all()


def test_contradictory_labels_make_a_panel_and_not_an_error(split_panel: Bundle) -> None:
    """Keen and picky contradict each other in every film: the band is measured, and tells."""
    evidence = split_panel.bands[FLASHING.slug]
    assert evidence.groups == 30
    assert evidence.shown
    marks = make_marks(60, [FLASHING.slug])
    result = analyse(make_features(marks, seed=77), split_panel)
    low, high = result.bands[FLASHING.slug]
    assert (high - low).max() > 0.1


def test_a_band_that_follows_nothing_is_left_out_of_the_analysis(
    bundle: Bundle, holdout: list[Example]
) -> None:
    """Both annotators of these films always agree."""
    result = analyse(load_features(holdout[0].features_path), bundle)
    assert result.bands == {}
    assert set(result.curves) == set(bundle.bands)
    assert "never differed" in bundle.bands[FLASHING.slug].reason


def test_one_annotator_alone_gives_no_panel_and_a_sentence(tmp_path: Path) -> None:
    examples = make_examples(tmp_path, 4, people=1)
    train_bundle(examples, violations=SPECS, out_dir=tmp_path / "b", name="alone")
    bundle = load_bundle(tmp_path / "b")
    assert bundle.panel == ()
    assert analyse(make_features(seed=0), bundle).bands == {}
    assert {band.reason for band in bundle.bands.values()} == {
        "Only one annotator labelled these videos: there is nobody to differ from."
    }


def test_who_marks_more_than_others_leans_up_and_the_consensus_stays(split_panel: Bundle) -> None:
    """Leans are relative to the consensus: over everybody's judgements they add up to nothing."""
    head, model = split_panel.model.picture, split_panel.model
    judged = np.array([30.0, 1.0, 30.0])  # keen, newcomer, picky
    trust = judged**2 / (judged**2 + 20**2)
    for lean in (head.leaning[:, 0].numpy(), *model.embedding.numpy().T):
        assert abs(float((lean / trust) @ judged)) < 0.05 * float(np.abs(lean / trust) @ judged) + 1e-6
