"""`manage.py simulate --reviewers K --reviews N`: simulated reviewers work a queue of demo films."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from review.models import Queue
from worker.management.home import home_needed


class Command(BaseCommand):
    help = "Let simulated reviewers work through a queue, with the truth of the demo's films in mind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reviewers", type=int, default=5, help="how many (%(default)s)")
        parser.add_argument("--reviews", type=int, help="how many reviews in all (default: what is open)")
        parser.add_argument("--queue", default="Demo queue", help='which queue ("%(default)s")')

    def handle(self, *args: Any, **options: Any) -> None:
        home_needed()
        from worker.simulate import people_make, senior_make, why_nothing, work_through

        queue = Queue.objects.filter(name=options["queue"]).first()
        if queue is None:
            raise CommandError(
                f'There is no queue "{options["queue"]}". Make the demo first: manage.py demo.'
            )
        if options["reviewers"] < 1:
            raise CommandError("At least one reviewer is needed: --reviewers 1 or more.")
        people = [*people_make(options["reviewers"], is_demo=True), senior_make(is_demo=True)]
        made = 0
        for review in work_through(people, queue, now=timezone.now(), most=options["reviews"]):
            made += 1
            who, title = review.reviewer.username, review.task.submission.title
            self.stdout.write(f'{who} reviewed "{title}" ({review.arm})')
        self.stdout.write(f"{made} simulated reviews.")
        if not made:
            self.stdout.write(why_nothing(people, queue, now=timezone.now(), most=options["reviews"]))
