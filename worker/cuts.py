"""The cuts of a video as a file for the browser, from features and frame times that are there already."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from ml.errors import FeatureMismatch

NAME = "cuts.bin"

logger = logging.getLogger(__name__)


def cuts_written(folder: Path, features: Path) -> dict[str, Any] | None:
    """Write the cuts beside the video; gives file name and count, or None for features that are gone."""
    from ml.media.cuts import cut_times_ms, stored_cuts, write_cuts

    try:
        cuts, step_s = stored_cuts(features)
    except FeatureMismatch as problem:
        logger.warning("no cuts: %s", problem)
        return None
    times_ms = cut_times_ms(cuts, step_s, _frame_times(folder))
    write_cuts(times_ms, folder / NAME)
    return {"path": NAME, "count": len(times_ms)}


def _frame_times(folder: Path) -> Any:
    from ml.media.frame_index import read_frame_times

    try:
        return read_frame_times(folder / "frames.bin")
    except (OSError, ValueError):
        return None  # cuts are then told by the step
