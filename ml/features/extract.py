"""From a file to its features: picture and sound, streamed, each decoded once for all who look."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ml.errors import MediaRefused
from ml.features import picture, sound
from ml.features.pretrained import Pretrained, load_pretrained
from ml.features.store import STEP_S, Features, extractor_version
from ml.features.stretches import Stretch, pictures_in, steps_in
from ml.media.audio import audio_blocks_at
from ml.media.opening import Tally
from ml.media.probe import Probe, probe

# The loop filter smooths block edges nobody sees at 160x120; skipping it saves a quarter of decoding.
DECODING = {"skip_loop_filter": "all"}
PICTURE_SHARE = 0.92  # of the work, for progress


def extract(
    path: Path | str,
    *,
    weights: Path | str | None = None,
    stretches: Sequence[Stretch] | None = None,
    listen: bool = True,
    on_progress: Callable[[float], None] | None = None,
    facts: Probe | None = None,
    tally: Tally | None = None,
) -> Features:
    """Return the features of the file at `path`; on_progress hears 0..1.

    weights: a folder with the published files gives the pretrained tier, None the embedded. Memory grows with
    the length only by the descriptors (about 1.5 kB a step); embeddings wait on disk. Broken packets are
    skipped and counted in `tally`, as are numbers of the networks that were not finite (they become 0).
    stretches (seconds, apart, in rising order): decode the picture there alone; elsewhere picture_mask is
    False. listen=False leaves the sound alone.
    Raises MediaRefused as `probe` does; WeightsRefused: missing_weights, altered_weights.
    """
    networks = None if weights is None else load_pretrained(weights)
    facts, tally = facts or probe(path), tally or Tally()
    cv2.setNumThreads(1)  # one process a video is the better split of a machine
    steps = max(1, math.ceil(facts.duration_ms / 1000 / STEP_S - 1e-6))
    tell = _teller(on_progress, facts.duration_ms / 1000)
    seen = _picture(path, facts, steps, tally, lambda t: tell(t, 0.0, PICTURE_SHARE), networks, stretches)
    facts = facts if listen else replace(facts, has_sound=False)
    heard = _sound(path, facts, steps, tally, lambda t: tell(t, PICTURE_SHARE, 1.0), networks)
    names = {} if networks is None else networks.weights
    return Features(
        version=extractor_version(names),
        tier="pretrained" if names else "embedded",
        step_s=STEP_S,
        duration_s=facts.duration_ms / 1000,
        weights=names,
        **seen,
        **heard,
    )


def _picture(
    path: Path | str,
    facts: Probe,
    steps: int,
    tally: Tally,
    on_time: Callable[[float], None],
    networks: Pretrained | None,
    stretches: Sequence[Stretch] | None,
) -> dict[str, Any]:
    """Return the fields of Features that come from the picture."""
    embedding = networks.picture(steps, tally) if networks else None
    if facts.has_picture:
        whole = [(0.0, math.inf)] if stretches is None else stretches
        pictures = pictures_in(path, whole, tally=tally, codec_options=DECODING)
        watched = embedding.watched(pictures) if embedding else pictures
        rows, mask, cuts = picture.describe_picture(watched, steps=steps, on_time=on_time)
    else:
        rows = np.zeros((steps, len(picture.NAMES)), np.float32)
        mask, cuts = np.zeros(steps, np.bool_), np.zeros(steps, np.bool_)
    if stretches is not None:
        mask &= steps_in(stretches, steps)
        rows[~mask], cuts = 0.0, cuts & mask
    if embedding:
        embedding.clear(~mask)
    learned = {"picture_embedding": embedding.rows()} if embedding else {}
    return {"picture": rows, "picture_mask": mask, "cuts": cuts, **learned}


def _sound(
    path: Path | str,
    facts: Probe,
    steps: int,
    tally: Tally,
    on_time: Callable[[float], None],
    networks: Pretrained | None,
) -> dict[str, Any]:
    """Return the fields of Features that come from the sound."""
    ears = networks.ears(steps, tally) if networks and facts.has_sound else None
    try:
        rates = sorted({sound.RATE_HZ, ears.rate_hz if ears else sound.RATE_HZ})
        blocks = audio_blocks_at(path, rates_hz=rates, tally=tally) if facts.has_sound else iter(())
        heard = ears.heard(blocks) if ears else ((start_s, samples) for _, start_s, samples in blocks)
        rows, mask = sound.describe_sound(heard, steps=steps, on_time=on_time)
    except MediaRefused:
        if not facts.has_picture:
            raise
        rows, mask = np.zeros((steps, len(sound.NAMES)), np.float32), np.zeros(steps, np.bool_)
    learned = networks.nothing_heard(steps) if networks else {}
    return {"sound": rows, "sound_mask": mask, **(ears.rows(mask) if ears else learned)}


def _teller(
    on_progress: Callable[[float], None] | None, duration_s: float
) -> Callable[[float, float, float], None]:
    def tell(time_s: float, low: float, high: float) -> None:
        if on_progress:
            on_progress(low + (high - low) * min(1.0, time_s / duration_s))

    return tell
