"""Whether a file lies somewhere, told in a sentence where this user may not look. Light to import."""

from __future__ import annotations

from pathlib import Path

from ml.errors import WeightsRefused


def is_there(path: Path) -> bool:
    """Say whether `path` is a file. Raises WeightsRefused(altered_weights) where this user may not look."""
    try:
        return path.is_file()
    except PermissionError as error:
        raise may_not_be_read(path.parent) from error


def may_not_be_read(path: Path) -> WeightsRefused:
    """Return the refusal of a file or folder that this user may not read."""
    return WeightsRefused(
        "altered_weights", f"{path} may not be read by the user Spotter runs as: let that user read it."
    )
