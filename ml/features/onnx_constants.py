"""Read the named constants of an ONNX file: enough of protobuf to walk nodes, branches and tensors.

The field numbers are those of the published schema (onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT = 1  # TensorProto.DataType
Field = tuple[int, Any]  # its number; a whole number or bytes


def read_constants(path: Path | str, *, branch: str) -> dict[str, NDArray[np.float32]]:
    """Return name -> array of the float constants in the first-level `branch` (then_branch, else_branch).

    A name is what follows the last "__" that tools put before it. Raises ValueError for what is no ONNX file.
    """
    (graph,) = _all(Path(path).read_bytes(), 7)
    found: dict[str, NDArray[np.float32]] = {}
    for node in _all(graph, 1):
        for attribute in _all(node, 5):
            if _all(attribute, 1) == [branch.encode()]:
                found |= _constants(_all(attribute, 6)[0])
    return found


def _constants(graph: bytes) -> dict[str, NDArray[np.float32]]:
    found = {}
    for node in _all(graph, 1):
        if _all(node, 4) == [b"Constant"]:
            tensor = _all(_all(node, 5)[0], 5)[0]
            name = _all(node, 2)[0].decode().rpartition("__")[2]
            if _all(tensor, 2) == [FLOAT]:
                found[name] = _array(tensor)
    return found


def _array(tensor: bytes) -> NDArray[np.float32]:
    dims = [size for value in _all(tensor, 1) for size in _whole_numbers(value)]
    raw = b"".join(_all(tensor, 9)) or b"".join(_all(tensor, 4))
    return np.frombuffer(raw, "<f4").reshape(dims)


def _whole_numbers(value: int | bytes) -> list[int]:
    """Return one number, or those packed into bytes."""
    if isinstance(value, int):
        return [value]
    numbers, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        numbers.append(number)
    return numbers


def _all(message: bytes, wanted: int) -> list[Any]:
    return [value for field, value in _fields(message) if field == wanted]


def _fields(message: bytes) -> Iterator[Field]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind, size = key & 7, 0
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError("not an ONNX file")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
