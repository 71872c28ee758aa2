"""The pretrained tier: the networks of a folder, and the streams they look and listen to.

The catalogue's networks, or in their place those that `networks.json` chooses (ml.weights.sidecars).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.errors import WeightsRefused
from ml.features import speech, tagger
from ml.features.adapters import WindowEmbedding, load_adapter
from ml.features.listening import SoundEmbedding
from ml.features.mobilenet import SIZE, WIDTH, build_mobilenet
from ml.features.motion_images import MotionImages
from ml.features.networks import Network
from ml.features.pictures import Pictures
from ml.features.speech import SpeechTrack, build_speech
from ml.features.spool import Spool
from ml.features.store import EMBEDDING_EVERY
from ml.features.watching import PictureEmbedding
from ml.media.opening import Tally
from ml.media.resampling import Samples
from ml.weights import how_to_fetch, missing, present
from ml.weights.catalogue import MOTION_NETWORK, SOUND_TAGGER, SPEECH_DETECTOR
from ml.weights.reading import read_state
from ml.weights.sidecars import Place, Sidecar, chosen


@dataclass(frozen=True)
class Pretrained:
    """A folder that holds all networks of the tier, intact."""

    folder: Path
    weights: dict[str, str]  # file name -> SHA-256
    own: Mapping[Place, Sidecar]  # networks in the place of the catalogue's

    def picture(self, steps: int, tally: Tally) -> PictureEmbedding:
        """Return what embeds a picture of `steps` steps."""
        rows, sidecar = math.ceil(steps / EMBEDDING_EVERY), self.own.get("picture")
        if sidecar is None:
            network = Network(build_mobilenet(self.folder / MOTION_NETWORK.name))
            return PictureEmbedding(
                lambda image: network.run(image.astype(np.float32) / 127.5 - 1)[0],
                MotionImages(rows, SIZE),
                Spool(rows, WIDTH),
                tally,
            )
        maker = MotionImages if sidecar.kind == "motion" else Pictures
        run, images = load_adapter(self.folder, sidecar), maker(rows, sidecar.shape[1])
        return PictureEmbedding(run, images, Spool(rows, sidecar.width), tally)

    def ears(self, steps: int, tally: Tally) -> Ears:
        """Return what listens to a sound of `steps` steps."""
        track = SpeechTrack(Network(build_speech(self.folder / SPEECH_DETECTOR.name)), steps, tally)
        sidecar = self.own.get("sound")
        if sidecar is not None:
            embedding = WindowEmbedding(load_adapter(self.folder, sidecar), sidecar, steps, tally)
            return Ears(embedding, embedding.rate_hz, track)
        network = Network(build_tagger_of(self.folder))
        return Ears(SoundEmbedding(network, steps, tally), tagger.RATE_HZ, track)

    def nothing_heard(self, steps: int) -> dict[str, Any]:
        """Return the fields of Features that `Ears.rows` would, for a video without sound."""
        sidecar = self.own.get("sound")
        width = tagger.WIDTH if sidecar is None else sidecar.width
        return {"sound_embedding": Spool(steps, width).rows(), "speech": np.zeros(steps, np.float32)}


def build_tagger_of(folder: Path) -> bytes:
    """Return the tagger of a folder of weights as ONNX."""
    return tagger.build_tagger(read_state(folder, SOUND_TAGGER))


@dataclass(frozen=True)
class Ears:
    """What listens beside the descriptors, each at its own rate."""

    embedding: SoundEmbedding | WindowEmbedding
    rate_hz: int  # the embedding's
    speech: SpeechTrack

    def heard(self, blocks: Iterable[tuple[int, float, Samples]]) -> Iterator[tuple[float, Samples]]:
        """Yield the (start_s, samples) at speech.RATE_HZ of blocks (rate, start_s, samples), having listened
        to all: one decoding serves everybody.
        """
        for rate_hz, start_s, samples in blocks:
            if rate_hz == self.rate_hz:
                self.embedding.add(start_s, samples)
            if rate_hz == speech.RATE_HZ:
                self.speech.add(start_s, samples)
                yield start_s, samples
        self.embedding.finish()
        self.speech.finish()

    def rows(self, mask: NDArray[np.bool_]) -> dict[str, Any]:
        """Return the fields of Features; rows where mask (T,) is False are zero."""
        self.embedding.spool.clear(~mask)
        return {"sound_embedding": self.embedding.rows(), "speech": self.speech.rows() * mask}


def load_pretrained(folder: Path | str) -> Pretrained:
    """Return the tier's networks in `folder`.

    Raises WeightsRefused: missing_weights, altered_weights, bad_sidecar.
    """
    folder = Path(folder)
    weights = present(folder)
    if weights is None:
        raise WeightsRefused(
            "missing_weights",
            f"{', '.join(missing(folder))} not found in {folder}: run {how_to_fetch(folder)}.",
        )
    return Pretrained(folder, weights, chosen(folder))
