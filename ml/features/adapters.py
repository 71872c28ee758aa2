"""Run networks of your own (ml.weights.sidecars) in the place of the catalogue's: same streams, same rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.errors import WeightsRefused
from ml.features.networks import Network, finite_half
from ml.features.spool import Spool
from ml.features.store import STEP_S
from ml.media.opening import Tally
from ml.weights.sidecars import Sidecar

Run = Callable[[NDArray[Any]], NDArray[np.float32]]  # (n, *shape) -> (n, width)
GAP_S = 0.05


def load_adapter(folder: Path, sidecar: Sidecar) -> Run:
    """Return the network, normalisation included: bytes or samples (n, *shape) -> (n, width).

    It is run once on zeros. Raises WeightsRefused: bad_sidecar when it is not as its sidecar says,
    altered_weights when its file cannot be read.
    """
    inner = _onnx(folder, sidecar) if sidecar.format == "onnx" else _torchaudio(folder, sidecar)
    along = (1, -1, *[1] * (len(sidecar.shape) - 1)) if len(sidecar.shape) > 1 else (1, 1)
    scale = 255.0 if sidecar.kind != "sound" else 1.0
    std = np.asarray(sidecar.std, np.float32).reshape(along)
    mean = np.asarray(sidecar.mean, np.float32).reshape(along)

    def run(values: NDArray[Any]) -> NDArray[np.float32]:
        return inner((values.astype(np.float32) / np.float32(scale) - mean) / std)

    try:
        width = run(np.zeros((1, *sidecar.shape), np.float32)).shape
    except WeightsRefused:
        raise
    except Exception as error:  # whatever a stranger's network may raise
        raise _not_so(sidecar, f"it does not run on an input of shape {list(sidecar.shape)}") from error
    if width != (1, sidecar.width):
        raise _not_so(sidecar, f"it gives {list(width)[1:]} numbers an input, not {sidecar.width}")
    return run


def _onnx(folder: Path, sidecar: Sidecar) -> Run:
    try:
        network = Network(str(folder / sidecar.file))
    except Exception as error:  # onnxruntime has a type of its own for each way a file can be wrong
        raise WeightsRefused(
            "altered_weights", f"{sidecar.file} is not an ONNX model onnxruntime can load."
        ) from error
    outputs = [value.name for value in network.session.get_outputs()]
    if network.inputs != [sidecar.input_name]:
        raise _not_so(sidecar, f"its inputs are {network.inputs}, not only {sidecar.input_name!r}")
    if sidecar.output_name not in outputs:
        raise _not_so(sidecar, f"its outputs are {outputs}: {sidecar.output_name!r} is not among them")
    index = outputs.index(str(sidecar.output_name))
    return lambda values: np.asarray(network.run(values)[index], np.float32)


def _torchaudio(folder: Path, sidecar: Sidecar) -> Run:
    """Return a wav2vec 2.0 or HuBERT model: the mean over time of its last transformer layer."""
    import torch

    from ml.torchaudio_stub import torchaudio_models

    models = torchaudio_models()
    try:
        if isinstance(sidecar.architecture, str):
            model = getattr(models, sidecar.architecture)()
        else:
            model = models.wav2vec2_model(**(sidecar.architecture or {}))
    except Exception as error:  # whatever a size of 0 or an empty list makes it raise
        raise _not_so(sidecar, f"torchaudio knows no such architecture ({error})") from error
    _load_state(model, folder / sidecar.file, sidecar)
    model.eval()
    torch.set_num_threads(1)

    def run(values: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            layers, _ = model.extract_features(torch.from_numpy(np.ascontiguousarray(values)))
            return np.asarray(layers[-1].mean(1).numpy(), np.float32)

    return run


def _load_state(model: Any, path: Path, sidecar: Sidecar) -> None:
    import torch
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # a damaged file makes torch raise nearly anything
        raise WeightsRefused("altered_weights", f"{path.name} is not a file of weights.") from error
    try:
        model.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise _not_so(sidecar, "its layers are not those of the architecture") from error


def _not_so(sidecar: Sidecar, complaint: str) -> WeightsRefused:
    return WeightsRefused("bad_sidecar", f"{sidecar.file} is not what {sidecar.name} says: {complaint}.")


class WindowEmbedding:
    """Takes blocks of sound in rising time and spools a row a step, of the window of sound around it.

    Where a sound begins, ends or has a hole the window moves inside; a sound shorter than it is padded with
    silence.
    """

    def __init__(self, run: Run, sidecar: Sidecar, steps: int, tally: Tally) -> None:
        self.run, self.tally = run, tally
        self.rate_hz, self.size = int(sidecar.rate_hz or 0), sidecar.shape[0]
        self.step = self.rate_hz * STEP_S
        self.spool = Spool(steps, sidecar.width)
        self.sound = np.zeros(0, np.float32)
        self.begins = self.at = 0  # the first sample of this unbroken sound, and of `sound`
        self.next_step = 0

    def add(self, start_s: float, samples: NDArray[np.float32]) -> None:
        """Take samples (N,) at rate_hz in about -1..1 that begin at start_s."""
        at = round(start_s * self.rate_hz)
        if abs(at - self.at - len(self.sound)) > GAP_S * self.rate_hz or not len(self.sound):
            self.finish()
            self.begins = self.at = at
            self.next_step = int(at / self.step)
            self.sound = samples
        else:
            self.sound = np.concatenate([self.sound, samples])
        self._windows(last=False)
        keep = min(self._start(), self.at + len(self.sound) - self.size) - self.at
        if keep > 0:
            self.sound, self.at = self.sound[keep:], self.at + keep

    def finish(self) -> None:
        """Take what is left of this unbroken sound."""
        if len(self.sound):
            self._windows(last=True)
            self.sound = np.zeros(0, np.float32)

    def rows(self) -> NDArray[np.float16]:
        """Return the rows (T, width), zero where nothing was heard."""
        return self.spool.rows()

    def _start(self) -> int:
        """Return the first sample of the next step's window."""
        return max(self.begins, round((self.next_step + 0.5) * self.step) - self.size // 2)

    def _windows(self, *, last: bool) -> None:
        end = self.at + len(self.sound)
        while self.next_step < min(self.spool.count, math.ceil(end / self.step)):
            start = self._start()
            if start + self.size > end:
                if not last:
                    return
                start = max(self.begins, end - self.size)
            window = self.sound[start - self.at :][: self.size]
            rows, broken = finite_half(self.run(np.pad(window, (0, self.size - len(window)))[None]))
            self.tally.non_finite += broken
            self.spool.put(self.next_step, rows)
            self.next_step += 1
