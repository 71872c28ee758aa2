"""Finished phases of a training, kept so that a run that was killed and begun again does not repeat them.

A phase is a file: the tensors it made and the state of the module it fitted as safetensors, everything else
as JSON in the header. It is bound to a key, the hash of all that fitting depends on, and to a hash of its own
content; one that is damaged, or was made for another training, is computed again.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ml.media.atomic import replacing

FORMAT = 1
_HEADER = "spotter_checkpoint"
_STATE = "state."
Made = TypeVar("Made")


@dataclass(frozen=True)
class Checkpoints:
    """Where phases are kept, and for which training. Without a folder nothing is."""

    folder: Path | None = None
    key: str = ""


NOT_KEPT = Checkpoints()


def checkpoint_key(*parts: Any) -> str:
    """SHA-256 of all that a training depends on: values, arrays, and the code and libraries that compute."""
    tensors: dict[str, Tensor] = {}
    skeleton = _taken_apart([*parts, _code(), torch.__version__, np.__version__], tensors)
    return _digest(json.dumps(skeleton), tensors)


def phase(
    kept: Checkpoints,
    name: str,
    module: nn.Module,
    work: Callable[[], Made],
    classes: tuple[type, ...] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Made:
    """What `work` makes, and `module` as it leaves it: from the folder where that is there, else computed.

    Made may be nested dataclasses (of `classes`), dicts, tuples, lists, tensors, arrays and JSON values; it
    comes back the same to the bit. `say` hears a few words when a kept phase is used or cannot be.
    """
    path = None if kept.folder is None else kept.folder / f"{name}.safetensors"
    if path is not None and path.exists():
        try:
            made: Made = _read(path, kept.key, module, {kind.__name__: kind for kind in classes})
        except ValueError as fault:
            say(str(fault))
        else:
            say("kept from an earlier attempt")
            return made
    made = work()
    if path is not None:
        _write(path, kept.key, module, made)
    return made


def _write(path: Path, key: str, module: nn.Module, made: Any) -> None:
    tensors = {_STATE + name: tensor.contiguous() for name, tensor in module.state_dict().items()}
    content = json.dumps({"format": FORMAT, "key": key, "made": _taken_apart(made, tensors)})
    header = {_HEADER: content, "sha256": _digest(content, tensors)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        # Copies: the format has no place for two names of one memory.
        save_file({name: tensor.clone() for name, tensor in tensors.items()}, str(draft), metadata=header)
        with draft.open("rb") as file:
            os.fsync(file.fileno())


def _read(path: Path, key: str, module: nn.Module, classes: dict[str, type]) -> Any:
    """What was made; the module gets its state. Raises ValueError, saying why, and changes nothing."""
    try:
        with safe_open(str(path), framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if _digest(header[_HEADER], tensors) != header["sha256"]:
            raise KeyError("sha256")
        content = json.loads(header[_HEADER])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise ValueError("what was kept of it is damaged, so it is computed again") from error
    if content["format"] != FORMAT or content["key"] != key:
        raise ValueError("what was kept of it belongs to another training, so it is computed again")
    made = _put_together(content["made"], tensors, classes)
    module.load_state_dict({n.removeprefix(_STATE): t for n, t in tensors.items() if n.startswith(_STATE)})
    return made


def _taken_apart(value: Any, tensors: dict[str, Tensor]) -> Any:
    """JSON of a nested value; its tensors and arrays go into `tensors` under numbers."""
    if isinstance(value, Tensor | np.ndarray):
        name = str(len(tensors))
        tensors[name] = value.contiguous() if isinstance(value, Tensor) else _as_tensor(value)
        return {"tensor" if isinstance(value, Tensor) else "array": name}
    if is_dataclass(value) and not isinstance(value, type):
        own = [[field.name, _taken_apart(getattr(value, field.name), tensors)] for field in fields(value)]
        return {"class": type(value).__name__, "fields": own}
    if isinstance(value, dict) or hasattr(value, "items"):
        return {"dict": [[key, _taken_apart(each, tensors)] for key, each in value.items()]}
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_taken_apart(each, tensors) for each in value]}
    return str(value) if isinstance(value, Path) else value


def _as_tensor(array: np.ndarray[Any, Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _put_together(skeleton: Any, tensors: dict[str, Tensor], classes: dict[str, type]) -> Any:
    if not isinstance(skeleton, dict):
        return skeleton
    if "tensor" in skeleton:
        return tensors[skeleton["tensor"]]
    if "array" in skeleton:
        return tensors[skeleton["array"]].numpy()
    if "class" in skeleton:
        own = {name: _put_together(each, tensors, classes) for name, each in skeleton["fields"]}
        return classes[skeleton["class"]](**own)
    if "dict" in skeleton:
        return {key: _put_together(each, tensors, classes) for key, each in skeleton["dict"]}
    kind = tuple if "tuple" in skeleton else list
    return kind(_put_together(each, tensors, classes) for each in next(iter(skeleton.values())))


def _digest(text: str, tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().numpy().data if tensor.numel() else b"")
    return digest.hexdigest()


def _code() -> str:
    """Hash of this package: what other code made is another training's."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()
