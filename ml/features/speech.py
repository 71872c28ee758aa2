"""When somebody speaks: Silero VAD over a stream of sound.

The published file looks at 32 ms at a time. The same network is rebuilt from its constants to take a
block of looks at once, only the recurrent part one after another: a third of the time, the same numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.features.networks import Network
from ml.features.onnx_constants import read_constants
from ml.features.onnx_graph import Graph, Shape
from ml.features.store import STEP_S
from ml.media.opening import Tally

RATE_HZ = 16000
NEW, OLD = 512, 64  # samples a look: 32 ms, and the end of the one before
MIRRORED = 64  # samples its transform sees behind the look's end
STEP = int(RATE_HZ * STEP_S)
GAP = RATE_HZ // 20  # samples: a smaller distance between blocks is rounding
HIDDEN = 128
STRIDES = (1, 2, 2, 1)  # of the encoder's layers
AT_ONCE = 128  # looks


def build_speech(path: Path | str) -> bytes:
    """Return the network of the published file as ONNX, for 16 kHz.

    looks (n, 1, OLD + NEW + MIRRORED), hidden and cell (1, 1, HIDDEN) -> probability (n, 1, 1, 1) in 0..1,
    hidden, cell; looks follow one another.
    """
    values, graph = read_constants(path, branch="then_branch"), Graph()
    basis = values["stft.forward_basis_buffer"]
    waves = [_filtered(graph, "looks", half, stride=basis.shape[-1] // 2) for half in np.split(basis, 2)]
    squares = [graph.node("Mul", [wave, wave]) for wave in waves]
    last = graph.node("Sqrt", [graph.node("Add", squares)])
    for layer, stride in enumerate(STRIDES):
        weight, bias = (values[f"encoder.{layer}.reparam_conv.{part}"] for part in ("weight", "bias"))
        last = graph.node("Relu", [_filtered(graph, last, weight, bias, stride=stride)])
    last = graph.node("Transpose", [last], perm=[0, 2, 1])  # (looks, 1, HIDDEN): a sequence of one
    weights = [_gates(values[f"decoder.rnn.weight_{part}"])[None] for part in ("ih", "hh")]
    bias = np.concatenate([_gates(values[f"decoder.rnn.bias_{part}"]) for part in ("ih", "hh")])[None]
    constants = [graph.constant(value) for value in (*weights, bias)]
    last = graph.node("LSTM", [last, *constants, "", "hidden", "cell"], hidden_size=HIDDEN)
    state = graph.second_and_third(last)
    outward = graph.constant(values["decoder.decoder.2.weight"].reshape(HIDDEN, 1))
    last = graph.node("MatMul", [graph.node("Relu", [last]), outward])
    last = graph.node("Add", [last, graph.constant(values["decoder.decoder.2.bias"])])
    size = OLD + NEW + MIRRORED
    inputs: dict[str, Shape] = {"looks": ["n", 1, size], "hidden": [1, 1, HIDDEN], "cell": [1, 1, HIDDEN]}
    return graph.model(inputs, [graph.node("Sigmoid", [last]), *state])


def _filtered(
    graph: Graph,
    source: str,
    weight: NDArray[np.float32],
    bias: NDArray[np.float32] | None = None,
    *,
    stride: int,
) -> str:
    """Add a convolution over time; with a bias it keeps the length (before striding)."""
    constants = [graph.constant(value) for value in (weight, bias) if value is not None]
    pad = 0 if bias is None else weight.shape[-1] // 2
    return graph.node(
        "Conv", [source, *constants], kernel_shape=[weight.shape[-1]], strides=[stride], pads=[pad, pad]
    )


def _gates(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reorder an LSTM's gates from torch's (input, forget, cell, output) to ONNX's (i, o, f, c)."""
    i, f, c, o = np.split(values, 4)
    return np.concatenate([i, o, f, c])


class SpeechTrack:
    """Takes blocks of sound in rising time; a step's number is the mean probability of the looks it holds."""

    def __init__(self, network: Network, steps: int, tally: Tally) -> None:
        self.network, self.tally = network, tally
        self.sums = np.zeros(steps, np.float32)
        self.counts = np.zeros(steps, np.int32)
        self.end = -GAP - 1  # where the sound heard so far ends, in samples
        self._begin()

    def _begin(self) -> None:
        self.waiting = np.zeros(0, np.float32)
        self.old = np.zeros(OLD, np.float32)
        self.hidden = self.cell = np.zeros((1, 1, HIDDEN), np.float32)

    def add(self, start_s: float, samples: NDArray[np.float32]) -> None:
        """Take samples (N,) at RATE_HZ in about -1..1 that begin at start_s. A hole ends the sentence."""
        at = round(start_s * RATE_HZ)
        if abs(at - self.end) > GAP:
            self.finish()
            self.end = at
        sound = np.concatenate([self.waiting, samples])
        whole = len(sound) // NEW * NEW
        self._look(self.end - len(self.waiting), sound[:whole])
        self.waiting, self.end = sound[whole:], self.end + len(samples)

    def finish(self) -> None:
        """Take what is left, made whole with silence."""
        if len(self.waiting):
            rest = np.pad(self.waiting, (0, NEW - len(self.waiting)))
            self._look(self.end - len(self.waiting), rest)
        self._begin()

    def _look(self, at: int, sound: NDArray[np.float32]) -> None:
        """Take whole looks that begin at sample `at`."""
        for start in range(0, len(sound), AT_ONCE * NEW):
            part = np.concatenate([self.old, sound[start : start + AT_ONCE * NEW]])
            looks = np.lib.stride_tricks.sliding_window_view(part, OLD + NEW)[::NEW]
            mirrored = np.concatenate([looks, looks[:, -2 : -2 - MIRRORED : -1]], axis=1)[:, None]
            heard, self.hidden, self.cell = self.network.run(mirrored, self.hidden, self.cell)
            self.old = part[-OLD:]
            middles = at + start + NEW // 2 + NEW * np.arange(len(looks))
            steps = middles // STEP
            inside = (steps >= 0) & (steps < len(self.sums))
            np.add.at(self.sums, steps[inside], heard.reshape(-1)[inside])
            np.add.at(self.counts, steps[inside], 1)

    def rows(self) -> NDArray[np.float32]:
        """Return the probabilities (T,), 0 where nothing was heard."""
        rows = self.sums / np.maximum(self.counts, 1).astype(np.float32)
        self.tally.non_finite += int(len(rows) - np.isfinite(rows).sum())
        return np.asarray(np.nan_to_num(rows, nan=0.0, posinf=0.0, neginf=0.0), np.float32)
