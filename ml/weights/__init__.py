"""The folder of published weight files: what belongs there, whether it is there intact, how it gets there.

Light to import: neither torch nor onnxruntime. `python -m ml.weights list|fetch|verify` for people.
"""

from ml.weights.catalogue import PRETRAINED_TIER, Weights
from ml.weights.checking import file_sha256, how_to_fetch, missing, present, state_of
from ml.weights.fetching import fetch

__all__ = [
    "PRETRAINED_TIER",
    "Weights",
    "fetch",
    "file_sha256",
    "how_to_fetch",
    "missing",
    "present",
    "state_of",
]
