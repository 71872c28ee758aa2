"""Read the arrays of a published weight file, and keep them as safetensors.

A `.pt` file is a pickle: it is read without executing anything. Fetching stores what it holds beside it as
safetensors, with a record of both hashes; reading uses that where it is there and never writes: an analysis
leaves the folder of weights as it is.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from ml.errors import WeightsRefused
from ml.media.atomic import replacing
from ml.weights.catalogue import Weights
from ml.weights.checking import file_sha256

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
            "missing_weights", f"{entry.name} is not in {folder}: run `python -m ml.weights fetch`."
        )
    if file_sha256(source) != entry.sha256:
        raise WeightsRefused("altered_weights", f"{source} is not the published file: fetch it again.")
    return read_pt(source)


def convert(folder: Path | str, entry: Weights) -> None:
    """Store a published `.pt` file's arrays beside it as safetensors, once. Raises OSError."""
    stored = (Path(folder) / entry.name).with_suffix(".safetensors")
    if _is_ours(stored, entry):
        return
    state = read_state(folder, entry)
    with replacing(stored) as draft:
        save_file(state, draft)
    facts = {"source": entry.name, "source_sha256": entry.sha256, "sha256": file_sha256(stored)}
    with replacing(_record(stored)) as draft:
        draft.write_text(json.dumps({**facts, "licence": entry.licence}, indent=1))


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


def _record(stored: Path) -> Path:
    return stored.with_suffix(".safetensors.json")


def _is_ours(stored: Path, entry: Weights) -> bool:
    """Say whether `stored` was made from the published file and has not changed since."""
    try:
        record = json.loads(_record(stored).read_text())
        made_from = (record["source"], record["source_sha256"])
        return made_from == (entry.name, entry.sha256) and record["sha256"] == file_sha256(stored)
    except (OSError, ValueError, KeyError, TypeError, WeightsRefused):
        return False
