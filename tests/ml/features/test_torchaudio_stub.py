"""torchaudio imports on a CPU build of torch, by way of the stub (docs/adr/0002)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
STUBBED = """
from ml.torchaudio_stub import torchaudio_functional
mels = torchaudio_functional().melscale_fbanks(257, 60.0, 8000.0, 40, 16000)
print(tuple(mels.shape), float(mels.max()) > 0)
"""


def test_mel_scales_are_there_in_a_fresh_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUBBED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "(257, 40) True", done.stderr


def test_only_the_stub_names_torchaudio() -> None:
    naming = [path.name for path in (ROOT / "ml").rglob("*.py") if "import torchaudio\n" in path.read_text()]
    assert naming == []
