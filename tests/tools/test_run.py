"""What the terminal says to the person, and what the services are started with."""

from __future__ import annotations

import os
import re
from pathlib import Path

from django.conf import settings

from tools.environment import ROOT, Wishes, read_wishes
from tools.supervise import plan
from tools.supervise.logs import Lines, Terminal
from tools.supervise.run import ready_lines
from tools.supervise.service import Service


def wishes(home: Path, **environ: str) -> Wishes:
    return read_wishes({"SPOTTER_HOME": str(home), **environ})


def test_the_demos_logins_are_shown_one_a_line() -> None:
    said = '{"logins": [{"username": "rita", "password": "open", "role": "reviewer"}], "reviewable": 8}'
    first, second = ready_lines("http://127.0.0.1:8000/", said)
    assert first == "Ready: http://127.0.0.1:8000/ has 8 demo videos to review. Log in as"
    assert second.split() == ["rita", "password", "open", "(reviewer)"]


def test_a_later_start_without_demo_logins_or_videos_promises_neither() -> None:
    assert ready_lines("http://x/", '{"logins": [], "reviewable": 0}') == [
        "Ready: http://x/ has no demo video left to review. Log in as before; the demo's logins were changed."
    ]


def test_lines_are_cut_right_however_their_bytes_arrive() -> None:
    lines = Lines()
    text = "one\r\nzwei: ä\nthree".encode()
    cut = [line for byte in text for line in lines.feed(bytes([byte]))]
    assert [*cut, *lines.end()] == ["one", "zwei: ä", "three"]


def test_a_reader_that_is_gone_ends_the_show_once() -> None:
    gone: list[bool] = []
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w") as stream:
        terminal = Terminal(stream, on_gone=lambda: gone.append(True))
        terminal.say("web", "one")
        terminal.say("web", "two")
    assert gone == [True]


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = plan.secret_key_file(tmp_path).read_text()
    assert plan.secret_key_file(tmp_path).read_text() == first
    assert len(first.strip()) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_web_server_listens_where_it_was_asked_to(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    here = wishes(tmp_path / "home", HOST="::1", PORT="8123")
    command = plan.web(here, {}).command
    assert command[command.index("--bind") + 1] == "[::1]:8123"
    assert plan.shown_address(here) == "http://[::1]:8123/"
    assert plan.shown_address(wishes(tmp_path, HOST="0.0.0.0")) == "http://127.0.0.1:8000/"


def test_each_worker_process_computes_with_its_share_of_the_cores(tmp_path: Path) -> None:
    env = {"OMP_NUM_THREADS": "7"}
    assert plan.worker(wishes(tmp_path), env).env["OMP_NUM_THREADS"] == "7"
    assert plan.worker(wishes(tmp_path, WORKER_PROCESSES="64"), {}).env["OMP_NUM_THREADS"] == "1"


def test_upkeep_has_a_worker_of_its_own_that_long_videos_cannot_hold_up(tmp_path: Path) -> None:
    lines = {name: queues(service.command) for name, service in both_workers(tmp_path).items()}
    assert lines == {"worker": {"analysis", "training"}, "upkeep": {"upkeep"}}
    hosts = {command_value(service.command, "--hostname") for service in both_workers(tmp_path).values()}
    assert len(hosts) == 2


def both_workers(home: Path) -> dict[str, Service]:
    return {service.name: service for service in (plan.worker(wishes(home), {}), plan.upkeep({}))}


def queues(command: tuple[str, ...]) -> set[str]:
    return set(command_value(command, "--queues").split(","))


def command_value(command: tuple[str, ...], option: str) -> str:
    return command[command.index(option) + 1]


def test_the_procfile_serves_every_line_that_jobs_are_sent_to() -> None:
    text = (ROOT / "Procfile").read_text()
    served = [name for words in re.findall(r"--queues (\S+)", text) for name in words.split(",")]
    assert sorted(served) == sorted({route["queue"] for route in settings.CELERY_TASK_ROUTES.values()})


def test_a_quiet_upkeep_is_not_shown_and_a_failed_one_is() -> None:
    assert plan.is_mere_upkeep("INFO Task worker.upkeep_leases[1] received")
    assert plan.is_mere_upkeep("INFO Discarding revoked task: worker.upkeep_features[1]")
    assert not plan.is_mere_upkeep("ERROR Task worker.upkeep_leases[1] raised unexpected: OSError()")
    assert not plan.is_mere_upkeep("INFO Task worker.analysis_run[1] received")
