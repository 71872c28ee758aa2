"""Where fitting may begin: at what an older bundle learned, seen through the new standardisation.

    old:  w . (x - m) / s + b        new:  w' . (x - m') / s' + b'       w' = w s' / s

is the same line (but for clipping), so of descriptors nothing is lost. An embedding's head looks through few
directions, and the new ones are others: its line is carried over as far as they can say it. The optimum is
the same wherever fitting begins; it is only nearer.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ml.bundle import Bundle, Extractor
from ml.fitting import Line
from ml.models.heads import EmbeddingHead, Head


def why_not(warm: Bundle, extractor: Extractor) -> str | None:
    """Why a training on these features can use nothing of the bundle, in a sentence; None if it can."""
    if warm.extractor == extractor:
        return None
    return (
        f'The training began afresh and not from "{warm.name}": that reads {warm.extractor.tier} features '
        f"{warm.extractor.version}, and this one {extractor.tier} features {extractor.version}."
    )


@torch.no_grad()
def warm_lines(warm: Bundle, name: str, slugs: Sequence[str], head: Head) -> Mapping[int, Line]:
    """By number in `slugs`: the lines of the types that the bundle's head of this name scores too.

    `head` is the new one; its mean, scale and basis are set.
    """
    old, known = warm.model.heads().get(name), warm.scored_by.get(name, ())
    if old is None or len(old.mean) != len(head.mean):
        return {}
    lines = {}
    for number, slug in enumerate(slugs):
        if slug in known:
            place = known.index(slug)
            slope = _slope(old, place)
            bias = old.bias[place] + slope @ (head.mean - old.mean)
            lines[number] = (_in_terms_of(head, slope), bias)
    return lines


def _slope(head: Head, place: int) -> Tensor:
    """(D,) change of the logit with each raw statistic."""
    weight = head.weight[place]
    return (head.basis @ weight if isinstance(head, EmbeddingHead) else weight) / head.scale


def _in_terms_of(head: Head, slope: Tensor) -> Tensor:
    """The weights with which `head` comes closest to that slope."""
    steep = slope * head.scale
    if not isinstance(head, EmbeddingHead):
        return steep
    # Its directions are at right angles and equally long, but for unused ones, which are zero.
    return (head.basis.T @ steep) / head.basis.square().sum(dim=0).clamp_min(1e-12)
