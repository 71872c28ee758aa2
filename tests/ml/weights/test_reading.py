"""A published `.pt` file becomes safetensors, nothing in it is executed, and a read-only folder will do."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save, save_file

from ml.errors import WeightsRefused
from ml.weights.catalogue import SOUND_TAGGER, Weights
from ml.weights.checking import read_sha256
from ml.weights.reading import convert, read_pt, read_state
from tests.ml.features.published import WEIGHTS, needs_weights


@pytest.fixture
def entry(tmp_path: Path) -> Weights:
    state = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.count": torch.tensor(3)}
    torch.save(state, tmp_path / "net.pt")
    converted = hashlib.sha256(save(read_pt(tmp_path / "net.pt"))).hexdigest()
    sha256 = read_sha256(tmp_path / "net.pt")
    return replace(SOUND_TAGGER, name="net.pt", sha256=sha256, converted_sha256=converted)


def test_arrays_are_kept_as_safetensors_that_others_may_read(tmp_path: Path, entry: Weights) -> None:
    first = read_state(tmp_path, entry)
    mask = os.umask(0o022)
    try:
        convert(tmp_path, entry)
    finally:
        os.umask(mask)
    np.testing.assert_array_equal(first["a.weight"], [[0, 1, 2], [3, 4, 5]])
    assert (tmp_path / "net.safetensors").stat().st_mode & 0o777 == 0o644
    (tmp_path / "net.pt").unlink()  # the second time it is not needed
    np.testing.assert_array_equal(read_state(tmp_path, entry)["a.weight"], first["a.weight"])


@needs_weights
def test_the_published_tagger_converts_to_the_bytes_the_catalogue_knows(tmp_path: Path) -> None:
    (tmp_path / SOUND_TAGGER.name).symlink_to(WEIGHTS / SOUND_TAGGER.name)
    convert(tmp_path, SOUND_TAGGER)
    stored = (tmp_path / SOUND_TAGGER.name).with_suffix(".safetensors")
    assert read_sha256(stored) == SOUND_TAGGER.converted_sha256


def test_a_forged_file_is_not_read_whatever_a_record_beside_it_says(tmp_path: Path, entry: Weights) -> None:
    forged = tmp_path / "net.safetensors"
    save_file({"a.weight": np.full((2, 3), 9, np.float32)}, forged)
    record = {"source": entry.name, "source_sha256": entry.sha256, "sha256": read_sha256(forged)}
    (tmp_path / "net.safetensors.json").write_text(json.dumps(record))
    assert read_state(tmp_path, entry)["a.weight"][1, 2] == 5


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


def test_a_folder_marked_read_only_gets_nothing_stored_even_by_root(tmp_path: Path, entry: Weights) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    tmp_path.chmod(0o555)
    convert(tmp_path, entry)
    tmp_path.chmod(0o755)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert read_state(tmp_path, entry).keys()


def test_nothing_in_a_file_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": _Runs()}, tmp_path / "evil.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(_Runs()))
    for name in ("evil.pt", "plain.pt"):
        with pytest.raises(WeightsRefused) as caught:
            read_pt(tmp_path / name)
        assert caught.value.code == "altered_weights"
    assert not (tmp_path / "executed").exists()
