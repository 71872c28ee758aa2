"""The caged child: its words, its limits, and that it never outlives its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.ml.media.films import damaged, moving, write_film

ROOT = Path(__file__).parents[3]
ALL = ["probe", "frames", "proxy", "thumbnails", "waveform", "features"]
LIMITS = {"cpu_s": 120, "memory_mb": 1500, "file_mb": 500}


def _child(tmp_path: Path, request: dict[str, Any], *flags: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "request.json").write_text(json.dumps({"limits": LIMITS, **request}))
    command = [sys.executable, "-m", "ml.media.child", *flags, str(tmp_path / "request.json")]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


def _events(tmp_path: Path, source: Path, stages: list[str] = ALL, **more: Any) -> list[dict[str, Any]]:
    done = _child(
        tmp_path, {"source": str(source), "out_dir": str(tmp_path / "out"), "stages": stages, **more}
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _results(events: list[dict[str, Any]]) -> dict[str, Any]:
    return {e["stage"]: e["result"] for e in events if e["event"] == "stage_done"}


def test_all_stages_run_and_leave_their_files(tmp_path: Path) -> None:
    events = _events(tmp_path, write_film(tmp_path / "film.mkv", seconds=2.9))
    results = _results(events)
    assert events[-1] == {"event": "done"}
    assert [e["stage"] for e in events if e["event"] == "stage_started"] == ALL
    assert results["probe"]["video_codec"] == "h264"
    assert results["features"]["steps"] == 12
    counts = ("broken_packets", "untimed_frames", "backward_frames", "non_finite")
    assert [results["features"][count] for count in counts] == [0, 0, 0, 0]
    files = {results[stage]["path"] for stage in ALL[1:]} | {results["proxy"]["frames"]["path"]}
    assert {p.name for p in (tmp_path / "out").iterdir()} == files | {"stages.json"}


def test_finished_stages_are_skipped_with_their_result(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mkv", seconds=1.0)
    first = _results(_events(tmp_path, film))
    (tmp_path / "out" / "waveform.bin").unlink()
    events = _events(tmp_path, film)
    assert _results(events) == first
    ran = [e["stage"] for e in events if e["event"] == "stage_done" and not e["skipped"]]
    assert ran == ["waveform"]


def test_damage_met_by_the_full_pass_gives_a_proxy_after_all(tmp_path: Path) -> None:
    film = damaged(write_film(tmp_path / "film.mp4", seconds=4.0, sound=None))
    events = _events(tmp_path, film, ["probe", "proxy", "features"])
    done = [(e["stage"], (e["result"] or {}).get("reason")) for e in events if e["event"] == "stage_done"]
    reason = "it is damaged, and browsers stop at the damage"
    assert done == [("probe", None), ("proxy", None), ("features", None), ("proxy", reason)]
    assert (tmp_path / "out" / "proxy.mp4").exists()
    assert events[-1] == {"event": "done"}
    assert all(e["skipped"] for e in _events(tmp_path, film, ["proxy"]) if e["event"] == "stage_done")


def test_a_refused_file_is_an_answer_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film\n" * 50)
    events = _events(tmp_path, tmp_path / "text.mp4")
    assert events[-1]["event"] == "refused"
    assert (events[-1]["stage"], events[-1]["code"]) == ("probe", "not_media")
    assert "Traceback" not in events[-1]["sentence"]


def test_a_film_longer_than_allowed_is_refused(tmp_path: Path) -> None:
    events = _events(tmp_path, write_film(tmp_path / "film.mp4", seconds=3.0), max_duration_s=2)
    assert events[-1]["code"] == "too_long"


def test_a_name_with_quotes_newlines_and_emoji_is_analysed(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a \"b\" 'c'\nd 🎬;$(e).mp4", seconds=1.0)
    assert _events(tmp_path, film)[-1] == {"event": "done"}


def test_sound_alone_and_picture_alone_go_through(tmp_path: Path) -> None:
    sound = _results(_events(tmp_path, write_film(tmp_path / "s.mp4", picture=None)))
    assert sound["thumbnails"] is None
    assert sound["features"]["steps"] >= 8
    picture = _results(_events(tmp_path, write_film(tmp_path / "p.mp4", sound=None)))
    assert picture["waveform"] is None


def test_many_files_are_probed_in_one_child(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=1.0)
    (tmp_path / "text.mp4").write_text("no film")
    done = _child(tmp_path, {"sources": [str(film), str(tmp_path / "text.mp4")]}, "--probe-many")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["event"], first["source"], first["result"]["width"]) == ("probed", str(film), 160)
    assert second["refused"]["code"] == "not_media"


def test_a_file_that_would_grow_too_large_is_refused(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mkv", seconds=12.0, codec="mpeg4")
    small = {**LIMITS, "file_mb": 0}
    events = _events(tmp_path, film, ["proxy"], limits=small)
    assert events[-1]["code"] == "too_large"


def test_a_child_that_uses_too_much_processor_time_is_killed(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mkv", seconds=60.0, fps=60, picture=moving, sound=None)
    request = {"source": str(film), "out_dir": str(tmp_path / "out"), "stages": ["proxy", "features"]}
    done = _child(tmp_path, {**request, "limits": {**LIMITS, "cpu_s": 1}})
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
    assert '"done"}' not in done.stdout


def test_a_wrong_stage_name_is_a_crash_that_names_it(tmp_path: Path) -> None:
    done = _child(tmp_path, {"source": "x", "out_dir": str(tmp_path), "stages": ["dance"]})
    assert done.returncode != 0
    assert "dance" in done.stderr


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=60.0, fps=60, picture=moving, sound=None)
    request = {
        "source": str(film),
        "out_dir": str(tmp_path / "out"),
        "stages": ["features"],
        "limits": LIMITS,
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            "child = subprocess.Popen([sys.executable, '-m', 'ml.media.child', sys.argv[1]],"
            " stdout=subprocess.PIPE)\n"
            "child.stdout.readline()\n"
            "print(child.pid, flush=True)\n"
            "time.sleep(60)\n",
            str(tmp_path / "request.json"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert _gone(child, within_s=5.0)


def _gone(pid: int, *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("module", ["torch", "cv2", "av", "numpy"])
def test_the_child_imports_nothing_heavy_before_its_limits(module: str) -> None:
    code = f"import sys, ml.media.child; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
