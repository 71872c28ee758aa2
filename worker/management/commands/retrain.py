"""`manage.py retrain [--wait] [--reason TEXT]`: ask for a training run."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from review.models import TrainingRun, TrainingState
from review.services.training import UnableToTrain, training_request
from worker.management.home import home_needed

OPEN = {TrainingState.QUEUED, TrainingState.RUNNING}


class Command(BaseCommand):
    help = "Train a new bundle from all reviews so far. A worker does it; --wait tells how it goes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wait", action="store_true", help="stay until the run has ended")
        parser.add_argument("--inline", action="store_true", help="train in this process, without a worker")
        parser.add_argument("--reason", default="", help="why, kept with the run")

    def handle(self, *args: Any, **options: Any) -> None:
        home_needed()
        try:
            run = training_request(why=options["reason"] or "manage.py retrain", now=timezone.now())
        except UnableToTrain as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Training run {run.pk} is queued.")
        if options["inline"]:
            from worker import training

            training.run(run.pk)
        if options["wait"] or options["inline"]:
            self._wait(run)

    def _wait(self, run: TrainingRun) -> None:
        told = ""
        while run.state in OPEN:
            told = self._tell(f"{run.progress:4.0%} {run.message or run.state}", told)
            time.sleep(0.5)
            run.refresh_from_db()
        if run.state != TrainingState.DONE or run.bundle is None:
            raise CommandError(run.sentence or f"The training run was {run.state}.")
        self.stdout.write(f"{run.bundle.name} is {run.bundle.state}. {run.sentence}")

    def _tell(self, line: str, told: str) -> str:
        if line != told:
            self.stdout.write(line)
            self.stdout.flush()
        return line
