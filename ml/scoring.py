"""Features + bundle -> curves and bands, a stretch of steps at a time so that ten hours fit in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ml.bands import band_edges
from ml.bundle import Bundle
from ml.embeddings import VIEWS, statistics_between
from ml.features import Features
from ml.models.fit import threads
from ml.models.fusion import fuse
from ml.models.heads import Head
from ml.models.windows import LONG_RADIUS, no_cuts, window_statistics_at
from ml.table import audible
from ml.types import BoolArray, FloatArray

STRETCH = 1024  # steps scored at once; a whole number of rows of every embedding


@dataclass(frozen=True)
class Scores:
    """Per violation type: the consensus and the edges of the panel's spread, each (T,) in [0, 1]."""

    curves: dict[str, FloatArray]
    low: dict[str, FloatArray]
    high: dict[str, FloatArray]


def score(features: Features, bundle: Bundle) -> Scores:
    """Consensus and band of every type the bundle knows, along the whole video."""
    whole = {slug: np.zeros((3, len(features.picture)), dtype=np.float32) for slug in bundle.slugs()}
    for stretch, of_type in _stretches(features, bundle):
        for slug, p in of_type.items():
            whole[slug][:, stretch] = _with_band(p)
    return Scores(*({slug: rows[i] for slug, rows in whole.items()} for i in range(3)))


def people_curves(features: Features, bundle: Bundle, annotators: Sequence[str]) -> dict[str, FloatArray]:
    """Slug -> (1 + A, T) in [0, 1]: the consensus, then the curve as each of `annotators` would draw it.

    An annotator the bundle has never met sees the consensus.
    """
    numbers = {name: number for number, name in enumerate(bundle.annotators)}
    met = [name for name in dict.fromkeys(annotators) if name in numbers]
    panel = replace(bundle, panel=tuple(numbers[name] for name in met))
    steps = len(features.picture)
    whole = {slug: np.zeros((1 + len(met), steps), dtype=np.float32) for slug in bundle.slugs()}
    for stretch, of_type in _stretches(features, panel):
        for slug, p in of_type.items():
            whole[slug][:, stretch] = p.T
    rows = [0, *(1 + met.index(name) if name in numbers else 0 for name in annotators)]
    return {slug: curves[rows] for slug, curves in whole.items()}


def _stretches(features: Features, bundle: Bundle) -> Iterator[tuple[slice, dict[str, FloatArray]]]:
    """Steps, and by slug (n, 1 + P) what the consensus and the panel say of them."""
    bundle.check(features)
    steps, heard = len(features.picture), audible(features)
    with threads(), torch.inference_mode():
        for first in range(0, steps, STRETCH):
            last = min(first + STRETCH, steps)
            yield slice(first, last), _score_stretch(features, heard, bundle, first, last)


def _score_stretch(
    features: Features, heard: BoolArray, bundle: Bundle, first: int, last: int
) -> dict[str, FloatArray]:
    """Slug -> (n, 1 + P): consensus, then panel, of steps [first, last)."""
    start, end = max(first - LONG_RADIUS, 0), min(last + LONG_RADIUS, len(features.picture))
    around, inner = slice(start, end), np.arange(first - start, last - start)
    cuts = features.cuts[around]
    picture = window_statistics_at(features.picture[around], features.picture_mask[around], cuts, inner)
    sound = window_statistics_at(features.sound[around], features.sound_mask[around], no_cuts(cuts), inner)
    logits = head_logits(bundle, picture, sound) | _embedding_logits(features, bundle, first, last)
    masks = features.picture_mask[first:last], heard[first:last]
    return {slug: _fused(bundle, slug, logits, *masks) for slug in bundle.slugs()}


def head_logits(bundle: Bundle, picture: FloatArray, sound: FloatArray) -> dict[str, FloatArray]:
    """Window statistics of the descriptors -> by head (N, 1 + P, K) logits: consensus, then panel."""
    heads = bundle.model.heads()
    inputs = {"picture": picture, "sound": sound, "both": np.concatenate([picture, sound], axis=1)}
    return {name: _logits(bundle, heads[name], statistics) for name, statistics in inputs.items()}


def _embedding_logits(features: Features, bundle: Bundle, first: int, last: int) -> dict[str, FloatArray]:
    """The same of the embeddings, in the pretrained tier: scored at their own rate, then once a step."""
    heads, result = bundle.model.heads(), {}
    for view in VIEWS:
        if view.name in heads:
            rows = _logits(bundle, heads[view.name], statistics_between(features, view, first, last))
            result[view.name] = np.repeat(rows, view.every, axis=0)[: last - first]
    return result


def _logits(bundle: Bundle, head: Head, statistics: FloatArray) -> FloatArray:
    h = head.standardise(torch.from_numpy(statistics))
    members = torch.tensor(bundle.panel, dtype=torch.long)
    agreed = head.consensus(h)[:, None, :]
    return torch.cat([agreed, head.panel(h, bundle.model.embedding, members)], dim=1).numpy()


def _fused(
    bundle: Bundle, slug: str, logits: dict[str, FloatArray], picture_ok: BoolArray, sound_ok: BoolArray
) -> FloatArray:
    of_type = {
        name: logits[name][:, :, slugs.index(slug)]
        for name, slugs in bundle.scored_by.items()
        if slug in slugs
    }
    p = fuse(bundle.fusions[slug], of_type, picture_ok[:, None], sound_ok[:, None])
    return np.broadcast_to(p, (len(picture_ok), 1 + len(bundle.panel)))


def _with_band(p: FloatArray) -> FloatArray:
    """(n, 1 + P) -> (3, n): consensus, low, high; without a panel the band is the consensus itself."""
    return np.stack([p[:, 0], *band_edges(p)])
