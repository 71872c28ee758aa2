"""The folder of pretrained networks (SPOTTER_WEIGHTS): what lies there, and which features that makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from ml.errors import WeightsRefused
from review.models import FeatureTier, WeightsState


@dataclass(frozen=True)
class WeightsHere:
    """What can be extracted here and now. `sentence`: what is wrong with the files, and what to do."""

    state: WeightsState
    files: dict[str, str]  # name -> SHA-256, when they are all there intact
    sentence: str = ""

    @property
    def tier(self) -> FeatureTier:
        return FeatureTier.PRETRAINED if self.files else FeatureTier.EMBEDDED

    @property
    def version(self) -> str:
        """Of the features that would be extracted."""
        from ml.features import extractor_version

        return extractor_version(self.files)

    @property
    def folder(self) -> Path | None:
        """What the extractor is given: None makes it work without networks."""
        return settings.SPOTTER_WEIGHTS if self.files else None


def weights_here() -> WeightsHere:
    """Look into the folder. Files that are not as published count as none: basic features need none."""
    from ml.weights import present

    try:
        files = present(settings.SPOTTER_WEIGHTS)
    except WeightsRefused as refusal:
        return WeightsHere(WeightsState.ALTERED, {}, refusal.sentence)
    except OSError as error:
        sentence = f"The files in {settings.SPOTTER_WEIGHTS} cannot be read ({error.strerror})."
        return WeightsHere(WeightsState.ALTERED, {}, sentence)
    return WeightsHere(WeightsState.PRESENT, files) if files else WeightsHere(WeightsState.MISSING, {})


def own_licences(here: WeightsHere) -> dict[str, str]:
    """SHA-256 of each file that is no published one -> the licence its sidecar names."""
    from ml.weights.sidecars import chosen

    if here.folder is None:
        return {}
    return {
        here.files[sidecar.file]: sidecar.licence
        for sidecar in chosen(here.folder).values()
        if sidecar.file in here.files
    }


def why_unreadable(bundle_files: dict[str, str], here: WeightsHere) -> WeightsRefused:
    """Why a video has no features that the pretrained live bundle can read, and what to do."""
    then = "Then press Retry; until then the video is reviewed without hints."
    if here.state == WeightsState.ALTERED:
        return WeightsRefused(
            "altered_weights", f"The live bundle reads pretrained features. {here.sentence} {then}"
        )
    if here.state == WeightsState.MISSING:
        return WeightsRefused(
            "missing_weights",
            f"The live bundle reads pretrained features, and the networks for them "
            f"({', '.join(sorted(bundle_files)) or 'see its card'}) are not in {settings.SPOTTER_WEIGHTS}. "
            f"Bring them back: manage.py weights fetch. {then}",
        )
    return WeightsRefused(
        "other_weights",
        "The live bundle reads features of other networks than those here, so it cannot score this video. "
        f"Train a new bundle, or put back the files that its card names. {then}",
    )
