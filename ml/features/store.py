"""The features of one video, and the file they are kept in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ml.errors import FeatureMismatch
from ml.media.atomic import replacing

# Raise this when any number below would change for the same file: old features are then computed anew.
EXTRACTOR_VERSION = "embedded-1"
TIER = "embedded"
STEP_S = 0.25


@dataclass(frozen=True)
class Features:
    """Descriptors of a whole video, one row a step; row i covers [i x step_s, (i + 1) x step_s).

    All numbers are finite. Rows whose mask is False are zero.
    """

    version: str
    tier: str
    step_s: float
    duration_s: float
    picture: NDArray[np.float32]  # (T, Dp), columns as PICTURE_NAMES
    sound: NDArray[np.float32]  # (T, Ds), columns as SOUND_NAMES
    picture_mask: NDArray[np.bool_]  # (T,) a picture was on screen
    sound_mask: NDArray[np.bool_]  # (T,) there was a sound track, silent or not
    cuts: NDArray[np.bool_]  # (T,) a new shot begins in this step


_ARRAYS = ("picture", "sound", "picture_mask", "sound_mask", "cuts")


def save_features(features: Features, path: Path | str) -> None:
    """Write `features` as safetensors, atomically."""
    facts = {
        "version": features.version,
        "tier": features.tier,
        "step_s": features.step_s,
        "duration_s": features.duration_s,
    }
    with replacing(path) as draft:
        arrays = {name: np.ascontiguousarray(getattr(features, name)) for name in _ARRAYS}
        _write_safetensors(draft, arrays, {"spotter_features": json.dumps(facts)})


def _write_safetensors(path: Path, arrays: dict[str, NDArray[Any]], metadata: dict[str, str]) -> None:
    """Write the safetensors format straight from the arrays' memory.

    The library's own writer first copies everything into bytes: 150 MB more for ten hours. The format: the
    header's length (8 bytes, little-endian), the header as JSON, the raw arrays.
    """
    header: dict[str, Any] = {"__metadata__": metadata}
    offset = 0
    for name, array in arrays.items():
        kind = {"float32": "F32", "bool": "BOOL"}[array.dtype.name]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # keeps the arrays aligned
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            file.write(array.data)


def load_features(path: Path | str, *, version: str | None = EXTRACTOR_VERSION) -> Features:
    """Read features written by `save_features`.

    Raises FeatureMismatch: damaged_features, or features_version when they are of another extractor version
    than `version` (None accepts any). Raises FileNotFoundError when there is no such file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"There are no features at {path}.")
    try:
        with safe_open(str(path), framework="numpy") as file:
            facts = json.loads((file.metadata() or {})["spotter_features"])
            arrays = {name: file.get_tensor(name) for name in _ARRAYS}
    except (SafetensorError, KeyError, ValueError) as error:
        raise FeatureMismatch(
            "damaged_features", "The features file is damaged: analyse the video again."
        ) from error
    if version is not None and facts["version"] != version:
        raise FeatureMismatch(
            "features_version",
            f"The features are of version {facts['version']}, not {version}: analyse the video again.",
        )
    return Features(**facts, **arrays)
