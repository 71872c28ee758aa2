"""The features of one video, and the file they are kept in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ml.errors import FeatureMismatch
from ml.features.spool import forget
from ml.media.atomic import replacing

Tier = Literal["embedded", "pretrained"]

# Raise a version when any number of that tier would change for the same file: old features are then
# computed anew.
EMBEDDED_VERSION = "embedded-2"
PRETRAINED_VERSION = "pretrained-1"
STEP_S = 0.25
BLOCK = 4096  # rows handled at once: neither what waits on disk nor a copy of all comes into memory whole
EMBEDDING_EVERY = 2  # steps a row of the picture embedding covers: half a second


def _no_rows() -> NDArray[np.float16]:
    return np.zeros((0, 0), np.float16)


def _no_speech() -> NDArray[np.float32]:
    return np.zeros(0, np.float32)


def extractor_version(weights: Mapping[str, str]) -> str:
    """Return the version of the features these weight files (name -> SHA-256) make; none: the embedded."""
    if not weights:
        return EMBEDDED_VERSION
    named = json.dumps([EMBEDDED_VERSION, sorted(weights.items())])
    return f"{PRETRAINED_VERSION}-{hashlib.sha256(named.encode()).hexdigest()[:12]}"


def make_finite(rows: NDArray[np.float32]) -> None:
    """Set numbers of `rows` (T, n) that are not finite to 0, in place, in pieces: T may be ten hours."""
    for start in range(0, len(rows), BLOCK):
        np.nan_to_num(rows[start : start + BLOCK], copy=False, posinf=0.0, neginf=0.0)


@dataclass(frozen=True)
class Features:
    """What is known of a whole video, one row a step; row i covers [i x step_s, (i + 1) x step_s).

    All numbers are finite. Rows whose mask is False are zero. Both tiers hold the same descriptors; the
    pretrained tier adds what small networks say, made by the files named in `weights`.
    """

    version: str  # extractor_version(weights)
    tier: Tier
    step_s: float
    duration_s: float
    picture: NDArray[np.float32]  # (T, Dp), columns as PICTURE_NAMES
    sound: NDArray[np.float32]  # (T, Ds), columns as SOUND_NAMES
    picture_mask: NDArray[np.bool_]  # (T,) a picture was on screen
    sound_mask: NDArray[np.bool_]  # (T,) there was a sound track, silent or not
    cuts: NDArray[np.bool_]  # (T,) a new shot begins in this step
    # The pretrained tier only; empty in the embedded tier.
    picture_embedding: NDArray[np.float16] = field(
        default_factory=_no_rows
    )  # (ceil(T / EMBEDDING_EVERY), 1280)
    sound_embedding: NDArray[np.float16] = field(default_factory=_no_rows)  # (T, 384)
    speech: NDArray[np.float32] = field(
        default_factory=_no_speech
    )  # (T,) probability that somebody speaks, 0..1
    weights: Mapping[str, str] = field(default_factory=dict)  # file name -> SHA-256


def as_embedded(features: Features) -> Features:
    """Return the embedded tier's view of features of either tier: the same descriptors, nothing else.

    Features of an older version keep its name: their descriptors are not today's.
    """
    if features.tier == "embedded":
        return features
    current = features.version == extractor_version(features.weights)
    return replace(
        features,
        version=EMBEDDED_VERSION if current else features.version,
        tier="embedded",
        picture_embedding=_no_rows(),
        sound_embedding=_no_rows(),
        speech=_no_speech(),
        weights={},
    )


_ARRAYS = ("picture", "sound", "picture_mask", "sound_mask", "cuts")
_LEARNED = ("picture_embedding", "sound_embedding", "speech")


def save_features(features: Features, path: Path | str) -> None:
    """Write `features` as safetensors, atomically."""
    facts = {
        "version": features.version,
        "tier": features.tier,
        "step_s": features.step_s,
        "duration_s": features.duration_s,
        "weights": dict(features.weights),
    }
    names = _ARRAYS if features.tier == "embedded" else _ARRAYS + _LEARNED
    with replacing(path) as draft:
        arrays = {name: getattr(features, name) for name in names}
        _write_safetensors(draft, arrays, {"spotter_features": json.dumps(facts)})


def _write_safetensors(path: Path, arrays: dict[str, NDArray[Any]], metadata: dict[str, str]) -> None:
    """Write the safetensors format straight from the arrays' memory.

    The library's own writer first copies everything into bytes: 150 MB more for ten hours. The format: the
    header's length (8 bytes, little-endian), the header as JSON, the raw arrays.
    """
    header: dict[str, Any] = {"__metadata__": metadata}
    offset = 0
    for name, array in arrays.items():
        kind = {"float32": "F32", "float16": "F16", "bool": "BOOL"}[array.dtype.name]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # keeps the arrays aligned
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            for start in range(0, len(array), BLOCK):
                file.write(np.ascontiguousarray(array[start : start + BLOCK]).data)
                forget(array)


def stored_version(path: Path | str) -> str | None:
    """Return the version of the features at `path`; None when they are missing, damaged or half-written."""
    try:
        with safe_open(str(path), framework="numpy") as file:  # checks that all arrays lie inside the file
            return str(json.loads((file.metadata() or {})["spotter_features"])["version"])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError):
        return None


def load_features(path: Path | str, *, tier: Tier | None = None, any_version: bool = False) -> Features:
    """Read features written by `save_features`, as they are or, with tier="embedded", their embedded view.

    Raises FeatureMismatch: damaged_features; features_version when another version of the extractor made
    them (unless any_version); features_tier when they lack what tier="pretrained" needs. Raises
    FileNotFoundError when there is no such file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"There are no features at {path}.")
    try:
        with safe_open(str(path), framework="numpy") as file:
            facts = json.loads((file.metadata() or {})["spotter_features"])
            names = _ARRAYS if facts["tier"] == "embedded" else _ARRAYS + _LEARNED
            arrays = {name: file.get_tensor(name) for name in names}
        features = Features(**facts, **arrays)
        _check_lengths(features)
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise FeatureMismatch(
            "damaged_features", "The features file is damaged: analyse the video again."
        ) from error
    if not any_version:
        _check_version(features)
    if tier == "pretrained" and features.tier != tier:
        raise FeatureMismatch(
            "features_tier",
            "The features were made without the pretrained networks: analyse the video again with them.",
        )
    return as_embedded(features) if tier == "embedded" else features


def _check_lengths(features: Features) -> None:
    """Raise ValueError when the arrays are not of one video."""
    steps, pairs = len(features.picture), -(-len(features.picture) // EMBEDDING_EVERY)
    wanted = dict.fromkeys(_ARRAYS, steps)
    if features.tier != "embedded":
        wanted |= {"picture_embedding": pairs, "sound_embedding": steps, "speech": steps}
    if any(len(getattr(features, name)) != length for name, length in wanted.items()):
        raise ValueError("arrays of different lengths")


def _check_version(features: Features) -> None:
    wanted = extractor_version(features.weights)
    if features.version != wanted:
        raise FeatureMismatch(
            "features_version",
            f"The features are of version {features.version}, not {wanted}: analyse the video again.",
        )
