"""The caged child's own limits, set before anything that can decode is imported. Standard library only."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
# Address space that mapped libraries (torch above all) and rows waiting on disk (300 MB for ten hours) take
# without using memory; without it a fair memory limit would forbid the import.
LIBRARIES_MB = 1300
STALE_S = 6 * 3600
WORK_PREFIX = ".work-"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def lock(limits: Mapping[str, int]) -> None:
    """Limit this process: cpu_s, memory_mb, file_mb (each optional); no core dumps, no life after its parent.

    Raises SystemExit when the parent is gone already.
    """
    parent = os.getppid()
    process_control = ctypes.CDLL(None, use_errno=True).prctl
    process_control(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    process_control(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:  # it died between the question and the request
        raise SystemExit("The parent process is gone.")
    _limit(resource.RLIMIT_CORE, 0)
    if "cpu_s" in limits:
        _limit(resource.RLIMIT_CPU, int(limits["cpu_s"]))
    if "memory_mb" in limits:
        _limit(resource.RLIMIT_AS, (int(limits["memory_mb"]) + LIBRARIES_MB) << 20)
    if "file_mb" in limits:
        _limit(resource.RLIMIT_FSIZE, int(limits["file_mb"]) << 20)
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))


def _limit(kind: int, value: int) -> None:
    """Set both the soft and the hard limit, never above a hard limit that already holds."""
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


@contextmanager
def private_folder(out_dir: Path) -> Iterator[Path]:
    """Give a folder of this process's own for temporary files, and remove it afterwards.

    It lies in out_dir, so that finished files can be renamed into place. Those that killed children left
    behind long ago go too.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    for old in out_dir.glob(f"{WORK_PREFIX}*"):
        if time.time() - old.stat().st_mtime > STALE_S:
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=WORK_PREFIX, dir=out_dir))
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
