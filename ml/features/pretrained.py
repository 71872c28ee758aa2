"""The pretrained tier: the published networks of a folder, and the streams they look and listen to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.errors import WeightsRefused
from ml.features import tagger
from ml.features.listening import SoundEmbedding
from ml.features.mobilenet import build_mobilenet
from ml.features.networks import Network
from ml.features.speech import SpeechTrack
from ml.features.spool import Spool
from ml.features.store import EMBEDDING_EVERY
from ml.features.tagger import build_tagger
from ml.features.watching import PictureEmbedding
from ml.media.opening import Tally
from ml.media.resampling import Samples
from ml.weights import present
from ml.weights.catalogue import MOTION_NETWORK, PRETRAINED_TIER, SOUND_TAGGER, SPEECH_DETECTOR
from ml.weights.reading import read_state


@dataclass(frozen=True)
class Pretrained:
    """A folder that holds all networks of the tier, intact."""

    folder: Path
    weights: dict[str, str]  # file name -> SHA-256

    def picture(self, steps: int, tally: Tally) -> PictureEmbedding:
        """Return what embeds a picture of `steps` steps."""
        network = Network(build_mobilenet(self.folder / MOTION_NETWORK.name))
        return PictureEmbedding(network, math.ceil(steps / EMBEDDING_EVERY), tally)

    def ears(self, steps: int, tally: Tally) -> Ears:
        """Return what listens to a sound of `steps` steps."""
        network = Network(build_tagger(read_state(self.folder, SOUND_TAGGER)))
        detector = Network(str(self.folder / SPEECH_DETECTOR.name))
        return Ears(SoundEmbedding(network, steps, tally), SpeechTrack(detector, steps, tally))


@dataclass(frozen=True)
class Ears:
    """What listens beside the descriptors, each at its own rate."""

    RATES_HZ: ClassVar = (tagger.RATE_HZ,)  # what it needs beside speech.RATE_HZ, which descriptors share
    embedding: SoundEmbedding
    speech: SpeechTrack

    def heard(self, blocks: Iterable[tuple[int, float, Samples]]) -> Iterator[tuple[float, Samples]]:
        """Yield the (start_s, samples) at speech.RATE_HZ of blocks (rate, start_s, samples), having listened
        to all: one decoding serves everybody.
        """
        for rate_hz, start_s, samples in blocks:
            if rate_hz == tagger.RATE_HZ:
                self.embedding.add(start_s, samples)
            else:
                self.speech.add(start_s, samples)
                yield start_s, samples
        self.embedding.finish()
        self.speech.finish()

    def rows(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        """Return the fields of Features; rows where mask (T,) is False are zero."""
        self.embedding.spool.clear(~mask)
        return {"sound_embedding": self.embedding.rows(), "speech": self.speech.rows() * mask}


def nothing_heard(steps: int) -> dict[str, Any]:
    """Return the same fields for a video without sound."""
    return {
        "sound_embedding": Spool(steps, tagger.WIDTH).rows(),
        "speech": np.zeros(steps, np.float32),
    }


def load_pretrained(folder: Path | str) -> Pretrained:
    """Return the tier's networks in `folder`. Raises WeightsRefused: missing_weights, altered_weights."""
    weights = present(Path(folder))
    if weights is None:
        missing = [entry.name for entry in PRETRAINED_TIER if not (Path(folder) / entry.name).is_file()]
        raise WeightsRefused(
            "missing_weights",
            f"{', '.join(missing)} not found in {folder}: run `python -m ml.weights fetch`.",
        )
    return Pretrained(Path(folder), weights)
