"""MobileNetV2 (Sandler et al., CVPR 2018) from its published int8 file, as a float network."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml.features.onnx_graph import Graph
from ml.features.tflite import Addition, Convolution, read_layers

SIZE = 160  # pixels a side: as good as the published 224 on motion images at half the cost
WIDTH = 1280  # numbers a picture


def build_mobilenet(path: Path | str, *, size: int = SIZE) -> bytes:
    """Return the network of the .tflite file as ONNX: images (n, 3, size, size) in -1..1 -> (n, WIDTH) >= 0.

    The output is the mean over the last feature map: the classifier behind it is left out.
    """
    layers = read_layers(path)
    # The classifier follows the mean: in the file it is a convolution that reads no other layer's output.
    written = {layer.target for layer in layers}
    first = next(layer for layer in layers if isinstance(layer, Convolution))
    graph, names, last = Graph(), {first.source: "images"}, ""
    low, high = graph.constant(np.zeros((), np.float32)), graph.constant(np.full((), 6, np.float32))
    for layer in layers:
        if isinstance(layer, Addition):
            last = graph.node("Add", [names[source] for source in layer.sources])
        elif layer is first or layer.source in written:
            last = _add_convolution(graph, names[layer.source], layer)
            last = graph.node("Clip", [last, low, high]) if layer.relu6 else last
        else:
            break
        names[layer.target] = last
    pooled = graph.node("Flatten", [graph.node("GlobalAveragePool", [last])])
    return graph.model({"images": ["n", 3, size, size]}, [pooled])


def _add_convolution(graph: Graph, source: str, layer: Convolution) -> str:
    size = layer.weight.shape[-1]
    # TensorFlow's "SAME" pads an even picture at stride 2 below and to the right only.
    pads = [0, 0, 1, 1] if layer.stride == 2 and size == 3 else [size // 2] * 4
    return graph.convolution(
        source, layer.weight, layer.bias, stride=layer.stride, groups=layer.groups, pads=pads
    )
