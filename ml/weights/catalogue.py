"""The published weight files Spotter knows: who made them, where they lie, how to tell they are intact."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """One file as its publisher offers it."""

    name: str  # the file's name in the weights folder
    what: str
    url: str
    sha256: str
    size: int  # bytes
    licence: str
    citation: str
    adapter: str  # which module reads it
    converted_sha256: str = ""  # of the safetensors made from a `.pt` file, which come out the same each time


MOTION_NETWORK = Weights(
    name="tf2_mobilenet_v2_1.0_224_ptq.tflite",
    what="MobileNetV2 1.0 (ImageNet): looks at motion images",
    url="https://github.com/google-coral/test_data/raw/master/tf2_mobilenet_v2_1.0_224_ptq.tflite",
    sha256="5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c",
    size=4070174,
    licence="Apache-2.0",
    citation="Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018",
    adapter="ml.features.mobilenet",
)
SOUND_TAGGER = Weights(
    name="mn04_as_mAP_432.pt",
    what="EfficientAT mn04 (AudioSet): hears shots, sirens, screams and 500 more",
    url="https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1/mn04_as_mAP_432.pt",
    sha256="899a8c6217063f6941793102a2780b3dd788ab11fce468d9cf5f0577c453321c",
    size=4066513,
    licence="MIT",
    citation="Schmid, Koutini, Widmer, Efficient Large-Scale Audio Tagging via Transformer-to-CNN "
    "Knowledge Distillation, ICASSP 2023",
    adapter="ml.features.tagger",
    converted_sha256="44657b7876cefb20e4f63f76fea62504cd0e3226b9fd51a1ccf421f7f5d0349c",
)
SPEECH_DETECTOR = Weights(
    name="silero_vad.onnx",
    what="Silero VAD: when somebody speaks",
    url="https://github.com/snakers4/silero-vad/raw/master/src/silero_vad/data/silero_vad.onnx",
    sha256="1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
    size=2327524,
    licence="MIT",
    citation="Silero Team, Silero VAD: pre-trained enterprise-grade voice activity detector, 2024",
    adapter="ml.features.speech",
)
# What the pretrained tier needs, all of it.
PRETRAINED_TIER = (MOTION_NETWORK, SOUND_TAGGER, SPEECH_DETECTOR)
