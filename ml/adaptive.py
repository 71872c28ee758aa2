"""Adaptive decoding: look at key frames and listen first, decode fully only where that leaves doubt.

Decoding is what an analysis costs. A look takes the second after a key frame, which needs nothing before it;
the whole sound is cheap. A stretch of film, from one look to the next, counts as clean when the bundle scores
both looks and all of its sound well below each threshold. Everything else is decoded. Steps that were not
decoded have picture_mask False and contribute nothing.

What happens between two looks and leaves no trace in the sound is missed; how much, `make bench-analyse`
measures. That is why nobody gets it who does not ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import Bundle
from ml.embeddings import any_of
from ml.features import EMBEDDING_EVERY, Features, as_embedded, extract
from ml.features.stretches import Stretch, steps_in
from ml.intervals import merged
from ml.media.opening import Tally
from ml.media.probe import Probe, probe
from ml.media.seeking import keyframe_times
from ml.scoring import score
from ml.types import BoolArray, FloatArray


@dataclass(frozen=True)
class AdaptiveKnobs:
    """How often to look, and how sure to be before not decoding."""

    look_s: float = 1.25  # decoded after a chosen key frame: two whole steps and what their motion needs
    every_s: float = 2.0  # key frames closer together than this are not all looked at
    blind_s: float = 12.0  # a stretch without any look for longer is decoded
    clean_share: float = 0.5  # of a type's threshold: below it, at every look and in all sound, is clean
    heard_share: float = 1.0  # the same for types found by sound alone: the picture adds nothing to them
    margin_s: float = 2.0  # decoded on each side of doubt
    worth_it: float = 0.7  # share of the film in doubt above which all of it is decoded at once


DEFAULT_KNOBS = AdaptiveKnobs()
SCAN_SHARE = 0.3  # of the work, for progress


@dataclass(frozen=True)
class AdaptiveReport:
    """What was decoded, in seconds of picture."""

    duration_s: float
    looked_s: float  # to decide
    decoded_s: float  # because that left doubt
    looks: int


def extract_adaptive(
    path: Path | str,
    bundle: Bundle,
    *,
    weights: Path | str | None = None,
    thresholds: Mapping[str, float] | None = None,
    knobs: AdaptiveKnobs = DEFAULT_KNOBS,
    on_progress: Callable[[float], None] | None = None,
    facts: Probe | None = None,
    tally: Tally | None = None,
) -> tuple[Features, AdaptiveReport]:
    """Return the features of the file, its picture decoded only where `bundle` may find something.

    weights as for `extract`; thresholds override the bundle's, type by type. Sound and looked-at steps
    are those of a full extraction. In the pretrained tier the picture's embeddings come into memory whole
    (184 MB for ten hours). What was broken counts in `tally` each time it is met: twice where it was looked
    at and then decoded. Raises as `extract` and `score` do.
    """
    facts, tally, tell = facts or probe(path), tally or Tally(), on_progress or _silent
    duration_s = facts.duration_ms / 1000
    looks = choose_looks(keyframe_times(path), duration_s, knobs) if facts.has_picture else []
    common: dict[str, Any] = {"weights": weights, "facts": facts, "tally": tally}
    scan = extract(path, stretches=looks, on_progress=lambda done: tell(done * SCAN_SHARE), **common)
    limits = _doubtful_from(bundle, dict(bundle.thresholds) | dict(thresholds or {}), knobs)
    curves = score(as_embedded(scan) if bundle.extractor.tier == "embedded" else scan, bundle).curves
    doubt = in_doubt(curves, limits, looks, step_s=scan.step_s, duration_s=duration_s, knobs=knobs)
    if not (doubt and facts.has_picture):
        return scan, AdaptiveReport(duration_s, _seconds(looks), 0.0, len(looks))
    full = extract(
        path,
        stretches=doubt,
        listen=False,
        on_progress=lambda done: tell(SCAN_SHARE + done * (1 - SCAN_SHARE)),
        **common,
    )
    report = AdaptiveReport(duration_s, _seconds(looks), _seconds(doubt), len(looks))
    return _with_picture(scan, full, steps_in(doubt, len(scan.cuts))), report


def _doubtful_from(bundle: Bundle, thresholds: Mapping[str, float], knobs: AdaptiveKnobs) -> dict[str, float]:
    shares = {"sound": knobs.heard_share}
    return {v.slug: shares.get(v.modality, knobs.clean_share) * thresholds[v.slug] for v in bundle.violations}


def _seconds(stretches: Sequence[Stretch]) -> float:
    return sum(end - start for start, end in stretches)


def _silent(_done: float) -> None:
    """For callers who do not watch."""


def _with_picture(scan: Features, full: Features, chosen: BoolArray) -> Features:
    """Return the scan with the picture of `full` at the chosen steps (T,)."""
    rows = {"picture": chosen, "picture_mask": chosen, "cuts": chosen}
    if len(scan.picture_embedding):
        rows["picture_embedding"] = any_of(chosen, EMBEDDING_EVERY)
    fields: dict[str, Any] = {name: np.array(getattr(scan, name)) for name in rows}
    for name, there in rows.items():
        fields[name][there] = getattr(full, name)[there]
    return replace(scan, **fields)


def choose_looks(keys: Sequence[float], duration_s: float, knobs: AdaptiveKnobs) -> list[Stretch]:
    """Return the looks after key frames at `keys` (seconds, rising): at least every_s apart, no overlap."""
    looks: list[Stretch] = []
    apart_s = max(knobs.every_s, knobs.look_s)
    for key in keys:
        if key < duration_s and (not looks or key - looks[-1][0] >= apart_s):
            looks.append((key, min(key + knobs.look_s, duration_s)))
    return looks


def in_doubt(
    curves: Mapping[str, FloatArray],
    doubtful_from: Mapping[str, float],
    looks: Sequence[Stretch],
    *,
    step_s: float,
    duration_s: float,
    knobs: AdaptiveKnobs,
) -> list[Stretch]:
    """Return the ranges to decode fully, apart from each other, in order.

    curves: type -> (T,) scores of the scan; doubtful_from: type -> the score that brings doubt. A stretch
    reaches from one look to the end of the next; it is in doubt when any step in it is, or when it is longer
    than blind_s.
    """
    steps = max((len(curve) for curve in curves.values()), default=0)
    unsure = np.zeros(steps, np.bool_)
    for slug, curve in curves.items():
        unsure |= curve >= doubtful_from[slug]
    chosen = [
        (start, end)
        for start, end in _stretches(looks, duration_s)
        if end - start > knobs.blind_s
        or unsure[int(start / step_s) : int((end + knobs.look_s) / step_s)].any()
    ]
    widened = [(max(0.0, a - knobs.margin_s), min(duration_s, b + knobs.margin_s)) for a, b in chosen]
    chosen = merged(widened)
    if sum(b - a for a, b in chosen) >= knobs.worth_it * duration_s:
        return [(0.0, duration_s)]
    return chosen


def _stretches(looks: Sequence[Stretch], duration_s: float) -> list[Stretch]:
    starts = [0.0, *(start for start, _ in looks)]
    ends = [*(start for start, _ in looks), duration_s]
    return [(a, b) for a, b in zip(starts, ends, strict=True) if a < b]
