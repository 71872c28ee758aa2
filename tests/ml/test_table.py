"""Videos are read side by side, and what comes of it does not depend on who finishes first."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import ml.table
from ml.features import Features, Tier, load_features
from ml.table import StepTable, read_table
from ml.types import Example
from tests.ml.making import SPECS, make_pretrained_example


@pytest.fixture
def films(tmp_path: Path) -> list[Example]:
    return [make_pretrained_example(tmp_path, number, people=2) for number in range(8)]


def arrays_of(table: StepTable) -> dict[str, np.ndarray]:
    own = {field.name: getattr(table, field.name) for field in fields(table)}
    own |= {f"{name}-rows": rows for name, rows in table.embeddings.items()}
    return {name: value for name, value in own.items() if isinstance(value, np.ndarray)}


def test_one_reader_and_four_make_the_same_table(
    films: list[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = []
    for readers in (1, 4):
        monkeypatch.setattr(ml.table, "READERS", readers)
        tables.append(arrays_of(read_table(films, SPECS, seed=0, tier="pretrained")))
    assert {"picture", "picture_embedding-rows", "opinion_label"} <= set(tables[0])
    for name, rows in tables[0].items():
        assert rows.tobytes() == tables[1][name].tobytes(), name


def test_who_stops_listening_stops_the_reading(films: list[Example], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []

    def load(path: Path, tier: Tier) -> Features:
        opened.append(path)
        return load_features(path, tier=tier)

    monkeypatch.setattr(ml.table, "READERS", 1)
    monkeypatch.setattr(ml.table, "load_features", load)

    def lost(_done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_table(films * 20, SPECS, seed=0, tier="pretrained", on_video=lost)
    assert len(opened) <= 10, "160 were asked for"


def test_progress_rises_evenly_over_both_readings(films: list[Example]) -> None:
    heard: list[float] = []
    read_table(films, SPECS, seed=0, tier="pretrained", on_video=heard.append)
    assert heard == [0.5 * (number + 1) for number in range(16)]
