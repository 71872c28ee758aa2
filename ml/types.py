"""The flat values that cross the border of `ml`: what to learn, and from whom. Seconds are floats."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
HalfArray = npt.NDArray[np.float16]
DoubleArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

Modality = Literal["picture", "sound", "both"]
Split = Literal["train", "validation", "holdout"]


@dataclass(frozen=True)
class ViolationSpec:
    """A violation type as the model needs it: where it can be perceived and how much it matters."""

    slug: str
    modality: Modality
    severity: float = 1.0


@dataclass(frozen=True)
class Mark:
    """One person's `[start_s, end_s)` of one violation type."""

    violation: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Annotation:
    """What one annotator said about one video, and what they can be held to have seen and heard.

    `blind` means made without sight of the model: the gate measures on these alone. `settled` marks
    the final word on a task; the consensus learns most from it. `corrected` are stretches where this
    person overruled a hint (rejected, moved, relabelled): kept first where a video has more steps than fit.
    """

    annotator: str
    marks: tuple[Mark, ...]
    watched: tuple[tuple[float, float], ...]
    unmuted: tuple[tuple[float, float], ...]
    covers: tuple[str, ...]
    settled: bool = False
    blind: bool = False
    corrected: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Example:
    """One labelled video: its cached features, its split group, and everybody's annotations.

    `views_path`: training views of some of its stretches. Read for videos that teach alone (split "train").
    """

    video: str
    features_path: Path
    group: str
    split: Split
    annotations: tuple[Annotation, ...]
    views_path: Path | None = None
