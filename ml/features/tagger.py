"""The AudioSet tagger mn04 of EfficientAT (Schmid, Koutini, Widmer, ICASSP 2023): front end and network.

A MobileNetV3-like network on log-mel pictures of one second at 32 kHz.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ml.features.onnx_graph import Graph

if TYPE_CHECKING:
    from torch import Tensor

RATE_HZ = 32000
HOP = 320  # 10 ms
TRANSFORM, WINDOW = 1024, 800
REACH = TRANSFORM // 2  # samples a frame sees on either side of its middle
MELS, HIGHEST_HZ = 128, 15000.0
FLOOR = 1e-5
FRAMES = 100  # one second, what the network looks at
WIDTH, TAGS = 384, 527
BLOCKS = 15
STRIDED = (2, 4, 7, 13)  # blocks that halve the picture
FIRST_SMOOTH = 7  # blocks from here on use hard swish, those before ReLU
NORM_EPSILON = 1e-3

State = Mapping[str, NDArray[np.float32]]


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return log-mel frames (n, MELS), about -1.4..2, of samples (N,) at RATE_HZ.

    n = (N - 1 - 2 REACH) // HOP + 1. The middle of frame i is sample REACH + 1 + i x HOP:
    whoever wants the edges pads first.
    """
    import torch

    with torch.inference_mode():
        wave = torch.from_numpy(samples)
        window, mels = _tables()
        frames = (wave[1:] - 0.97 * wave[:-1]).unfold(0, TRANSFORM, HOP)
        power = torch.view_as_real(torch.fft.rfft(frames * window)).square().sum(-1)  # (n, 513)
        return np.asarray((((power @ mels + FLOOR).log() + 4.5) / 5).numpy(), np.float32)


SILENCE = float((np.log(FLOOR) + 4.5) / 5)  # what log_mel makes of nothing


@cache
def _tables() -> tuple[Tensor, Tensor]:
    """Return (window (1024,), mel filters (513, 128))."""
    import torch

    torch.set_num_threads(1)
    window = torch.zeros(TRANSFORM)
    edge = (TRANSFORM - WINDOW) // 2
    window[edge : edge + WINDOW] = torch.hann_window(WINDOW, periodic=False)
    return window, torch.from_numpy(mel_filters())


def mel_filters() -> NDArray[np.float32]:
    """Return Kaldi's filters, (TRANSFORM / 2 + 1, MELS): triangles on the mel axis, Nyquist left out."""
    mel = 1127 * np.log1p(np.arange(TRANSFORM // 2 + 1) * RATE_HZ / TRANSFORM / 700)[:, None]
    edges = np.linspace(0, 1127 * np.log1p(HIGHEST_HZ / 700), MELS + 2)
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (mel - left) / (middle - left), (right - mel) / (right - middle)
    filters = np.maximum(0, np.minimum(rising, falling))
    filters[-1] = 0
    return np.asarray(filters, np.float32)


def build_tagger(state: State) -> bytes:
    """Return the network of the published weights (layer name -> array) as ONNX.

    mels (n, 1, MELS, FRAMES) -> embedding (n, WIDTH), tags (n, TAGS) in 0..1.
    Raises KeyError when a layer is missing.
    """
    graph = Graph()
    last = _layer(graph, state, "mels", "features.0", stride=2, active="HardSwish")
    for number in range(1, BLOCKS + 1):
        last = _block(graph, state, last, number)
    last = _layer(graph, state, last, f"features.{BLOCKS + 1}", active="HardSwish")
    embedding = graph.node("Flatten", [graph.node("GlobalAveragePool", [last])])
    hidden = graph.node("HardSwish", [_dense(graph, state, embedding, "classifier.2")])
    tags = graph.node("Sigmoid", [_dense(graph, state, hidden, "classifier.5")])
    return graph.model({"mels": ["n", 1, MELS, FRAMES]}, [embedding, tags])


def _block(graph: Graph, state: State, source: str, number: int) -> str:
    """Add an inverted residual block: widen (unless first), filter each channel, weigh channels, narrow."""
    name, active = f"features.{number}.block", "HardSwish" if number >= FIRST_SMOOTH else "Relu"
    last, position = source, 0
    if number > 1:
        last, position = _layer(graph, state, last, f"{name}.0", active=active), 1
    stride = 2 if number in STRIDED else 1
    last = _layer(graph, state, last, f"{name}.{position}", stride=stride, active=active)
    position += 1
    if f"{name}.{position}.conc_se_layers.0.fc1.weight" in state:
        last = _weigh_channels(graph, state, last, f"{name}.{position}.conc_se_layers.0")
        position += 1
    last = _layer(graph, state, last, f"{name}.{position}")
    wide = state[f"{name}.0.0.weight"].shape
    same = (wide[1] if number > 1 else wide[0]) == len(state[f"{name}.{position}.0.weight"])
    return graph.node("Add", [last, source]) if stride == 1 and same else last


def _layer(
    graph: Graph, state: State, source: str, name: str, *, stride: int = 1, active: str | None = None
) -> str:
    """Add convolution, batch norm (folded into it) and activation."""
    weight = state[f"{name}.0.weight"]
    gain = state[f"{name}.1.weight"] / np.sqrt(state[f"{name}.1.running_var"] + NORM_EPSILON)
    bias = state[f"{name}.1.bias"] - state[f"{name}.1.running_mean"] * gain
    groups = len(weight) if weight.shape[1] == 1 and name != "features.0" else 1
    folded = weight * gain[:, None, None, None]
    last = graph.convolution(source, folded, bias, stride=stride, groups=groups)
    return graph.node(active, [last]) if active else last


def _weigh_channels(graph: Graph, state: State, source: str, name: str) -> str:
    """Add squeeze-and-excitation with a plain sigmoid."""
    last = graph.node("GlobalAveragePool", [source])
    for layer, active in (("fc1", "Relu"), ("fc2", "Sigmoid")):
        weight = state[f"{name}.{layer}.weight"][:, :, None, None]
        last = graph.node(active, [graph.convolution(last, weight, state[f"{name}.{layer}.bias"])])
    return graph.node("Mul", [source, last])


def _dense(graph: Graph, state: State, source: str, name: str) -> str:
    weight, bias = graph.constant(state[f"{name}.weight"]), graph.constant(state[f"{name}.bias"])
    return graph.node("Gemm", [source, weight, bias], transB=1)
