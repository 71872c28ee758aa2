"""A bundle travels whole or is refused: every byte is checked, and only matching features are read."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ml.bundle import CARD, MANIFEST, WEIGHTS, Bundle, canonical, load_bundle, save_bundle
from ml.errors import BundleRefused, FeatureMismatch
from ml.scoring import score
from tests.ml.making import SLUGS, make_features, make_marks, make_pretrained


@pytest.fixture
def copy(bundle_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_folder, tmp_path / "copy"))


def refused(folder: Path) -> str:
    with pytest.raises(BundleRefused) as refusal:
        load_bundle(folder)
    assert refusal.value.sentence.endswith(".")
    return refusal.value.code


def test_a_bundle_names_what_it_knows_and_what_made_it(bundle: Bundle) -> None:
    assert bundle.slugs() == SLUGS
    assert bundle.annotators == ("person-0", "person-1")
    assert bundle.created_at == "2026-11-21"
    assert set(bundle.thresholds) == set(SLUGS)
    assert len(bundle.digest) == 64


def test_saving_a_loaded_bundle_again_gives_the_same_bytes(bundle: Bundle, tmp_path: Path) -> None:
    assert save_bundle(bundle, tmp_path / "again") == bundle.digest
    assert not [path for path in tmp_path.iterdir() if path.name != "again"]


@pytest.mark.parametrize("name", [WEIGHTS, MANIFEST, CARD])
def test_any_changed_byte_is_refused(copy: Path, name: str) -> None:
    original = (copy / name).read_bytes()
    for position in range(0, len(original), max(1, len(original) // 25)):
        changed = bytearray(original)
        changed[position] ^= 1
        (copy / name).write_bytes(bytes(changed))
        assert refused(copy) in {"bundle_altered", "not_a_bundle", "unknown_format"}


@pytest.mark.parametrize("name", [WEIGHTS, MANIFEST, CARD])
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert refused(copy) == "bundle_incomplete"


def test_an_unknown_format_is_refused(copy: Path) -> None:
    content = json.loads((copy / MANIFEST).read_text()) | {"format_version": 99}
    (copy / MANIFEST).write_bytes(canonical(content))
    assert refused(copy) == "unknown_format"


def test_json_that_is_no_bundle_is_refused(copy: Path) -> None:
    (copy / MANIFEST).write_text("[]")
    assert refused(copy) == "not_a_bundle"


def test_another_bundle_than_the_one_meant_is_refused(bundle_folder: Path, bundle: Bundle) -> None:
    assert load_bundle(bundle_folder, digest=bundle.digest).digest == bundle.digest
    with pytest.raises(BundleRefused):
        load_bundle(bundle_folder, digest="0" * 64)


def test_an_existing_folder_is_not_overwritten(bundle: Bundle, bundle_folder: Path) -> None:
    with pytest.raises(BundleRefused) as refusal:
        save_bundle(bundle, bundle_folder)
    assert refusal.value.code == "bundle_exists"


def test_features_of_another_tier_version_or_shape_are_refused(bundle: Bundle) -> None:
    features = make_features()
    others = (
        make_pretrained(),
        replace(features, version="embedded-0"),
        replace(features, picture=features.picture[:, :-1]),
        replace(features, step_s=0.5),
    )
    for other in others:
        with pytest.raises(FeatureMismatch, match=r"Extract the features again|embedded view"):
            score(other, bundle)


def test_a_bundle_written_before_tiers_gives_the_same_scores() -> None:
    folder = Path(__file__).parent / "bundle-format-1"
    written = json.loads((folder / "scores.json").read_text())
    old = load_bundle(folder, digest=written["digest"])
    assert (old.extractor.tier, dict(old.extractor.weights)) == ("embedded", {})
    features = replace(make_features(make_marks(40), seed=40), version=old.extractor.version)
    scores = score(features, old)
    for slug in SLUGS:
        assert scores.curves[slug][::8] == pytest.approx(written["curves"][slug], abs=2e-4), slug
        assert scores.high[slug][::8] == pytest.approx(written["high"][slug], abs=2e-4), slug


def test_the_card_says_what_it_knows_and_its_limits(bundle_folder: Path) -> None:
    text = (bundle_folder / CARD).read_text()
    for slug in SLUGS:
        assert f"| {slug} |" in text
    assert "a person does" in text
