"""What a person reads when Spotter cannot start, through the same command that `make run` uses."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools.checks import Refusal, check_disk, check_node, check_port, parse_port, take_home
from tools.environment import ROOT, load_dotenv, read_wishes


def bootstrap(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environ}
    command = [sys.executable, "-m", "tools.bootstrap", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


def program(folder: Path, name: str, prints: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{prints}'\n")
    file.chmod(0o755)


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = bootstrap("run", PORT=str(port), SPOTTER_HOME=str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"Port {port} is taken by another program")
    assert f"make run PORT={port + 1}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_free_port_is_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    check_port("127.0.0.1", port)


@pytest.mark.parametrize("text", ["", "0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="PORT is"):
        parse_port(text)


def test_a_second_copy_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    lock = take_home(tmp_path)
    ended = bootstrap("run", PORT="1", SPOTTER_HOME=str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"Another copy of Spotter already runs on {tmp_path}")
    lock.release()
    take_home(tmp_path).release()


def test_a_missing_node_is_said(tmp_path: Path) -> None:
    ended = bootstrap("setup", PATH=str(tmp_path))
    assert (ended.returncode, ended.stderr.split(":")[0]) == (2, "Node is missing")


def test_an_old_node_is_said_with_its_version(tmp_path: Path) -> None:
    program(tmp_path, "node", "v18.19.1")
    with pytest.raises(Refusal, match=r"is Node v18.19.1: Spotter needs Node 20.19 or newer"):
        check_node(str(tmp_path))


def test_node_without_npm_is_said(tmp_path: Path) -> None:
    program(tmp_path, "node", "v22.1.0")
    with pytest.raises(Refusal, match="npm is missing"):
        check_node(str(tmp_path))
    program(tmp_path, "npm", "10.0.0")
    check_node(str(tmp_path))


def test_a_full_disk_is_said_before_the_set_up_begins(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"has 3.0 GB left and the first set-up needs 4.0 GB"):
        check_disk(tmp_path / "not" / "there", set_up=True, free_bytes=lambda folder: 3 * 1024**3)
    check_disk(tmp_path, set_up=False, free_bytes=lambda folder: 3 * 1024**3)


@pytest.mark.parametrize(
    ("name", "value"), [("TORCH", "gpu"), ("DEMO", "maybe"), ("WORKER_PROCESSES", "0"), ("PORT", "eight")]
)
def test_a_nonsense_setting_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(Refusal, match=f"{name} is '{value}'"):
        read_wishes({name: value})


def test_the_environment_wins_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("# a comment\n\nOPS_TEST_ONE=from the file\nOPS_TEST_TWO='quoted'\n")
    monkeypatch.setenv("OPS_TEST_ONE", "from outside")
    monkeypatch.setenv("OPS_TEST_TWO", "")
    monkeypatch.delenv("OPS_TEST_TWO")
    load_dotenv(file)
    assert (os.environ["OPS_TEST_ONE"], os.environ["OPS_TEST_TWO"]) == ("from outside", "quoted")


def test_a_broken_env_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=8000\nwhat is this\n")
    with pytest.raises(Refusal, match="line 2: write NAME=VALUE"):
        load_dotenv(tmp_path / ".env")


def test_an_old_python_gets_as_far_as_the_sentence() -> None:
    """The entry file must parse on Pythons that are too old, or nobody would read that they are."""
    source = (ROOT / "tools" / "bootstrap.py").read_text()
    compile_old = "import ast, sys; ast.parse(sys.stdin.read(), feature_version=(3, 6))"
    subprocess.run([sys.executable, "-c", compile_old], input=source, text=True, check=True)
    assert source.index("sys.version_info < OLDEST_PYTHON") < source.index("from tools.start import")
