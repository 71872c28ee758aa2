"""Run ONNX networks on one thread of the processor."""

from __future__ import annotations

import contextlib
import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime


class Network:
    """An ONNX model, ready to run. Not shared between threads."""

    def __init__(self, model: bytes | str) -> None:
        """model: its bytes, or the path of its file."""
        self.session = _session(model)
        self.inputs = [value.name for value in self.session.get_inputs()]

    def run(self, *values: NDArray[Any]) -> list[NDArray[Any]]:
        """Return the outputs of the inputs, given in the model's order."""
        outputs: list[NDArray[Any]] = self.session.run(None, dict(zip(self.inputs, values, strict=True)))
        return outputs


def _session(model: bytes | str) -> onnxruntime.InferenceSession:
    import onnxruntime  # slow to import: only where a network runs

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # one process a video is the better split
    options.log_severity_level = 3  # errors only
    options.enable_cpu_mem_arena = False  # no faster here, and it keeps 20 MB
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    _give_back_memory()
    return session


def _give_back_memory() -> None:
    """Return freed memory to the system: building a network takes 40 MB that malloc would keep."""
    with contextlib.suppress(AttributeError, OSError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def finite_half(rows: NDArray[Any]) -> tuple[NDArray[np.float16], int]:
    """Return (`rows` as float16 within its range, how many numbers were not finite: those are 0)."""
    broken = int(rows.size - np.isfinite(rows).sum())
    tidy = np.nan_to_num(rows, nan=0.0, posinf=0.0, neginf=0.0) if broken else rows
    largest = float(np.finfo(np.float16).max)
    return np.clip(tidy, -largest, largest).astype(np.float16), broken
