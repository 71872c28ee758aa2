"""`manage.py weights list|fetch|verify|refresh`: the pretrained networks here, and who has their features."""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from worker.management.home import home_needed

VERBS = ("list", "fetch", "verify", "refresh")


def _how_to_fetch() -> str:
    """The command that fetches into this folder, as a person would type it in any shell."""
    folder = settings.SPOTTER_WEIGHTS
    usual = folder == settings.BASE_DIR / "var" / "weights"
    named = "" if usual else f"SPOTTER_WEIGHTS={shlex.quote(str(folder))} "
    return f"`{named}.venv/bin/python manage.py weights fetch`"


class Command(BaseCommand):
    help = (
        "list, fetch or verify the pretrained networks in SPOTTER_WEIGHTS (see `python -m ml.weights`); "
        "refresh: extract features anew where better ones can be had, which upkeep does by itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=VERBS)
        parser.add_argument("--mirror", help="fetch: an address under which the files lie by name")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "refresh":
            self._refresh()
            return
        from ml.weights.__main__ import main

        more = ["--json"] if options["json"] else []
        more += ["--mirror", options["mirror"]] if options["verb"] == "fetch" and options["mirror"] else []
        ended = main(
            [options["verb"], "--weights", str(settings.SPOTTER_WEIGHTS), *more], advice=_how_to_fetch()
        )
        if ended:
            sys.exit(ended)

    def _refresh(self) -> None:
        from worker.features import coverage, refresh

        home_needed()
        queued = refresh()
        self.stdout.write(f"{coverage()} {queued} queued now; upkeep goes on with the rest.")
