"""`manage.py ingest PATH… [--labels FILE]`: take in files and folders, with their labels."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from review.models import Queue
from worker.management.home import home_needed

if TYPE_CHECKING:
    from worker.ingest import Ingested, IngestWishes


def summary(done: Sequence[Ingested], wishes: IngestWishes, *, asked: int) -> str:
    """What became of all the files, in one line."""
    parts = [f"{len(done)} of {asked} files are taken in"]
    if wishes.labels and wishes.annotator:
        labelled = sum(each.path.resolve() in wishes.labels.labels for each in done)
        parts.append(f"{labelled} came with labels by {wishes.annotator.username}")
    queues = sorted({each.result.task.queue.name for each in done if each.result})
    if queues:
        parts.append(f"their tasks are in {' and '.join(queues)}")
    return "; ".join(parts) + "."


class Command(BaseCommand):
    help = "Take in video files and folders; their labels arrive as reviews by an import annotator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files and folders")
        parser.add_argument(
            "--labels", type=Path, metavar="FILE", help="JSON: file, source, fight or segments"
        )
        parser.add_argument("--queue", help="the queue to put the tasks into (default: the default queue)")
        parser.add_argument("--annotator", help='who the labels are by (default: "import:<name of FILE>")')
        parser.add_argument(
            "--violation-type", default="physical-fight", help="what `fight: true` stands for (%(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        home_needed()
        from worker.ingest import files_of, ingest

        wishes = self._wishes(options)
        labelled = list(wishes.labels.labels) if wishes.labels else []
        files = list(dict.fromkeys(files_of(options["paths"] or labelled)))
        if not files:
            raise CommandError("There is nothing to take in: name at least one file or folder.")
        done = [each for each in ingest(files, wishes) if self._told(each)]
        refused = len(files) - len(done)
        self.stdout.write(summary(done, wishes, asked=len(files)))
        if refused:
            raise CommandError(f"{refused} of {len(files)} files were refused; the lines above say why.")

    def _wishes(self, options: dict[str, Any]) -> Any:
        from review.services.labels import import_annotator
        from worker.ingest import IngestWishes
        from worker.labels import UnableToReadLabels, labels_read

        queue = self._queue(options["queue"])
        if options["labels"] is None:
            return IngestWishes(queue=queue)
        try:
            labels = labels_read(options["labels"], violation_type=options["violation_type"])
        except UnableToReadLabels as error:
            raise CommandError(str(error)) from error
        name = options["annotator"] or f"import:{options['labels'].stem}"
        return IngestWishes(queue=queue, labels=labels, annotator=import_annotator(name=name))

    def _queue(self, name: str | None) -> Queue | None:
        if name is None:
            return None
        queue = Queue.objects.filter(name=name).first()
        if queue is None:
            known = ", ".join(Queue.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f'There is no queue "{name}" (there are: {known}).')
        return queue

    def _told(self, ingested: Any) -> bool:
        name = (
            str(ingested.path).encode("utf-8", "replace").decode()
        )  # names on a disk may be in any encoding
        if ingested.result is None:
            self.stderr.write(f"{name}: {ingested.sentence}")
            return False
        known = " (known video, not analysed again)" if ingested.result.known_video else ""
        self.stdout.write(f"{name}: taken in{known}")
        return True
