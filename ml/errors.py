"""The typed errors of `ml`: each carries a stable code for programs and one sentence for people."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_NAME = 40  # characters: what is longer is the hash of a file, and nobody reads all of it


class SpotterMLError(Exception):
    """Base of all errors `ml` raises on purpose. `str(error)` is the sentence shown to people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence

    def __reduce__(self) -> tuple[type[SpotterMLError], tuple[str, str]]:
        """Survive the way between processes: the default would drop the code."""
        return type(self), (self.code, self.sentence)


class MediaRefused(SpotterMLError):
    """The file is hostile or unusable.

    Codes: empty_file, not_media, truncated, no_streams, zero_duration, too_large, too_long, decode_failed.
    """


class FeatureMismatch(SpotterMLError):
    """Features of another version, tier or shape than asked for, or a damaged features file.

    Codes: damaged_features, missing_features, features_version, features_tier, features_mixed,
    features_other_tier, features_other_weights, features_other_extractor, features_other_shape,
    views_unsupported, views_mixed.
    """


class BundleRefused(SpotterMLError):
    """A bundle that was altered or has a format this code does not know, or that would replace another.

    Codes: bundle_altered, bundle_exists, bundle_incomplete, bundle_unreadable, no_bundle, not_a_bundle,
    unknown_format.
    """


class TrainingDataError(SpotterMLError):
    """The examples cannot train or measure a bundle; the sentence says what is missing or wrong.

    Codes: no_violations, violation_twice, no_examples, group_in_two_splits, unknown_violation,
    label_outside_video, nothing_labelled, nothing_learnable, unknown_annotators, bad_precision_floor,
    unknown_modality, unknown_tier, checkpoints_no_folder, manifest_unreadable, manifest_empty, video_twice,
    nothing_measured.
    """


class WeightsRefused(SpotterMLError):
    """Weights of a pretrained network that are missing, altered or described wrongly.

    Codes: missing_weights, altered_weights, unknown_weights, bad_sidecar, fetch_failed.
    """


def first_few(names: Sequence[str], most: int = 3) -> str:
    """The first names in quotes, and how many more there are; of a hash its beginning."""
    short = [name if len(name) <= LONGEST_NAME else f"{name[:12]}…" for name in names[:most]]
    named = ", ".join(f'"{name}"' for name in short)
    return named if len(names) <= most else f"{named} and {len(names) - most} more"
