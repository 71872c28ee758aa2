"""The child's features in both tiers: side by side, made anew when damaged, failing in its own words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ml.features import extractor_version, load_features
from ml.weights import present
from tests.ml.features.published import WEIGHTS, needs_weights
from tests.ml.media.films import write_film

ROOT = Path(__file__).parents[3]
LIMITS = {"cpu_s": 120, "memory_mb": 600, "file_mb": 4096}  # what a worker allows


def _events(folder: Path, source: Path, weights: Path | None) -> list[dict[str, Any]]:
    request = {
        "source": str(source),
        "out_dir": str(folder / "out"),
        "stages": ["probe", "features"],
        "limits": LIMITS,
        "weights": None if weights is None else str(weights),
    }
    (folder / "request.json").write_text(json.dumps(request))
    command = [sys.executable, "-m", "ml.media.child", str(folder / "request.json")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _features(events: list[dict[str, Any]]) -> dict[str, Any]:
    return next(e for e in events if e["event"] == "stage_done" and e["stage"] == "features")


@needs_weights
def test_both_tiers_lie_side_by_side_and_neither_is_made_twice(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=2.0)
    first = [_features(_events(tmp_path, film, weights)) for weights in (None, WEIGHTS)]
    assert [done["result"]["tier"] for done in first] == ["embedded", "pretrained"]
    assert first[1]["result"]["version"] == extractor_version(present(WEIGHTS) or {})
    again = [_features(_events(tmp_path, film, weights)) for weights in (None, WEIGHTS)]
    assert [done["result"] for done in again] == [done["result"] for done in first]
    assert all(done["skipped"] for done in again)
    for done in first:
        assert load_features(tmp_path / "out" / done["result"]["path"]).tier == done["result"]["tier"]


@pytest.mark.parametrize("damage", ["half", "other version", "gone"])
def test_features_that_are_not_what_they_should_be_are_made_anew(tmp_path: Path, damage: str) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=2.0)
    result = _features(_events(tmp_path, film, None))["result"]
    path = tmp_path / "out" / result["path"]
    whole = path.read_bytes()
    path.unlink()
    if damage == "half":
        path.write_bytes(whole[: len(whole) // 2])
    if damage == "other version":
        path.write_bytes(whole.replace(b"embedded-", b"embeddad-"))
    again = _features(_events(tmp_path, film, None))
    assert (again["skipped"], again["result"]) == (False, result)
    assert path.stat().st_size == len(whole)
    load_features(path)


@pytest.mark.parametrize("stages", [5, [], {"probe": 5}, {"probe": {"version": "probe-2", "result": [1]}}])
def test_a_damaged_record_of_stages_counts_as_none(tmp_path: Path, stages: Any) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=1.0, sound=None)
    (tmp_path / "out").mkdir()
    record = {"source_bytes": film.stat().st_size, "stages": stages}
    (tmp_path / "out" / "stages.json").write_text(json.dumps(record))
    assert not _features(_events(tmp_path, film, None))["skipped"]
    assert _features(_events(tmp_path, film, None))["skipped"]


def test_weights_that_are_not_there_are_no_fault_of_the_file(tmp_path: Path) -> None:
    events = _events(tmp_path, write_film(tmp_path / "film.mp4", seconds=1.0), tmp_path / "nowhere")
    assert (events[-1]["event"], events[-1]["code"]) == ("failed", "missing_weights")
    assert "ml.weights fetch" in events[-1]["sentence"]


@needs_weights
def test_altered_weights_are_no_fault_of_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    for path in WEIGHTS.iterdir():
        (folder / path.name).write_bytes(path.read_bytes() + b"x")
    events = _events(tmp_path, write_film(tmp_path / "film.mp4", seconds=1.0), folder)
    assert (events[-1]["event"], events[-1]["code"]) == ("failed", "altered_weights")
