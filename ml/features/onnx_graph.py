"""Write a small ONNX model: nodes, constants, one opset. What onnxruntime reads, without another library.

ONNX is a protobuf; the dozen field numbers used here are fixed by its published schema (onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPSET, IR_VERSION = 17, 8
FLOAT = 1  # TensorProto.DataType
Shape = Sequence[int | str]  # a name is a size known only when it runs


class Graph:
    """A chain of nodes; each method returns the name of what it adds."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def constant(self, values: NDArray[np.floating[Any]]) -> str:
        """Add a float32 constant."""
        name = f"c{len(self._constants)}"
        array = np.ascontiguousarray(values, np.float32)
        dims = b"".join(_integer(1, size) for size in array.shape)
        self._constants.append(dims + _integer(2, FLOAT) + _text(8, name) + _bytes(9, array.tobytes()))
        return name

    def node(self, kind: str, inputs: Sequence[str], **attributes: int | list[int]) -> str:
        """Add an operator; whole numbers and lists of them are its attributes."""
        name = f"n{len(self._nodes)}"
        parts = [_text(1, source) for source in inputs] + [_text(2, name), _text(4, kind)]
        parts += [_bytes(5, _attribute(key, value)) for key, value in attributes.items()]
        self._nodes.append(b"".join(parts))
        return name

    def second_and_third(self, name: str) -> tuple[str, str]:
        """Return the names of a node's second and third outputs; `name` is its first, and the last node."""
        names = f"{name}b", f"{name}c"
        self._nodes[-1] += b"".join(_text(2, other) for other in names)
        return names

    def convolution(
        self,
        source: str,
        weight: NDArray[np.float32],
        bias: NDArray[np.float32],
        *,
        stride: int = 1,
        groups: int = 1,
        pads: list[int] | None = None,
    ) -> str:
        """Add a square convolution; pads: top, left, bottom, right (half the kernel all around)."""
        size = weight.shape[-1]
        return self.node(
            "Conv",
            [source, self.constant(weight), self.constant(bias)],
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=pads or [size // 2] * 4,
            group=groups,
        )

    def model(self, inputs: dict[str, Shape], outputs: Sequence[str]) -> bytes:
        """Return the model as onnxruntime reads it; inputs are float32."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, "spotter")
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        graph += b"".join(_bytes(11, _value(name, shape)) for name, shape in inputs.items())
        graph += b"".join(_bytes(12, _value(name, None)) for name in outputs)
        opset = _text(1, "") + _integer(2, OPSET)
        return _integer(1, IR_VERSION) + _bytes(7, graph) + _bytes(8, opset)


def _value(name: str, shape: Shape | None) -> bytes:
    tensor = _integer(1, FLOAT)
    if shape is not None:
        sizes = [_text(2, size) if isinstance(size, str) else _integer(1, size) for size in shape]
        tensor += _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _attribute(name: str, value: int | list[int]) -> bytes:
    if isinstance(value, list):
        return _text(1, name) + b"".join(_integer(8, one) for one in value) + _integer(20, 7)
    return _text(1, name) + _integer(3, value) + _integer(20, 2)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
