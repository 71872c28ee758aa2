"""Set-up steps: stamps, chains side by side, and failures that say what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.checks import Refusal
from tools.stamps import hash_folder, is_fresh, write_stamp
from tools.steps import Chain, Command, run_chains


def command(folder: Path, program: str, stamp: tuple[Path, str] | None = None) -> Command:
    return Command((sys.executable, "-c", program), folder, stamp)


def test_a_step_that_ended_well_is_stamped_and_a_failed_one_is_not(tmp_path: Path) -> None:
    good, bad = (tmp_path / "good", "1"), (tmp_path / "bad", "1")
    steps = [command(tmp_path, "pass", good), command(tmp_path, "print('why it failed'); exit(1)", bad)]
    with pytest.raises(Refusal, match="why it failed") as refused:
        run_chains([Chain("Packages", steps, tmp_path / "log")])
    assert is_fresh(*good)
    assert not is_fresh(*bad)
    assert "start again: what is done already is kept" in str(refused.value)


def test_chains_run_side_by_side_and_every_failure_is_told(tmp_path: Path) -> None:
    chains = [
        Chain(name, [command(tmp_path, f"exit('{name} is unwell')")], tmp_path / f"{name}.log")
        for name in ("One", "Two")
    ]
    with pytest.raises(Refusal, match=r"(?s)One is unwell.*Two is unwell"):
        run_chains(chains)


def test_a_full_disk_during_a_step_is_said_plainly(tmp_path: Path) -> None:
    full = "exit('OSError: [Errno 28] No space left on device')"
    with pytest.raises(Refusal, match=r"the disk is full\. Free some space"):
        run_chains([Chain("Packages", [command(tmp_path, full)], tmp_path / "log")])


def test_a_program_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="Pages stopped: No such file"):
        run_chains([Chain("Pages", [Command(("no-such-program",), tmp_path)], tmp_path / "log")])


def test_a_stamp_is_stale_once_a_source_changed_was_added_or_went(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    source = tmp_path / "src" / "a.ts"
    source.write_text("1")
    first = hash_folder(tmp_path)
    write_stamp(tmp_path / "dist" / ".stamp", first)
    assert is_fresh(tmp_path / "dist" / ".stamp", hash_folder(tmp_path))
    source.write_text("2")
    second = hash_folder(tmp_path)
    (tmp_path / "src" / "b.ts").write_text("")
    third = hash_folder(tmp_path)
    source.unlink()
    assert len({first, second, third, hash_folder(tmp_path)}) == 4


def test_what_is_installed_or_built_does_not_count_as_a_source(tmp_path: Path) -> None:
    before = hash_folder(tmp_path)
    for name in ("node_modules/x/y.js", "dist/z.js", ".cache/w"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    assert hash_folder(tmp_path) == before


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("", "installing …"),
        ("\n\nWARNING: aside\nnpm warn Unknown user config\n", "installing …"),
        ("Collecting x\n  Attempting uninstall: y\n    Successfully uninstalled y-1\n\n", "Collecting x"),
        (
            "Installing collected packages: " + "a, " * 50,
            "Installing collected packages: " + "a, " * 19 + " …",
        ),
    ],
)
def test_progress_is_the_last_line_that_tells_how_far_it_is(tmp_path: Path, log: str, shown: str) -> None:
    (tmp_path / "log").write_text(log)
    assert Chain("Packages", [], tmp_path / "log").progress() == shown
