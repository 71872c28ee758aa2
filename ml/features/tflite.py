"""Read the convolutions of an int8 TensorFlow Lite file, dequantised, without TensorFlow.

A .tflite file is a flatbuffer: tables whose fields are found through a small index. Only what a chain of
convolutions and additions needs is read; the file's SHA-256 has been checked before.
Source of the field numbers: tensorflow/lite/schema/schema.fbs.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ADD, CONVOLUTION, DEPTHWISE = 0, 3, 4  # BuiltinOperator
RELU6 = 3  # ActivationFunctionType
KINDS: dict[int, Any] = {2: np.dtype("<i4"), 9: np.dtype("i1")}  # TensorType
# Which field of the options holds the fused activation.
ACTIVATION_FIELD = {CONVOLUTION: 3, DEPTHWISE: 4}


@dataclass(frozen=True)
class Convolution:
    """One convolution with "SAME" padding, its weights dequantised."""

    source: int  # the tensor it reads
    target: int  # the tensor it writes
    weight: NDArray[np.float32]  # (out, in / groups, kernel, kernel)
    bias: NDArray[np.float32]  # (out,)
    stride: int
    groups: int
    relu6: bool


@dataclass(frozen=True)
class Addition:
    """One residual connection."""

    sources: tuple[int, int]
    target: int


Layer = Convolution | Addition


def read_layers(path: Path | str) -> list[Layer]:
    """Return the file's convolutions and additions in order; everything else (pooling, softmax) is left."""
    data = Path(path).read_bytes()
    model = _Table(data, struct.unpack_from("<I", data)[0])
    codes = [max(code.number(0, "b"), code.number(3, "i")) for code in model.tables(1)]
    graph = model.tables(2)[0]
    tensors, buffers = graph.tables(0), model.tables(4)
    layers: list[Layer] = []
    for operator in graph.tables(3):
        code = codes[operator.number(0, "I")]
        inputs, outputs = operator.numbers(1, "<i4"), operator.numbers(2, "<i4")
        if code == ADD:
            layers.append(Addition((int(inputs[0]), int(inputs[1])), int(outputs[0])))
        elif code in ACTIVATION_FIELD:
            values = [_dequantised(tensors[i], buffers) for i in inputs[1:3]]
            layers.append(_convolution(code, operator.table(4), inputs, outputs, values))
    return layers


def _convolution(
    code: int, options: _Table, inputs: Any, outputs: Any, values: list[NDArray[np.float32]]
) -> Convolution:
    # TensorFlow orders weights (out, height, width, in), depthwise ones (1, height, width, out).
    order = (3, 0, 1, 2) if code == DEPTHWISE else (0, 3, 1, 2)
    weight = np.ascontiguousarray(values[0].transpose(order))
    return Convolution(
        source=int(inputs[0]),
        target=int(outputs[0]),
        weight=weight,
        bias=values[1],
        stride=options.number(2, "i"),
        groups=len(weight) if code == DEPTHWISE else 1,
        relu6=options.number(ACTIVATION_FIELD[code], "b") == RELU6,
    )


def _dequantised(tensor: _Table, buffers: list[_Table]) -> NDArray[np.float32]:
    """Return (integer - zero point) x scale, by channel where the file says so."""
    shape = tensor.numbers(0, "<i4")
    stored = buffers[tensor.number(2, "I")].numbers(0, "u1").view(KINDS[tensor.number(1, "b")]).reshape(shape)
    quantisation = tensor.table(4)
    scale, zero = quantisation.numbers(2, "<f4"), quantisation.numbers(3, "<i8")
    along = [1] * stored.ndim
    along[quantisation.number(6, "i")] = len(scale)
    numbers = (stored.astype(np.float32) - zero.reshape(along).astype(np.float32)) * scale.reshape(along)
    return np.asarray(numbers, np.float32)


class _Table:
    """A flatbuffer table: `at` points to its index's distance; a field that is absent has its default."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def _place(self, field: int) -> int | None:
        index = self.at - struct.unpack_from("<i", self.data, self.at)[0]
        size = struct.unpack_from("<H", self.data, index)[0]
        entry = 4 + 2 * field
        distance = struct.unpack_from("<H", self.data, index + entry)[0] if entry < size else 0
        return self.at + distance if distance else None

    def _follow(self, place: int) -> int:
        return int(place + struct.unpack_from("<I", self.data, place)[0])

    def number(self, field: int, kind: str) -> int:
        """Return a scalar field (struct's letter), 0 where absent."""
        place = self._place(field)
        return 0 if place is None else int(struct.unpack_from(f"<{kind}", self.data, place)[0])

    def table(self, field: int) -> _Table:
        """Return a table field that must be there."""
        place = self._place(field)
        if place is None:
            raise ValueError(f"The file lacks field {field}.")
        return _Table(self.data, self._follow(place))

    def numbers(self, field: int, kind: str) -> NDArray[Any]:
        """Return a vector of scalars (numpy's kind), empty where absent."""
        place = self._place(field)
        if place is None:
            return np.zeros(0, kind)
        start = self._follow(place)
        return np.frombuffer(self.data, kind, struct.unpack_from("<I", self.data, start)[0], start + 4)

    def tables(self, field: int) -> list[_Table]:
        """Return a vector of tables."""
        place = self._place(field)
        if place is None:
            return []
        start = self._follow(place)
        count = struct.unpack_from("<I", self.data, start)[0]
        return [_Table(self.data, self._follow(start + 4 + 4 * i)) for i in range(count)]
