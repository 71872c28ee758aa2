"""Features + bundle -> curves and bands, a stretch of steps at a time so that ten hours fit in memory."""

from dataclasses import dataclass

import numpy as np
import torch

from ml.bundle import Bundle
from ml.embeddings import VIEWS, statistics_between
from ml.features import Features
from ml.models.fit import threads
from ml.models.fusion import fuse
from ml.models.heads import Head
from ml.models.windows import RADIUS, window_statistics
from ml.table import audible
from ml.types import BoolArray, FloatArray

STRETCH = 4096  # steps scored at once; a whole number of rows of every embedding
BAND = (0.1, 0.9)  # share of the panel below the band's edges


@dataclass(frozen=True)
class Scores:
    """Per violation type: the consensus and the edges of the panel's spread, each (T,) in [0, 1]."""

    curves: dict[str, FloatArray]
    low: dict[str, FloatArray]
    high: dict[str, FloatArray]


def score(features: Features, bundle: Bundle) -> Scores:
    """Consensus and band of every type the bundle knows, along the whole video."""
    bundle.check(features)
    steps = len(features.picture)
    heard = audible(features)
    whole = {slug: np.zeros((3, steps), dtype=np.float32) for slug in bundle.slugs()}
    with threads(), torch.inference_mode():
        for first in range(0, steps, STRETCH):
            last = min(first + STRETCH, steps)
            for slug, part in _score_stretch(features, heard, bundle, first, last).items():
                whole[slug][:, first:last] = part
    return Scores(*({slug: rows[i] for slug, rows in whole.items()} for i in range(3)))


def _score_stretch(
    features: Features, heard: BoolArray, bundle: Bundle, first: int, last: int
) -> dict[str, FloatArray]:
    """Slug -> (3, n): consensus, low, high of steps [first, last)."""
    start, end = max(first - RADIUS, 0), min(last + RADIUS, len(features.picture))
    inner = slice(first - start, last - start)
    cuts = features.cuts[start:end]
    picture = window_statistics(features.picture[start:end], features.picture_mask[start:end], cuts)[inner]
    sound = window_statistics(features.sound[start:end], features.sound_mask[start:end], cuts)[inner]
    logits = head_logits(bundle, picture, sound) | _embedding_logits(features, bundle, first, last)
    masks = features.picture_mask[first:last], heard[first:last]
    return {slug: _consensus_and_band(bundle, slug, logits, *masks) for slug in bundle.slugs()}


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


def _consensus_and_band(
    bundle: Bundle, slug: str, logits: dict[str, FloatArray], picture_ok: BoolArray, sound_ok: BoolArray
) -> FloatArray:
    of_type = {
        name: logits[name][:, :, slugs.index(slug)]
        for name, slugs in bundle.scored_by.items()
        if slug in slugs
    }
    p = fuse(bundle.fusions[slug], of_type, picture_ok[:, None], sound_ok[:, None])
    p = np.broadcast_to(p, (len(picture_ok), 1 + len(bundle.panel)))
    if not bundle.panel:
        return np.repeat(p.T, 3, axis=0)
    low, high = np.quantile(p[:, 1:], BAND, axis=1).astype(np.float32)
    return np.stack([p[:, 0], np.minimum(low, p[:, 0]), np.maximum(high, p[:, 0])])
