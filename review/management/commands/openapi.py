"""`manage.py openapi` prints the API's contract, `--write` stores it as openapi.json, `--check` compares."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from review.api import openapi_schema


class Command(BaseCommand):
    help = "Print the OpenAPI document, write it to openapi.json, or check that the file is up to date."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--write", action="store_true", help="write openapi.json")
        what.add_argument("--check", action="store_true", help="fail if openapi.json is not up to date")

    def handle(self, *args: Any, write: bool, check: bool, **options: Any) -> None:
        text = json.dumps(openapi_schema(), indent=2, sort_keys=True) + "\n"
        snapshot = settings.BASE_DIR / "openapi.json"
        if write:
            snapshot.write_text(text, encoding="utf-8")
        elif check:
            if not snapshot.exists() or snapshot.read_text(encoding="utf-8") != text:
                raise CommandError("openapi.json is not up to date: run `python manage.py openapi --write`.")
        else:
            self.stdout.write(text, ending="")
