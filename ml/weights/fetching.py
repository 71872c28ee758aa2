"""Fetch published weight files: resumed where they broke off, verified before they take their name.

A file grows as `.NAME.part`; only when its SHA-256 is the catalogue's is it renamed. Standard library only.
"""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ml.errors import WeightsRefused
from ml.weights.catalogue import PRETRAINED_TIER, Weights
from ml.weights.checking import read_sha256, state_of

OnProgress = Callable[[Weights, int], None]  # the file, how many bytes of it lie here

BLOCK = 1 << 16
ATTEMPTS = 5  # connections a file; each resumes where the last broke off
TIMEOUT_S = 10.0  # of silence
OF_THE_FOLDER = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)  # and of no server


def fetch(
    folder: Path | str,
    *,
    entries: Sequence[Weights] = PRETRAINED_TIER,
    mirror: str | None = None,
    budget_s: float | None = None,
    timeout_s: float = TIMEOUT_S,
    on_progress: OnProgress | None = None,
) -> list[Path]:
    """Bring `entries` into `folder` and return their paths; what lies there intact stays.

    mirror: an http(s) address under which the files lie by name, instead of the publishers'. budget_s:
    seconds for everything together. Raises WeightsRefused: fetch_failed (what came so far is kept for
    the next time), altered_weights (the server's file is another; it is thrown away).
    """
    deadline = None if budget_s is None else time.monotonic() + budget_s
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(f"The folder {folder} cannot be made ({error.strerror}): name another.") from error
    told = on_progress or (lambda entry, done: None)
    return [_one(folder, entry, mirror, deadline, timeout_s, told) for entry in entries]


def _one(
    folder: Path,
    entry: Weights,
    mirror: str | None,
    deadline: float | None,
    timeout_s: float,
    told: OnProgress,
) -> Path:
    path = folder / entry.name
    if state_of(folder, entry) != "intact":
        url = entry.url if mirror is None else f"{mirror.rstrip('/')}/{urllib.parse.quote(entry.name)}"
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise _failed(f"{url} is no http or https address.")
        download = _Download(folder, entry, url, deadline, timeout_s, told)
        with _explained(entry, url, folder), _open_part(download.part) as file:
            download.run(file)
            os.replace(download.part, path)
            download.etag.unlink(missing_ok=True)
    told(entry, entry.size)
    return path


@contextmanager
def _explained(entry: Weights, url: str, folder: Path) -> Iterator[None]:
    """Turn what can go wrong on the way into one sentence."""
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:  # URLError is an OSError
        if isinstance(error, OSError) and error.errno in OF_THE_FOLDER:
            raise _failed(
                f"The folder {folder} cannot be written ({error.strerror}): name another."
            ) from error
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise _failed(
            f"{entry.name} could not be fetched from {urllib.parse.urlsplit(url).netloc} ({reason}). "
            f"Try again when it can be reached, or put the file into {folder} yourself."
        ) from error


@contextmanager
def _open_part(path: Path) -> Iterator[IO[bytes]]:
    """Open the unfinished file for this process alone."""
    with path.open("ab+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _failed(f"Another process is fetching {path.name[1:-5]}: wait for it.") from error
        yield file


class _Download:
    """One file on its way."""

    def __init__(
        self,
        folder: Path,
        entry: Weights,
        url: str,
        deadline: float | None,
        timeout_s: float,
        told: OnProgress,
    ) -> None:
        self.entry, self.url, self.deadline = entry, url, deadline
        self.timeout_s, self.told = timeout_s, told
        self.part = folder / f".{entry.name}.part"
        self.etag = folder / f".{entry.name}.etag"  # which of the server's versions the part belongs to

    def run(self, file: IO[bytes]) -> None:
        """Fill `file`, resuming what it holds, until it is the published one."""
        resumed = 0 < file.seek(0, os.SEEK_END) <= self.entry.size
        if not resumed:
            file.truncate(0)
        self._complete(file)
        if read_sha256(self.part) == self.entry.sha256:
            return
        file.truncate(0)
        if resumed:  # the old part may be to blame: once more from the start
            self._complete(file)
            if read_sha256(self.part) == self.entry.sha256:
                return
        self.part.unlink()
        self.etag.unlink(missing_ok=True)
        raise WeightsRefused(
            "altered_weights",
            f"What {self.url} serves is not the published {self.entry.name} (another SHA-256); it was "
            "thrown away. Fetch it from its publisher.",
        )

    def _complete(self, file: IO[bytes]) -> None:
        last: Exception | None = None
        for _ in range(ATTEMPTS):
            have = file.seek(0, os.SEEK_END)
            if have >= self.entry.size:
                return
            try:
                with self._request(have) as response:
                    self._receive(response, file)
            except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
                last = error
            if file.seek(0, os.SEEK_END) == have and last:
                raise last  # no progress: nobody is there
        if file.seek(0, os.SEEK_END) < self.entry.size:
            raise last or ConnectionError("the connection keeps breaking off")

    def _request(self, have: int) -> Any:
        headers = {"User-Agent": "spotter", "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if self.etag.is_file():
                headers["If-Range"] = self.etag.read_text()
        try:
            return urllib.request.urlopen(  # the scheme was checked
                urllib.request.Request(self.url, headers=headers), timeout=self._patience()
            )
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416 and have:  # the server's file is shorter than our part
                self.etag.unlink(missing_ok=True)
                self.part.write_bytes(b"")
                return self._request(0)
            raise

    def _patience(self) -> float:
        """Return the seconds to wait for the next word."""
        if self.deadline is None:
            return self.timeout_s
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OSError("the time for fetching is over")
        return min(self.timeout_s, left)

    def _receive(self, response: Any, file: IO[bytes]) -> None:
        continued = str(response.headers.get("Content-Range", "")).startswith(f"bytes {file.tell()}-")
        if response.status != 206 or not continued:
            file.truncate(0)  # the server starts over
        etag = str(response.headers.get("ETag", ""))
        if etag and not etag.startswith("W/"):
            self.etag.write_text(etag)
        done = file.seek(0, os.SEEK_END)
        while block := response.read1(BLOCK):
            self._patience()
            done += file.write(block)
            self.told(self.entry, min(done, self.entry.size))
            if done > self.entry.size:
                break  # not our file, whatever it is
        file.flush()


def _failed(sentence: str) -> WeightsRefused:
    return WeightsRefused("fetch_failed", sentence)
