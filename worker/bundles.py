"""The live bundle, loaded once per process. torch is imported inside functions only."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from review.models import Bundle, BundleState

if TYPE_CHECKING:
    from ml.bundle import Bundle as LoadedBundle


def bundle_live() -> Bundle | None:
    """The bundle that is live at this moment."""
    return Bundle.objects.filter(state=BundleState.LIVE).first()


def bundle_loaded(row: Bundle) -> LoadedBundle:
    """The weights and words of a bundle; refused (BundleRefused) where its files are not those of the row."""
    return _loaded(Path(settings.BUNDLES_ROOT) / row.path, row.sha256)


@lru_cache(maxsize=2)
def _loaded(folder: Path, digest: str) -> LoadedBundle:
    import torch

    from ml.bundle import load_bundle

    # Workers run side by side, one a core: threads of theirs would only fight each other.
    torch.set_num_threads(1)
    return load_bundle(folder, digest=digest)
