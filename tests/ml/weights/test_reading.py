"""A published `.pt` file becomes safetensors, nothing in it is executed, and a read-only folder will do."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.errors import WeightsRefused
from ml.weights.catalogue import SOUND_TAGGER, Weights
from ml.weights.checking import read_sha256
from ml.weights.reading import convert, read_pt, read_state


@pytest.fixture
def entry(tmp_path: Path) -> Weights:
    state = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.count": torch.tensor(3)}
    torch.save(state, tmp_path / "net.pt")
    return replace(SOUND_TAGGER, name="net.pt", sha256=read_sha256(tmp_path / "net.pt"))


def test_arrays_are_kept_as_safetensors_with_a_record_of_where_they_came_from(
    tmp_path: Path, entry: Weights
) -> None:
    first = read_state(tmp_path, entry)
    convert(tmp_path, entry)
    np.testing.assert_array_equal(first["a.weight"], [[0, 1, 2], [3, 4, 5]])
    record = json.loads((tmp_path / "net.safetensors.json").read_text())
    assert record["source_sha256"] == entry.sha256
    assert record["sha256"] == read_sha256(tmp_path / "net.safetensors")
    (tmp_path / "net.pt").unlink()  # the second time it is not needed
    np.testing.assert_array_equal(read_state(tmp_path, entry)["a.weight"], first["a.weight"])


def test_altered_safetensors_are_not_read_but_made_anew(tmp_path: Path, entry: Weights) -> None:
    convert(tmp_path, entry)
    stored = tmp_path / "net.safetensors"
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-1] + b"?")
    assert read_state(tmp_path, entry)["a.weight"][1, 2] == 5
    convert(tmp_path, entry)
    assert stored.read_bytes() == whole


def test_an_altered_or_missing_source_is_refused(tmp_path: Path, entry: Weights) -> None:
    (tmp_path / "net.pt").write_bytes(b"other")
    with pytest.raises(WeightsRefused) as caught:
        read_state(tmp_path, entry)
    assert caught.value.code == "altered_weights"
    (tmp_path / "net.pt").unlink()
    with pytest.raises(WeightsRefused) as caught:
        read_state(tmp_path, entry)
    assert caught.value.code == "missing_weights"


def test_reading_leaves_the_folder_as_it_is(tmp_path: Path, entry: Weights) -> None:
    assert read_state(tmp_path, entry)["a.weight"][1, 2] == 5
    assert [path.name for path in tmp_path.iterdir()] == ["net.pt"]


class _Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("executed",)


def test_nothing_in_a_file_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": _Runs()}, tmp_path / "evil.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(_Runs()))
    for name in ("evil.pt", "plain.pt"):
        with pytest.raises(WeightsRefused) as caught:
            read_pt(tmp_path / name)
        assert caught.value.code == "altered_weights"
    assert not (tmp_path / "executed").exists()
