"""Is a Spotter here for a command typed by hand? If not, a sentence, and nothing is left behind."""

from __future__ import annotations

import contextlib
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, connection

from review.models import Submission

NOBODY = "No Spotter lives in {home}: start one with make run, or name its folder with SPOTTER_HOME."


def home_needed() -> None:
    """Raise CommandError where there is no database with Spotter's tables."""
    nobody = CommandError(NOBODY.format(home=settings.SPOTTER_HOME))
    if connection.vendor == "sqlite" and not _is_there(str(connection.settings_dict["NAME"])):
        raise nobody
    try:
        tables = connection.introspection.table_names()
    except DatabaseError as error:
        raise CommandError(f"The database cannot be read ({str(error).strip()}): is it running?") from error
    if Submission._meta.db_table not in tables:
        raise nobody


def _is_there(database: str) -> bool:
    file = Path(database)
    if database.startswith("file:") or file.is_file():  # a database in memory is a file: address
        return True
    with contextlib.suppress(OSError):
        file.parent.rmdir()  # the settings made it; a folder with anything in it stays
    return False
