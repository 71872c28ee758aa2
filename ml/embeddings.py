"""How the pretrained tier's embeddings are looked at: rows of their own rate, window statistics, steps."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml.features import EMBEDDING_EVERY, Features
from ml.models.reduction import Reduction
from ml.models.windows import (
    EMBEDDING_STATISTICS,
    LONG_RADIUS,
    RADIUS,
    embedding_statistics_at,
    no_cuts,
)
from ml.types import BoolArray, FloatArray, HalfArray, IntArray


@dataclass(frozen=True)
class EmbeddingView:
    """One embedding of `Features`: its field (and head), modality, steps a row covers, and windows."""

    name: str
    modality: str
    every: int  # steps a row
    radius: int  # rows on each side: about one second, as for descriptors
    long_radius: int  # rows of the same shot on each side: five seconds


VIEWS = (
    EmbeddingView(
        "picture_embedding",
        "picture",
        EMBEDDING_EVERY,
        RADIUS // EMBEDDING_EVERY,
        LONG_RADIUS // EMBEDDING_EVERY,
    ),
    EmbeddingView("sound_embedding", "sound", 1, RADIUS, LONG_RADIUS),
)


def width_of(features: Features, view: EmbeddingView) -> int:
    """Numbers in one row of window statistics; 0 in the embedded tier."""
    values: HalfArray = getattr(features, view.name)
    return EMBEDDING_STATISTICS * int(values.shape[1])


def statistics_at(
    features: Features, view: EmbeddingView, steps: IntArray
) -> Iterator[tuple[BoolArray, FloatArray]]:
    """Window statistics at chosen steps, a stretch at a time: which of `steps`, and their rows (n, 4 E)."""
    values, mask, cuts = _rows(features, view, 0, len(features.picture))
    return embedding_statistics_at(values, mask, cuts, view.radius, view.long_radius, steps // view.every)


def reduced_at(features: Features, view: EmbeddingView, steps: IntArray, reduction: Reduction) -> FloatArray:
    """Window statistics at chosen steps, reduced as they are read: (n, Q)."""
    result = np.zeros((len(steps), reduction.basis.shape[1]), np.float32)
    for which, statistics in statistics_at(features, view, steps):
        result[which] = reduction(statistics)
    return result


def statistics_between(features: Features, view: EmbeddingView, first: int, last: int) -> FloatArray:
    """Window statistics of the rows that cover steps [first, last): (rows, 4 E). `first` begins a row."""
    rows = slice(first // view.every, -(-last // view.every))
    start = max(rows.start - view.long_radius, 0)
    last = (rows.stop + view.long_radius) * view.every
    values, mask, cuts = _rows(features, view, start * view.every, last)
    chosen = np.arange(rows.start - start, min(rows.stop - start, len(values)))
    parts = embedding_statistics_at(values, mask, cuts, view.radius, view.long_radius, chosen)
    return np.concatenate([part for _, part in parts])


def _rows(
    features: Features, view: EmbeddingView, first: int, last: int
) -> tuple[HalfArray, BoolArray, BoolArray]:
    """Embeddings, mask and cuts of the rows that cover steps [first, last)."""
    values: HalfArray = getattr(features, view.name)[first // view.every : -(-last // view.every)]
    mask = features.picture_mask if view.modality == "picture" else features.sound_mask
    cuts = features.cuts if view.modality == "picture" else no_cuts(features.cuts)
    return values, any_of(mask[first:last], view.every), any_of(cuts[first:last], view.every)


def any_of(flags: BoolArray, every: int) -> BoolArray:
    """(n,) flags of steps -> (ceil(n / every),): is any step of the row flagged?"""
    padded = np.concatenate([flags, np.zeros(-len(flags) % every, np.bool_)])
    return np.asarray(padded.reshape(-1, every).any(axis=1), dtype=np.bool_)
