"""One small bundle, trained once for all tests that only look at it."""

from pathlib import Path

import pytest

from ml.bundle import Bundle, load_bundle
from ml.train import train_bundle
from ml.types import Example
from tests.ml.making import SPECS, make_examples


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of three types, learned from twelve films by two annotators."""
    folder = tmp_path_factory.mktemp("bundle")
    examples = make_examples(folder, 12, people=2)
    train_bundle(examples, violations=SPECS, out_dir=folder / "bundle", name="small", created_at="2026-11-21")
    return folder / "bundle"


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    """The same, loaded."""
    return load_bundle(bundle_folder)


@pytest.fixture(scope="session")
def holdout(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Eight films nobody trained on, reviewed blind."""
    return make_examples(tmp_path_factory.mktemp("holdout"), 8, "holdout", first=100)
