"""A bundle travels whole or is refused: every byte is checked, and only matching features are read."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ml.bands import BandEvidence
from ml.bundle import CARD, MANIFEST, WEIGHTS, Bundle, canonical, load_bundle, save_bundle
from ml.errors import BundleRefused, FeatureMismatch
from ml.scoring import score
from tests.ml.making import SLUGS, make_features, make_pretrained


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


def test_a_folder_that_is_not_there_is_named(copy: Path, tmp_path: Path) -> None:
    for place, said in ((tmp_path / "nope", "no such folder"), (copy / CARD, "a file")):
        with pytest.raises(BundleRefused, match=said) as refusal:
            load_bundle(place)
        assert str(place) in refusal.value.sentence


@pytest.mark.parametrize("version", [1, 2, 99])
def test_older_and_unknown_formats_are_refused_with_what_to_do(copy: Path, version: int) -> None:
    content = json.loads((copy / MANIFEST).read_text()) | {"format_version": version}
    (copy / MANIFEST).write_bytes(canonical(content))
    with pytest.raises(BundleRefused, match=f"has format {version}.*Train it again") as refusal:
        load_bundle(copy)
    assert refusal.value.code == "unknown_format"


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


def test_bands_and_floors_travel_with_the_bundle(bundle: Bundle, tmp_path: Path) -> None:
    evidence = BandEvidence(True, 0.4, (0.2, 0.6), 900, 12, "It follows real disagreement.")
    more = replace(bundle, bands={SLUGS[0]: evidence}, floors={SLUGS[0]: {"0.5": 0.3}})
    save_bundle(more, tmp_path / "more")
    again = load_bundle(tmp_path / "more")
    assert (again.bands, again.floors) == (more.bands, more.floors)


def test_the_card_says_what_it_knows_and_its_limits(bundle_folder: Path) -> None:
    text = (bundle_folder / CARD).read_text()
    for slug in SLUGS:
        assert f"| {slug} |" in text
    assert "a person does" in text


def test_the_card_says_how_each_type_was_fitted_and_what_it_learned_from(bundle_folder: Path) -> None:
    text = (bundle_folder / CARD).read_text()
    for slug in SLUGS:
        fitted = [line for line in text.splitlines() if line.startswith(f"| {slug} | ") and "yes" in line]
        assert fitted
        assert all("kept: " in line or "contributes 0" in line or "| none |" in line for line in fitted)
        assert f"- {slug}: not shown." in text
    assert "seed 0" in text
    assert "| type | steps | that show it | split groups | disputed | unknown |" in text


def test_the_card_shows_the_threshold_of_each_precision_floor(bundle: Bundle, tmp_path: Path) -> None:
    floors = {slug: {"0.5": 0.25, "0.9": 0.75} for slug in SLUGS}
    reached = {SLUGS[0]: {"floors_reached": [0.5, 0.9]}, SLUGS[1]: {"floors_reached": []}}
    save_bundle(replace(bundle, floors=floors, metrics={"violations": reached}), tmp_path / "b")
    text = (tmp_path / "b" / CARD).read_text()
    assert f"| {SLUGS[0]} | 0.250 | 0.750 | 0.9 |" in text
    assert f"| {SLUGS[1]} | 0.250 | 0.750 | none |" in text
    assert f"| {SLUGS[2]} | 0.250 | 0.750 | not measured |" in text


def test_the_card_says_where_fitting_began(bundle: Bundle, bundle_folder: Path, tmp_path: Path) -> None:
    assert "began" not in (bundle_folder / CARD).read_text()
    warm = {"warm_from": {"name": "older", "digest": "12ab"}, "began_afresh": None}
    afresh = {"warm_from": None, "began_afresh": "The training began afresh."}
    for said, words in ((warm, 'began from the bundle "older" (12ab)'), (afresh, "began afresh.")):
        folder = tmp_path / words[:8].replace(" ", "") / str(len(words))
        save_bundle(replace(bundle, metrics={**bundle.metrics, **said}), folder)
        assert words in (folder / CARD).read_text()
