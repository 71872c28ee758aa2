"""Before the start: are the pretrained networks here? If not, one brief try to fetch them; then on without.

They are 10 MB from their publishers (docs/running.md). Spotter works without them, with basic features.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.environment import ROOT, VENV_PYTHON, Wishes

FIRST_BYTE_S = 4.0  # with no way to the publishers, this is all that a start loses
BUDGET_S = 90.0
TRIED = ".tried"
HOW = ".venv/bin/python manage.py weights fetch"
# Exit status 0: all there, 1: not all, 3: there and not usable, with the reason on stdout.
LOOK = """
import sys
from ml.errors import WeightsRefused
from ml.weights import present
try:
    sys.exit(0 if present(sys.argv[1]) else 1)
except WeightsRefused as refusal:
    print(refusal.sentence)
    sys.exit(3)
"""


def look_for_weights(wishes: Wishes, *, more: Sequence[str] = ()) -> None:
    """Fetch the networks if this house has none and never tried; say in a sentence when they are not here.

    A folder that was named by SPOTTER_WEIGHTS is used as it is. `more`: further words for the fetching.
    """
    folder = wishes.weights
    command = [str(VENV_PYTHON), "-c", LOOK, str(folder)]
    looked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if looked.returncode == 0:
        _say(f"Features are pretrained: the networks are in {folder}.")
    elif looked.returncode == 3:
        _say(f"Features are basic until the weights are mended: {looked.stdout.strip()}")
    elif wishes.weights_named:
        _say(f"The pretrained networks are not all in {folder} (SPOTTER_WEIGHTS), so features are basic.")
    elif not (folder / TRIED).exists():
        _try_once(folder, _how(wishes), more)
    else:
        _say(f"Features are basic: the pretrained networks are not here ({_how(wishes)} brings them).")


def _how(wishes: Wishes) -> str:
    """The command that fetches into this house, as it must be typed in another shell."""
    usual = wishes.home == ROOT / "var"
    return HOW if usual else f"SPOTTER_HOME={shlex.quote(str(wishes.home))} {HOW}"


def _try_once(folder: Path, how: str, more: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRIED).touch()
    _say("Fetching the pretrained networks (10 MB), once …")
    if _fetched(folder, more):
        _say(f"The pretrained networks are in {folder}.")
    else:
        _say(f"They could not be fetched now, so features are basic: {how} brings them later.")


def _fetched(folder: Path, more: Sequence[str]) -> bool:
    """Let the fetching run on as long as bytes come, within its budget."""
    began = time.monotonic()
    words = ("-m", "ml.weights", "fetch", "--weights", str(folder), "--budget", f"{BUDGET_S:.0f}", *more)
    # Its bar goes to the terminal; why it failed is of no use to whoever only wants to start.
    errors = None if sys.stderr.isatty() else subprocess.DEVNULL
    process = subprocess.Popen([str(VENV_PYTHON), *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
    try:
        while process.poll() is None:
            spent = time.monotonic() - began
            if spent > BUDGET_S + 2 or (spent > FIRST_BYTE_S and not _bytes_in(folder)):
                return False
            time.sleep(0.1)
        return process.returncode == 0
    finally:
        process.kill()
        process.wait()


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
