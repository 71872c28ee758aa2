"""The embedded extractor: descriptors of picture and sound, four rows a second, no weights needed.

A pure function of pixels, samples and time; container metadata (size, rate, codec ...) is never a feature, a
model would learn the source from it.
"""

from ml.features.extract import extract
from ml.features.picture import NAMES as PICTURE_NAMES
from ml.features.sound import NAMES as SOUND_NAMES
from ml.features.store import EXTRACTOR_VERSION, STEP_S, TIER, Features, load_features, save_features

__all__ = [
    "EXTRACTOR_VERSION",
    "PICTURE_NAMES",
    "SOUND_NAMES",
    "STEP_S",
    "TIER",
    "Features",
    "extract",
    "load_features",
    "save_features",
]
