"""Read the arrays of a published weight file, and keep them as safetensors.

A `.pt` file is a pickle: it is read without executing anything. Fetching stores what it holds beside it as
safetensors, whose hash the catalogue knows too; reading uses that where it is there intact and never writes:
an analysis leaves the folder of weights as it is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from ml.errors import WeightsRefused
from ml.media.atomic import replacing
from ml.weights.catalogue import Weights
from ml.weights.checking import file_sha256, how_to_fetch

State = dict[str, NDArray[np.float32]]


def read_state(folder: Path | str, entry: Weights) -> State:
    """Return layer name -> float32 array of a published `.pt` file in `folder`.

    Raises WeightsRefused: missing_weights, altered_weights.
    """
    source = Path(folder) / entry.name
    stored = source.with_suffix(".safetensors")
    if _is_ours(stored, entry):
        return load_file(stored)
    if not source.is_file():
        raise WeightsRefused(
            "missing_weights", f"{entry.name} is not in {folder}: run {how_to_fetch(folder)}."
        )
    if file_sha256(source) != entry.sha256:
        raise WeightsRefused("altered_weights", f"{source} is not the published file: fetch it again.")
    return read_pt(source)


def convert(folder: Path | str, entry: Weights) -> None:
    """Store a published `.pt` file's arrays beside it as safetensors, once. Raises OSError.

    A safetensors library that writes other bytes than the catalogue knows stores nothing: the `.pt` is read.
    Nor does a folder that is marked read-only take anything, not even from root, whom nothing would stop.
    """
    stored = (Path(folder) / entry.name).with_suffix(".safetensors")
    if _is_ours(stored, entry) or not Path(folder).stat().st_mode & 0o222:
        return
    body = save(read_state(folder, entry))
    if hashlib.sha256(body).hexdigest() == entry.converted_sha256:
        with replacing(stored) as draft:
            draft.write_bytes(body)  # with the umask's mode, unlike safetensors' own way to a file


def read_pt(path: Path | str) -> State:
    """Return layer name -> float32 array of a `.pt` file. Nothing in it is executed.

    Raises WeightsRefused(altered_weights) when it is no file of weights.
    """
    import torch  # slow to import

    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        return {name: np.asarray(value, np.float32) for name, value in state.items() if value.ndim}
    except Exception as error:  # a damaged file makes torch raise nearly anything
        raise WeightsRefused(
            "altered_weights",
            f"{Path(path).name} is not a file of weights (or would run code): fetch it again.",
        ) from error


def _is_ours(stored: Path, entry: Weights) -> bool:
    """Say whether `stored` is what the published file converts to: nothing in the folder can vouch for it."""
    try:
        return stored.is_file() and file_sha256(stored) == entry.converted_sha256
    except (OSError, WeightsRefused):
        return False
