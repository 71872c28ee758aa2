"""A command typed where no Spotter lives says so in a sentence and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.environment import ROOT
from tools.testing.clean import clean_environment


def _typed(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**clean_environment(), "SPOTTER_HOME": str(home)}
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", ["ingest README.md", "retrain", "simulate", "weights refresh"])
def test_a_command_without_a_spotter_names_the_folder(tmp_path: Path, words: str) -> None:
    ended = _typed(tmp_path / "nobody", *words.split())
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        f"CommandError: No Spotter lives in {tmp_path / 'nobody'}: "
        "start one with make run, or name its folder with SPOTTER_HOME."
    )
    assert not (tmp_path / "nobody").exists()


def test_a_database_without_tables_is_no_spotter_either(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite3").touch()
    assert "No Spotter lives in" in _typed(tmp_path, "ingest", "README.md").stderr


def test_verify_names_the_command_that_fetches_into_this_folder(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    told = _typed(tmp_path, "weights", "verify").stdout
    assert f"Run `SPOTTER_WEIGHTS={folder} .venv/bin/python manage.py weights fetch`." in told
