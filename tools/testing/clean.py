"""The environment of a test: nothing of the person's own Spotter may leak into it."""

from __future__ import annotations

import os

_EMPTIED = [
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "DATABASE_PASSWORD",
    "DATABASE_PASSWORD_FILE",
    "REDIS_URL",
    "REDIS_URL_FILE",
    "SECRET_KEY",
    "SECRET_KEY_FILE",
    "DEBUG",
    "PORT",
    "HOST",
    "DEMO",
    "ALLOWED_HOSTS",
    "SECURE_COOKIES",
    "TRUST_PROXY",
    "SPOTTER_HOME",
    "SPOTTER_WEIGHTS",
    "SPOTTER_PRODUCTION",
    "SPOTTER_ADMIN_USERNAME",
    "SPOTTER_ADMIN_PASSWORD",
    "SPOTTER_ADMIN_PASSWORD_FILE",
]


def clean_environment() -> dict[str, str]:
    """Our environment, with an empty value for all that names somebody's data, servers or secrets.

    Empty and not absent, because a file .env fills in only what is absent.
    """
    return {**os.environ, **dict.fromkeys(_EMPTIED, "")}
