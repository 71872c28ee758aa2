"""The published weights, where they lie on this machine."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("SPOTTER_DATA", Path(__file__).parents[4] / "shared" / "data"))
WEIGHTS = DATA / "weights"
needs_weights = pytest.mark.skipif(
    not (WEIGHTS / "silero_vad.onnx").is_file(), reason="SPOTTER_DATA/weights is not here"
)
needs_sounds = pytest.mark.skipif(not (DATA / "sounds").is_dir(), reason="SPOTTER_DATA/sounds is not here")
