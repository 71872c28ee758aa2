"""Jobs on a real Redis and a real worker, with processes killed in the middle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worker.clips import write_clip
from tests.worker.house import House

pytestmark = pytest.mark.jobs

NASTY_NAME = "a \"quoted\"\nname 'of' a film 🎬; rm -rf ~.mp4"


def test_a_video_is_analysed_by_a_real_worker(house: House, tmp_path: Path) -> None:
    house.start_worker()
    house.submit(write_clip(tmp_path / "clip.mp4"))
    house.wait_for(lambda: house.states() == ["done"], "the analysis")
    stages = house.rows("SELECT name, state FROM review_analysisstage ORDER BY id")
    assert stages == [
        (name, "done") for name in ("probe", "frames", "proxy", "thumbnails", "waveform", "features")
    ]
    [(duration_ms, features, version)] = house.rows(
        "SELECT duration_ms, features_path, extractor_version FROM review_video"
    )
    assert abs(duration_ms - 3000) < 200
    assert (house.home / "media" / features).is_file()
    assert version


def test_a_worker_killed_mid_analysis_finishes_once_after_a_restart(house: House, tmp_path: Path) -> None:
    worker = house.start_worker()
    house.submit(write_clip(tmp_path / "long.mp4", seconds=90, fps=24))
    running = "SELECT count(*) FROM review_analysisstage WHERE name = 'features' AND state = 'running'"
    house.wait_for(lambda: house.rows(running) == [(1,)], "the features stage")
    house.kill(worker)
    house.start_worker()
    seconds = house.wait_for(lambda: house.states() == ["done"], "the second attempt")
    assert seconds < 60
    [(attempts, claim)] = house.rows("SELECT attempts, claim FROM review_analysis")
    assert (attempts, claim) == (2, 2)
    tries = dict(house.rows("SELECT name, attempts FROM review_analysisstage"))
    assert tries["features"] == 2
    skipped = [
        name for (name,) in house.rows("SELECT name FROM review_analysisstage WHERE skipped ORDER BY id")
    ]
    assert skipped == ["probe", "frames", "proxy", "thumbnails", "waveform"]


def test_on_postgresql_too_a_killed_worker_loses_and_doubles_nothing(
    house_on_postgres: House, tmp_path: Path
) -> None:
    house = house_on_postgres
    worker = house.start_worker()
    house.submit(write_clip(tmp_path / "short.mp4"), write_clip(tmp_path / "long.mp4", seconds=60, fps=24))
    running = "SELECT count(*) FROM review_analysisstage WHERE name = 'features' AND state = 'running'"
    house.wait_for(
        lambda: house.states()[0] == "done" and house.rows(running) == [(1,)], "the long one alone"
    )
    house.kill(worker)
    house.start_worker()
    house.wait_for(lambda: house.states() == ["done", "done"], "the second attempt")
    assert house.rows("SELECT attempts FROM review_analysis ORDER BY id") == [(1,), (2,)]


def test_jobs_queued_when_redis_is_killed_all_run_after_its_restart(house: House, tmp_path: Path) -> None:
    house.submit(*[write_clip(tmp_path / f"{n}.mp4", seconds=1, seed=n) for n in range(4)])
    assert house.states() == ["queued"] * 4
    house.wait_for(house.redis_has_written, "Redis's next write to disk")
    house.kill(house.redis)
    house.submit(write_clip(tmp_path / "meanwhile.mp4", seconds=1, seed=9))
    house.start_redis()
    house.start_worker()
    house.wait_for(lambda: house.states() == ["done"] * 5, "all analyses")
    assert house.rows("SELECT DISTINCT attempts FROM review_analysis") == [(1,)]


def test_bad_files_get_one_sentence_each_and_the_worker_lives_on(house: House, tmp_path: Path) -> None:
    good = write_clip(tmp_path / "good.mp4", seconds=2)
    files = {
        "text.mp4": b"This is no film.",
        "zero seconds.mp4": b"\0\0\0\x14ftypisom\0\0\2\0isom\0\0\0\x08free",
        "truncated.mp4": good.read_bytes()[: good.stat().st_size // 2],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    accepted = [
        write_clip(tmp_path / "silent.mp4", seconds=2, sound=False),
        write_clip(tmp_path / "sound only.mp4", seconds=2, picture=False),
        write_clip(tmp_path / NASTY_NAME, seconds=2, seed=3),
    ]
    worker = house.start_worker()
    house.submit(*[tmp_path / name for name in files], *accepted)
    house.wait_for(lambda: not {"queued", "running"} & set(house.states()), "every analysis")
    told = house.rows(
        "SELECT s.file_name, a.state, a.sentence FROM review_analysis a "
        "JOIN review_submission s ON s.video_id = a.video_id ORDER BY a.id"
    )
    assert [state for _, state, _ in told] == ["refused"] * 3 + ["done"] * 3, told
    for _name, state, sentence in told:
        assert (state == "refused") == bool(sentence)
        assert "Traceback" not in sentence
    assert worker.poll() is None
    assert house.rows("SELECT count(*) FROM review_task") == [(6,)], "every stored video becomes a task"


def test_ingest_takes_labels_in_as_reviews_and_tells_of_bad_files(house: House, tmp_path: Path) -> None:
    house.make_types()
    write_clip(tmp_path / "fight.mp4", seconds=1, seed=1)
    write_clip(tmp_path / "calm.mp4", seconds=1, seed=2)
    (tmp_path / "empty.mp4").write_bytes(b"")
    labels = tmp_path / "labels.json"
    labels.write_text(
        '[{"file": "fight.mp4", "source": "a", "fight": true}, {"file": "calm.mp4", "source": "b", '
        '"fight": false}, {"file": "empty.mp4", "source": "b", "fight": false}]'
    )
    for _ in range(2):  # the second time nothing is doubled
        ended = house.manage("ingest", "--labels", str(labels), check=False)
        assert ended.returncode == 1
        assert "empty.mp4: The file is empty. Choose the video file itself and send it again." in ended.stderr
        assert ended.stdout.splitlines()[-1] == (
            "2 of 3 files are taken in; 2 came with labels by import:labels; their tasks are in Demo queue."
        )
        assert "Traceback" not in ended.stderr
    verdicts = house.rows(
        "SELECT s.file_name, r.verdict, r.source, u.username FROM review_review r "
        "JOIN review_task t ON t.id = r.task_id JOIN review_submission s ON s.id = t.submission_id "
        "JOIN review_user u ON u.id = r.reviewer_id ORDER BY s.file_name"
    )
    assert verdicts == [
        ("calm.mp4", "clean", "import", "import:labels"),
        ("fight.mp4", "violating", "import", "import:labels"),
    ]
    assert house.rows("SELECT key FROM review_splitgroup ORDER BY key") == [("source:a",), ("source:b",)]
    [(start_ms, end_ms)] = house.rows("SELECT start_ms, end_ms FROM review_segment")
    assert start_ms == 0
    assert 900 < end_ms < 1200
