"""The extractor: what is seen and heard, four rows a second, in two tiers behind one interface.

Embedded: 169 descriptors of the picture and 105 of the sound, no weights needed; the lists with units and
dimensions are in `ml.features.picture` and `ml.features.sound`. Pretrained: the same, and what small
published networks make of the video. Both are pure functions of pixels, samples and time; container metadata
(size, rate, codec ...) is never a feature, a model would learn the source from it.
"""

from ml.features.extract import extract
from ml.features.picture import NAMES as PICTURE_NAMES
from ml.features.sound import NAMES as SOUND_NAMES
from ml.features.store import (
    EMBEDDED_VERSION,
    EMBEDDING_EVERY,
    STEP_S,
    Features,
    Tier,
    as_embedded,
    extractor_version,
    load_features,
    save_features,
    stored_version,
)

__all__ = [
    "EMBEDDED_VERSION",
    "EMBEDDING_EVERY",
    "PICTURE_NAMES",
    "SOUND_NAMES",
    "STEP_S",
    "Features",
    "Tier",
    "as_embedded",
    "extract",
    "extractor_version",
    "load_features",
    "save_features",
    "stored_version",
]
