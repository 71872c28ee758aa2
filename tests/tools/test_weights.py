"""What a start does about the pretrained networks: one brief try, never a second, and a plain sentence."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ml.features.published import WEIGHTS, needs_weights
from tests.ml.weights.serving import Manners, serving
from tools import weights
from tools.environment import ROOT, read_wishes
from tools.testing.clean import clean_environment
from tools.weights import look_for_weights


@pytest.fixture(autouse=True)
def this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "VENV_PYTHON", Path(sys.executable))


@needs_weights
def test_the_first_start_brings_the_networks_and_later_ones_say_that_they_are_there(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wishes = read_wishes({"SPOTTER_HOME": str(tmp_path)})
    files = {file.name: file.read_bytes() for file in WEIGHTS.iterdir()}
    with serving(files, Manners()) as mirror:
        look_for_weights(wishes, more=("--mirror", mirror))
        told = capfd.readouterr().err
        assert told.splitlines()[-1] == f"The pretrained networks are in {tmp_path / 'weights'}."
        look_for_weights(wishes, more=("--mirror", mirror))
    told = capfd.readouterr().err
    assert told == f"Features are pretrained: the networks are in {tmp_path / 'weights'}.\n"


def test_without_a_way_to_the_publishers_a_start_goes_on_basic_and_never_tries_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wishes = read_wishes({"SPOTTER_HOME": str(tmp_path)})
    manners = Manners()
    with serving({}, manners) as mirror:
        for _ in range(2):
            look_for_weights(wishes, more=("--mirror", mirror))
            told = capfd.readouterr().err
            assert "features are basic" in told.lower()
            assert f"SPOTTER_HOME={tmp_path} .venv/bin/python manage.py weights fetch" in told
            assert "Traceback" not in told
    assert len(manners.asked) == 1


def test_a_server_that_never_answers_costs_five_seconds_at_most(tmp_path: Path) -> None:
    wishes = read_wishes({"SPOTTER_HOME": str(tmp_path)})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        look_for_weights(wishes, more=("--mirror", f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert time.monotonic() - began < 6.5, "4 s of waiting, and two starts of Python"


def test_a_folder_that_was_named_is_used_as_it_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    named = tmp_path / "read-only"
    named.mkdir(mode=0o500)
    look_for_weights(read_wishes({"SPOTTER_HOME": str(tmp_path), "SPOTTER_WEIGHTS": str(named)}))
    assert "SPOTTER_WEIGHTS" in capfd.readouterr().err
    assert list(named.iterdir()) == []


@needs_weights
def test_an_altered_file_is_said_and_not_fetched_unasked(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    for file in WEIGHTS.iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "silero_vad.onnx").unlink()
    (folder / "silero_vad.onnx").write_bytes(b"something else")
    look_for_weights(read_wishes({"SPOTTER_HOME": str(tmp_path)}))
    assert "not as published" in capfd.readouterr().err


def test_a_file_in_the_place_of_the_folder_stops_the_start_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    env = {**clean_environment(), "SPOTTER_HOME": str(tmp_path), "SPOTTER_WEIGHTS": str(tmp_path / "file")}
    command = [sys.executable, "manage.py", "check"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "SPOTTER_WEIGHTS is" in ended.stderr
