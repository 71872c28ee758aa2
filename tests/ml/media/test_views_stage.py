"""Training views come from the cage too: on request, remembered by regions, failing in their own words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ml.features import EMBEDDED_VERSION
from ml.features.views import VIEWS, load_views
from tests.ml.features.published import WEIGHTS, needs_weights
from tests.ml.media.films import write_film

ROOT = Path(__file__).parents[3]
LIMITS = {"cpu_s": 120, "memory_mb": 600, "file_mb": 4096}  # what a worker allows
REGIONS = [[0.0, 0.5], [1.0, 2.0]]


def _ask(folder: Path, source: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    request = {
        "source": str(source),
        "out_dir": str(folder / "out"),
        "stages": ["views"],
        "limits": LIMITS,
        "views": {"regions": REGIONS, "budget_s": 60.0},
        **more,
    }
    (folder / "request.json").write_text(json.dumps(request))
    command = [sys.executable, "-m", "ml.media.child", str(folder / "request.json")]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


def _events(folder: Path, source: Path, **more: Any) -> list[dict[str, Any]]:
    done = _ask(folder, source, **more)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _views(events: list[dict[str, Any]]) -> dict[str, Any]:
    return next(event for event in events if event["event"] == "stage_done" and event["stage"] == "views")


def test_views_are_made_on_request_and_not_twice(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=3.0)
    done = _views(_events(tmp_path, film))
    result = done["result"]
    assert (result["path"], result["views"]) == (f"views-{EMBEDDED_VERSION}.safetensors", len(VIEWS))
    assert load_views(tmp_path / "out" / result["path"]).steps.tolist() == [0, 1, 4, 5, 6, 7]
    again = _views(_events(tmp_path, film))
    assert again["skipped"]
    assert again["result"] == result


@pytest.mark.parametrize("change", ["regions", "budget", "half", "gone"])
def test_other_regions_another_budget_or_a_broken_file_are_made_anew(tmp_path: Path, change: str) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=3.0)
    path = tmp_path / "out" / _views(_events(tmp_path, film))["result"]["path"]
    views: dict[str, Any] = {"regions": REGIONS, "budget_s": 60.0}
    if change == "regions":
        views["regions"] = [[1.0, 2.0]]
    elif change == "budget":
        views["budget_s"] = 1.0
    elif change == "half":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.unlink()
    assert not _views(_events(tmp_path, film, views=views))["skipped"]
    steps = {"regions": [4, 5, 6, 7], "budget": [0, 1, 4, 5]}.get(change, [0, 1, 4, 5, 6, 7])
    assert load_views(path).steps.tolist() == steps


def test_a_film_without_pictures_has_views_that_show_nothing(tmp_path: Path) -> None:
    film = write_film(tmp_path / "sound.mp4", seconds=3.0, picture=None)
    result = _views(_events(tmp_path, film))["result"]
    assert not load_views(tmp_path / "out" / result["path"]).mask.any()


def test_a_damaged_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"nothing of the kind" * 99)
    last = _events(tmp_path, tmp_path / "film.mp4")[-1]
    assert last["event"] == "refused"
    assert last["sentence"].endswith(".")


def test_weights_that_are_not_there_are_no_fault_of_the_file(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=1.0)
    last = _events(tmp_path, film, weights=str(tmp_path / "none"))[-1]
    assert (last["event"], last["code"]) == ("failed", "missing_weights")


def test_views_without_regions_are_a_crash_that_says_so(tmp_path: Path) -> None:
    done = _ask(tmp_path, tmp_path / "film.mp4", views=None)
    assert done.returncode != 0
    assert "views.regions" in done.stderr


@needs_weights
def test_views_of_both_tiers_lie_side_by_side(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=3.0)
    paths = [_views(_events(tmp_path, film, weights=w))["result"]["path"] for w in (None, str(WEIGHTS))]
    tiers = [load_views(tmp_path / "out" / path).tier for path in paths]
    assert tiers == ["embedded", "pretrained"]
