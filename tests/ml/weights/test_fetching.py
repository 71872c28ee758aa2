"""Fetching from a real server: resumed, verified, bounded in time, with a sentence when it fails."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from ml.errors import WeightsRefused
from ml.weights import PRETRAINED_TIER, Weights, fetch, present, state_of
from ml.weights.__main__ import main
from tests.ml.features.published import WEIGHTS, needs_weights
from tests.ml.weights.serving import Manners, serving

ROOT = Path(__file__).parents[3]
BODY = os.urandom(300_000)
ENTRY = replace(
    PRETRAINED_TIER[0], name="net.bin", sha256=hashlib.sha256(BODY).hexdigest(), size=len(BODY), url=""
)


def _fetch(folder: Path, manners: Manners, body: bytes = BODY, **more: float) -> list[Path]:
    with serving({"net.bin": body}, manners) as address:
        return fetch(folder, entries=[replace(ENTRY, url=f"{address}/net.bin")], **more)  # type: ignore[arg-type]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_fetched_with_progress_and_nothing_else_stays(tmp_path: Path) -> None:
    heard: list[int] = []
    with serving({"net.bin": BODY}, Manners()) as address:
        (path,) = fetch(
            tmp_path / "new" / "folder",
            entries=[ENTRY],
            mirror=address,
            on_progress=lambda entry, done: heard.append(done),
        )
    assert path.read_bytes() == BODY
    assert heard == sorted(heard)
    assert heard[-1] == len(BODY)
    assert _names(path.parent) == ["net.bin"]


def test_what_is_there_intact_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "net.bin").write_bytes(BODY)
    manners = Manners()
    _fetch(tmp_path, manners)
    assert manners.asked == []


def test_an_altered_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "net.bin").write_bytes(BODY[:-1] + b"?")
    _fetch(tmp_path, Manners())
    assert state_of(tmp_path, ENTRY) == "intact"


def test_a_server_that_breaks_off_is_asked_for_the_rest(tmp_path: Path) -> None:
    manners = Manners(breaks_off_after=120_000)
    _fetch(tmp_path, manners)
    assert manners.asked == [None, "bytes=120000-", "bytes=240000-"]
    assert (tmp_path / "net.bin").read_bytes() == BODY


def test_a_later_fetch_goes_on_where_an_earlier_one_stopped(tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused):
        _fetch(tmp_path, Manners(stalls_after=100_000), budget_s=0.3)
    assert _names(tmp_path) == [".net.bin.etag", ".net.bin.part"]
    manners = Manners()
    _fetch(tmp_path, manners)
    assert manners.asked[0] == "bytes=100000-"
    assert _names(tmp_path) == ["net.bin"]


def test_a_server_without_ranges_starts_over(tmp_path: Path) -> None:
    (tmp_path / ".net.bin.part").write_bytes(BODY[:1000])
    _fetch(tmp_path, Manners(ranges=False))
    assert (tmp_path / "net.bin").read_bytes() == BODY


def test_a_server_without_ranges_that_breaks_off_is_given_up(tmp_path: Path) -> None:
    manners = Manners(ranges=False, breaks_off_after=1000)
    with pytest.raises(WeightsRefused) as caught:
        _fetch(tmp_path, manners)
    assert caught.value.code == "fetch_failed"
    assert len(manners.asked) <= 5


@pytest.mark.parametrize("part", [b"stale" * 100, BODY + b"too long", BODY[:-1] + b"?"])
def test_a_part_of_something_else_is_thrown_away(tmp_path: Path, part: bytes) -> None:
    (tmp_path / ".net.bin.part").write_bytes(part)
    _fetch(tmp_path, Manners())
    assert (tmp_path / "net.bin").read_bytes() == BODY


def test_a_part_of_the_servers_former_file_is_not_continued(tmp_path: Path) -> None:
    (tmp_path / ".net.bin.part").write_bytes(b"old" * 100)
    (tmp_path / ".net.bin.etag").write_text('"old"')
    manners = Manners()
    _fetch(tmp_path, manners)
    assert manners.asked == ["bytes=300-"]  # answered whole, since If-Range named another version


@pytest.mark.parametrize(
    "body", [BODY[:-1] + bytes([BODY[-1] ^ 1]), BODY + b"more"], ids=["altered", "longer"]
)
def test_altered_bytes_never_take_the_files_name(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(WeightsRefused, match="another SHA-256") as caught:
        _fetch(tmp_path, Manners(), body)
    assert caught.value.code == "altered_weights"
    assert _names(tmp_path) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_refuses_gives_a_sentence(tmp_path: Path, status: int) -> None:
    with pytest.raises(WeightsRefused, match=r"net\.bin could not be fetched from 127\.0\.0\.1") as caught:
        _fetch(tmp_path, Manners(status=status))
    assert caught.value.code == "fetch_failed"


def test_without_a_network_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused, match="put the file into") as caught:
        fetch(tmp_path, entries=[replace(ENTRY, url="http://127.0.0.1:9/net.bin")], timeout_s=2)
    assert caught.value.code == "fetch_failed"


def test_no_other_scheme_is_opened(tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused, match="no http or https"):
        fetch(tmp_path, entries=[replace(ENTRY, url=f"file://{tmp_path}/net.bin")])


def test_a_silent_server_costs_no_more_than_the_budget(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(WeightsRefused):
        _fetch(tmp_path, Manners(stalls_after=10), timeout_s=30, budget_s=0.5)
    assert time.monotonic() - began < 5


def test_two_fetches_do_not_write_one_file(tmp_path: Path) -> None:
    with (tmp_path / ".net.bin.part").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(WeightsRefused, match="Another process is fetching"):
            _fetch(tmp_path, Manners())


def test_a_folder_that_cannot_be_written_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsRefused) as caught:
        _fetch(tmp_path / "file" / "folder", Manners())
    assert caught.value.code == "fetch_failed"


Command = Callable[..., subprocess.CompletedProcess[str]]


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ml.weights", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)


def test_the_commands_say_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    listed = _command("list", "--weights", str(tmp_path))
    assert listed.returncode == 0
    for entry in PRETRAINED_TIER:
        assert all(word in listed.stdout for word in (entry.name, entry.url, entry.sha256, entry.licence))
    verified = _command("verify", "--weights", str(tmp_path), "--json")
    assert verified.returncode == 1
    advice = _command("verify", "--weights", str(tmp_path)).stdout
    assert f"Run `python -m ml.weights fetch --weights {tmp_path}`." in advice
    assert [file["state"] for file in json.loads(verified.stdout)["files"]] == ["missing"] * 3
    offline = _command("fetch", "--weights", str(tmp_path), "--mirror", "http://127.0.0.1:9", "--budget", "2")
    assert offline.returncode == 1
    assert "could not be fetched" in offline.stderr
    assert "Traceback" not in offline.stderr


@needs_weights
def test_the_commands_fetch_and_verify_the_published_files(tmp_path: Path) -> None:
    files = {entry.name: (WEIGHTS / entry.name).read_bytes() for entry in PRETRAINED_TIER}
    served: AbstractContextManager[str] = serving(files, Manners())
    with served as address:
        fetched = _command("fetch", "--weights", str(tmp_path), "--mirror", address, "--json")
    assert fetched.returncode == 0, fetched.stderr
    assert _command("verify", "--weights", str(tmp_path)).returncode == 0
    assert present(tmp_path) == present(WEIGHTS)
    assert (tmp_path / "mn04_as_mAP_432.safetensors").is_file()


def test_the_folder_must_be_named() -> None:
    clean = {k: v for k, v in os.environ.items() if k != "SPOTTER_WEIGHTS"}
    done = subprocess.run(
        [sys.executable, "-m", "ml.weights", "list"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean,
        check=False,
    )
    assert (done.returncode, "SPOTTER_WEIGHTS" in done.stderr) == (2, True)


def test_the_catalogue_is_light_to_import_and_complete() -> None:
    code = "import sys, ml.weights; sys.exit(bool({'torch', 'onnxruntime', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
    for entry in PRETRAINED_TIER:
        assert all(
            getattr(entry, name) for name in Weights.__dataclass_fields__ if name != "converted_sha256"
        )
        assert bool(entry.converted_sha256) == entry.name.endswith(".pt")


def test_a_file_altered_with_its_old_date_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / ENTRY.name
    path.write_bytes(BODY)
    assert state_of(tmp_path, ENTRY) == "intact"
    dates = path.stat()
    path.write_bytes(BODY[::-1])
    os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    assert state_of(tmp_path, ENTRY) == "altered"


@pytest.fixture
def somebody(tmp_path: Path) -> Iterator[None]:
    """Who is not root, for root may read and write everything."""
    user = os.geteuid()
    closed = {folder: folder.stat().st_mode for folder in tmp_path.parents if not folder.stat().st_mode & 1}
    if user == 0:
        os.chown(tmp_path, 65534, 65534)
        for folder, mode in closed.items():  # the way there lies open
            folder.chmod(mode | 0o011)
        os.seteuid(65534)
    yield
    os.seteuid(user)
    tmp_path.chmod(0o755)
    for folder, mode in closed.items() if user == 0 else ():
        folder.chmod(mode)


@pytest.mark.usefixtures("somebody")
def test_a_file_that_may_not_be_read_gives_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / PRETRAINED_TIER[0].name).write_bytes(BODY)
    (tmp_path / PRETRAINED_TIER[0].name).chmod(0)
    for command in ("list", "verify"):
        assert main([command, "--weights", str(tmp_path)]) == 1
        assert f"{PRETRAINED_TIER[0].name} may not be read by the user" in capsys.readouterr().err


@pytest.mark.usefixtures("somebody")
def test_a_folder_that_may_not_be_read_gives_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0)
    for command in ("list", "verify", "fetch"):
        assert main([command, "--weights", str(tmp_path)]) == 1
        assert f"{tmp_path} may not be read by the user" in capsys.readouterr().err
    with pytest.raises(WeightsRefused, match="may not be read"):
        present(tmp_path)


@pytest.mark.usefixtures("somebody")
def test_a_folder_that_may_not_be_written_is_blamed_and_no_server(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(
        WeightsRefused, match=r"The folder .* cannot be written .Permission denied."
    ) as caught:
        _fetch(tmp_path, Manners())
    assert caught.value.code == "fetch_failed"
    assert "127.0.0.1" not in caught.value.sentence


@needs_weights
def test_present_tells_intact_missing_and_altered_apart(tmp_path: Path) -> None:
    assert present(None) is None
    assert present(tmp_path) is None
    for entry in PRETRAINED_TIER:
        (tmp_path / entry.name).write_bytes((WEIGHTS / entry.name).read_bytes())
    assert present(tmp_path) == {entry.name: entry.sha256 for entry in PRETRAINED_TIER}
    (tmp_path / PRETRAINED_TIER[0].name).write_bytes(b"other")
    with pytest.raises(WeightsRefused, match=PRETRAINED_TIER[0].name) as caught:
        present(tmp_path)
    assert caught.value.code == "altered_weights"
