"""`manage.py demo [--if-empty] [--count N] [--inline]`: films, reviews and a bundle, marked as demo data."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from review.models import PersonKind, Submission, User
from worker.management.home import home_needed

READY = "SPOTTER-READY"


class Command(BaseCommand):
    help = "Make the demo: rendered films, simulated reviews, a first bundle, and films that wait with hints."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where other data is")
        parser.add_argument(
            "--count", type=int, default=24, help="films, half of them reviewed (%(default)s)"
        )
        parser.add_argument(
            "--inline", action="store_true", help="run jobs in this process, without a worker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        home_needed()
        from worker.demo import UnableToMakeDemo, demo_make, is_complete, reviewable

        if settings.PRODUCTION:
            raise CommandError("SPOTTER_PRODUCTION is on: the demo has known passwords and is not made here.")
        if options["count"] < 8:
            raise CommandError("A demo needs at least 8 films: --count 8 or more.")
        if is_complete(options["count"]):
            self._ready(reviewable())
            return
        if options["if_empty"] and _has_other_data():
            self._leave_alone(reviewable())
            return
        try:
            demo_make(count=options["count"], say=self._say, on_ready=self._ready, inline=options["inline"])
        except UnableToMakeDemo as error:
            raise CommandError(str(error)) from error

    def _leave_alone(self, reviewable: int) -> None:
        """Where real work has begun, nothing is added unasked; what works of a demo is named all the same."""
        if not Submission.objects.filter(is_demo=True).exists():
            self._say("There is other data here already, so no demo is made: log in as before.")
            return
        self._say(
            "The demo was not finished and other data has come since, so the rest is not made unasked: "
            ".venv/bin/python manage.py demo makes it."
        )
        self._ready(reviewable)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    def _ready(self, reviewable: int) -> None:
        self._say(f"{READY} {json.dumps({'logins': _logins_that_work(), 'reviewable': reviewable})}")


def _logins_that_work() -> list[dict[str, str]]:
    """The demo's logins, less those that somebody has closed or given another password since."""
    from worker.demo_setup import LOGINS, PASSWORD

    names = [name for name, _ in LOGINS]
    people = User.objects.filter(username__in=names, is_demo=True, is_active=True)
    known = {user.username: user for user in people if user.check_password(PASSWORD)}
    return [
        {"username": name, "password": PASSWORD, "role": known[name].role} for name in names if name in known
    ]


def _has_other_data() -> bool:
    people = User.objects.filter(is_demo=False, kind=PersonKind.PERSON)
    return people.exists() or Submission.objects.filter(is_demo=False).exists()
