"""The environment of a test: nothing of the person's own Spotter may leak into it."""

from __future__ import annotations

import os

_KEPT = {"SPOTTER_DATA"}
_DROPPED = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SECRET_KEY_FILE", "DEBUG", "PORT", "HOST", "DEMO"}


def clean_environment() -> dict[str, str]:
    """Our environment less what names somebody's data, servers or secrets."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or (name not in _DROPPED and not name.startswith("SPOTTER_"))
    }
