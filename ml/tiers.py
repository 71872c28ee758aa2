"""Which tier a training reads: what the videos' features have in common, found without reading them whole."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from safetensors import SafetensorError, safe_open

from ml.errors import FeatureMismatch, first_few
from ml.features import Tier
from ml.types import Example


@dataclass(frozen=True)
class TrainingTier:
    """The tier read from all examples, and how many of them had features of which tier and version."""

    tier: Tier
    examples: dict[str, int]  # tier -> number of examples whose features are of it
    versions: dict[str, int]  # version -> number of examples


def training_tier(examples: Sequence[Example], wanted: Tier | None) -> TrainingTier:
    """Decide what to read: `wanted`, or the pretrained tier when all examples have it in one version.

    Raises FeatureMismatch: features_mixed when the pretrained tier is wanted and some examples lack it or
    were made with other weights; missing_features and damaged_features when a file cannot be read.
    """
    _check_there(examples)
    found = [_tier_and_version(example) for example in examples]
    tiers, versions = Counter(tier for tier, _ in found), Counter(version for _, version in found)
    alike = set(tiers) == {"pretrained"} and len(versions) == 1
    if wanted == "pretrained" and not alike:
        raise _mixed(examples, found)
    tier = wanted or ("pretrained" if alike else "embedded")
    return TrainingTier(tier, dict(sorted(tiers.items())), dict(sorted(versions.items())))


def _check_there(examples: Sequence[Example]) -> None:
    gone = [example.video for example in examples if not example.features_path.is_file()]
    if gone:
        raise FeatureMismatch(
            "missing_features",
            f"The features files of {len(gone)} of {len(examples)} videos are gone: {first_few(gone)}. "
            "Analyse those again.",
        )


def _mixed(examples: Sequence[Example], found: Sequence[tuple[str, str]]) -> FeatureMismatch:
    """`found`: tier and version of each example."""
    lacking = [e.video for e, (tier, _) in zip(examples, found, strict=True) if tier == "embedded"]
    if lacking:
        said = (
            f"{len(lacking)} of the {len(examples)} videos have no features of the pretrained tier: "
            f"{first_few(lacking)}"
        )
    else:
        (usual, _), *_ = Counter(version for _, version in found).most_common()
        odd = [e.video for e, (_, version) in zip(examples, found, strict=True) if version != usual]
        said = (
            f"The features of {len(odd)} of the {len(examples)} videos were made with different weights than "
            f"the others' ({usual}): {first_few(odd)}"
        )
    return FeatureMismatch(
        "features_mixed",
        f"{said}. Analyse those again with one set of weights, or train on the embedded tier that all have.",
    )


def _tier_and_version(example: Example) -> tuple[str, str]:
    try:
        with safe_open(str(example.features_path), framework="numpy") as file:
            facts = json.loads((file.metadata() or {})["spotter_features"])
        return str(facts["tier"]), str(facts["version"])
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise FeatureMismatch(
            "damaged_features",
            f"The features file of {first_few([example.video])} is damaged: analyse the video again.",
        ) from error
