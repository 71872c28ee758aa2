"""Which tier a training reads: what the videos' features have in common, found without reading them whole."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from ml.errors import FeatureMismatch
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
    found = [_tier_and_version(example.features_path) for example in examples]
    tiers, versions = Counter(tier for tier, _ in found), Counter(version for _, version in found)
    alike = set(tiers) == {"pretrained"} and len(versions) == 1
    if wanted == "pretrained" and not alike:
        raise _mixed(tiers, versions)
    tier = wanted or ("pretrained" if alike else "embedded")
    return TrainingTier(tier, dict(sorted(tiers.items())), dict(sorted(versions.items())))


def _mixed(tiers: Counter[str], versions: Counter[str]) -> FeatureMismatch:
    lacking = tiers["embedded"]
    if lacking:
        said = f"{lacking} of the {tiers.total()} videos have no features of the pretrained tier"
    else:
        said = f"The videos' features were made with different weights ({', '.join(sorted(versions))})"
    return FeatureMismatch(
        "features_mixed",
        f"{said}. Analyse those again with one set of weights, or train on the embedded tier that all have.",
    )


def _tier_and_version(path: Path) -> tuple[str, str]:
    if not path.is_file():
        raise FeatureMismatch(
            "missing_features", f'The features file "{path.name}" is gone: analyse the video again.'
        )
    try:
        with safe_open(str(path), framework="numpy") as file:
            facts = json.loads((file.metadata() or {})["spotter_features"])
        return str(facts["tier"]), str(facts["version"])
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise FeatureMismatch(
            "damaged_features", f'The features file "{path.name}" is damaged: analyse the video again.'
        ) from error
