"""Networks of your own: a file of weights, a sidecar that describes it, and `networks.json` that chooses it.

In the folder of weights lie NAME.onnx (or a torchaudio model's NAME.pt or NAME.safetensors) and NAME.json:

    {"file": "NAME.onnx", "format": "onnx", "kind": "motion", "licence": "MIT",
     "input": {"name": "images", "shape": [3, 160, 160]}, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
     "output": {"name": "features", "width": 512}}

kind: what it is given. "motion": motion images, "picture": RGB pictures, both (n, 3, size, size), bytes /
255, less mean, by std; one each half second. "sound": windows (n, samples) of mono sound at "rate_hz" in
-1..1, less mean, by std (single numbers), around each step. It gives (n, width). For format "torchaudio",
"architecture" is "wav2vec2_base", "hubert_base" (the bundles WAV2VEC2_BASE and HUBERT_BASE) or
the arguments of torchaudio.models.wav2vec2_model, and neither input nor output has a name.

networks.json: {"picture": "NAME.json", "sound": "NAME.json"} (either may be left out) puts them in the place
of the catalogue's. Their hashes enter the features' version. Light to import.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ml.errors import WeightsRefused
from ml.weights.looking import is_there, may_not_be_read

Place = Literal["picture", "sound"]
CHOICE = "networks.json"
PLACES: tuple[Place, ...] = ("picture", "sound")
KINDS = {"motion": "picture", "picture": "picture", "sound": "sound"}  # kind -> place
FORMATS = ("onnx", "torchaudio")
ARCHITECTURES = ("wav2vec2_base", "hubert_base")
RATES_HZ = (8000, 48000)
MAX_SIZE, MAX_SAMPLES_S, MAX_WIDTH = 512, 30, 8192


@dataclass(frozen=True)
class Sidecar:
    """What a network of your own is and wants, checked."""

    name: str  # the sidecar's file name
    file: str
    format: str
    kind: str
    licence: str
    input_name: str | None
    shape: tuple[int, ...]  # of one input: (3, size, size) or (samples,)
    mean: tuple[float, ...]
    std: tuple[float, ...]
    rate_hz: int | None  # of sound
    output_name: str | None
    width: int
    architecture: str | Mapping[str, Any] | None


def chosen(folder: Path) -> dict[Place, Sidecar]:
    """Return the networks `networks.json` in `folder` chooses; none without it.

    Raises WeightsRefused: bad_sidecar, missing_weights.
    """
    path = folder / CHOICE
    if not is_there(path):
        return {}
    choice = _read(path)
    for place in choice:
        if place not in PLACES:
            raise _bad(CHOICE, f'"{place}" is no place for a network: known are {", ".join(PLACES)}')
    sidecars = {place: read_sidecar(folder, choice[place]) for place in PLACES if place in choice}
    for place, sidecar in sidecars.items():
        if KINDS[sidecar.kind] != place:
            raise _bad(CHOICE, f'{sidecar.name} is of kind "{sidecar.kind}" and cannot stand under "{place}"')
    return sidecars


def read_sidecar(folder: Path, name: Any) -> Sidecar:
    """Return the sidecar `name` in `folder`. Raises WeightsRefused: bad_sidecar, missing_weights."""
    _file_name(CHOICE, "the network", name, (".json",))
    if not is_there(folder / name):
        raise WeightsRefused("missing_weights", f"{name}, named in {CHOICE}, is not in {folder}.")
    told = _read(folder / name)
    format_ = _one_of(name, told, "format", FORMATS)
    endings = (".onnx",) if format_ == "onnx" else (".pt", ".safetensors")
    _file_name(name, '"file"', told.get("file"), endings)
    if not is_there(folder / told["file"]):
        raise WeightsRefused("missing_weights", f"{told['file']}, described by {name}, is not in {folder}.")
    kind = _one_of(name, told, "kind", tuple(KINDS))
    if format_ == "torchaudio" and kind != "sound":
        raise _bad(name, 'a torchaudio model is of kind "sound"')
    given, gives = _part(name, told, "input"), _part(name, told, "output")
    shape = _shape(name, given, kind, told)
    channels = shape[0] if KINDS[kind] == "picture" else 1
    return Sidecar(
        name=name,
        file=told["file"],
        format=format_,
        kind=kind,
        licence=_text(name, told, "licence"),
        input_name=_text(name, given, "name") if format_ == "onnx" else None,
        shape=shape,
        mean=_numbers(name, told, "mean", channels, 0.0),
        std=_numbers(name, told, "std", channels, 1.0),
        rate_hz=_whole(name, told, "rate_hz", *RATES_HZ) if kind == "sound" else None,
        output_name=_text(name, gives, "name") if format_ == "onnx" else None,
        width=_whole(name, gives, "width", 1, MAX_WIDTH),
        architecture=_architecture(name, told) if format_ == "torchaudio" else None,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except PermissionError as error:
        raise may_not_be_read(path) from error
    except (OSError, ValueError) as error:
        raise _bad(path.name, f"it is not JSON ({error})") from error
    if not isinstance(told, dict):
        raise _bad(path.name, "it must be a JSON object")
    return told


def _file_name(owner: str, what: str, name: Any, endings: tuple[str, ...]) -> None:
    plain = isinstance(name, str) and Path(name).name == name and name.endswith(endings)
    if not plain:
        raise _bad(owner, f"{what} must be the name of a {' or '.join(endings)} file in the same folder")


def _part(name: str, told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    if not isinstance(told.get(key), dict):
        raise _bad(name, f'"{key}" must be an object')
    return told[key]  # type: ignore[no-any-return]


def _one_of(name: str, told: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str:
    if told.get(key) not in known:
        raise _bad(name, f'"{key}" must be one of {", ".join(known)}')
    return str(told[key])


def _text(name: str, told: Mapping[str, Any], key: str) -> str:
    if not isinstance(told.get(key), str) or not told[key].strip():
        raise _bad(name, f'"{key}" must be a word')
    return str(told[key])


def _whole(name: str, told: Mapping[str, Any], key: str, low: int, high: int) -> int:
    value = told.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _bad(name, f'"{key}" must be a whole number from {low} to {high}')
    return value


def _numbers(name: str, told: Mapping[str, Any], key: str, count: int, default: float) -> tuple[float, ...]:
    value = told.get(key, [default] * count)
    values = value if isinstance(value, list) else [value]
    numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    good = len(numbers) == len(values) == count and all(abs(v) < 1e6 for v in numbers)
    if not good or (key == "std" and min(numbers) <= 0):
        positive = " above 0" if key == "std" else ""
        raise _bad(name, f'"{key}" must be {count} number{"s" * (count > 1)}{positive}')
    return tuple(numbers)


def _shape(name: str, given: Mapping[str, Any], kind: str, told: Mapping[str, Any]) -> tuple[int, ...]:
    told_shape = given.get("shape")
    sizes = told_shape if isinstance(told_shape, list) else []
    whole = all(isinstance(size, int) and size > 0 for size in sizes)
    if kind == "sound":
        longest = MAX_SAMPLES_S * _whole(name, told, "rate_hz", *RATES_HZ)
        if not whole or len(sizes) != 1 or sizes[0] > longest:
            raise _bad(name, f'"shape" must be [samples], at most {MAX_SAMPLES_S} seconds of them')
    elif not whole or len(sizes) != 3 or sizes[0] != 3 or sizes[1] != sizes[2] or sizes[1] > MAX_SIZE:
        raise _bad(name, f'"shape" must be [3, size, size] with a size up to {MAX_SIZE}')
    return tuple(sizes)


def _architecture(name: str, told: Mapping[str, Any]) -> str | Mapping[str, Any]:
    value = told.get("architecture")
    if isinstance(value, dict):
        return value
    if value not in ARCHITECTURES:
        raise _bad(name, f'"architecture" must be {" or ".join(ARCHITECTURES)}, or an object of arguments')
    return str(value)


def _bad(name: str, complaint: str) -> WeightsRefused:
    return WeightsRefused("bad_sidecar", f"{name} does not describe a network: {complaint}.")
