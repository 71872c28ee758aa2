"""`manage.py weights list|fetch|verify|refresh`: the pretrained networks here, and who has their features."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

VERBS = ("list", "fetch", "verify", "refresh")


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
        ended = main([options["verb"], "--weights", str(settings.SPOTTER_WEIGHTS), *more])
        if ended:
            sys.exit(ended)

    def _refresh(self) -> None:
        from worker.features import coverage, refresh

        queued = refresh()
        self.stdout.write(f"{coverage()} {queued} queued now; upkeep goes on with the rest.")
