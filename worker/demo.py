"""The demo: films are rendered, analysed and half of them reviewed; a bundle learns; the rest waits.

Everything overlaps: while films render, those before them are analysed. Each step looks at the database for
what is there already, so a demo that was killed goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from review.models import (
    Analysis,
    AnalysisState,
    Bundle,
    BundleState,
    Queue,
    Submission,
    SubmissionOrigin,
    Task,
    TaskState,
    TrainingRun,
    TrainingState,
    TrainingTrigger,
    User,
)
from review.services.analyses import analyses_give_back
from review.services.submissions import SubmissionResult, SubmissionWords, submission_create
from review.services.training import UnableToTrain, training_request, trainings_give_back
from worker import analysis, training
from worker.demo_setup import OVERLAP, DemoFilm, UnableToMakeDemo, films_plan, logins_make, queue_make
from worker.rendering import render, renderers
from worker.simulate import people_make, senior_make, truth_store, work_through

READY_FROM = 8  # reviewable films from which a person may begin
POLL_S = 0.3
PATIENCE_S = 180.0  # without any progress, before the demo gives up on a worker that is not there
OPEN_ANALYSES = (AnalysisState.QUEUED, AnalysisState.RUNNING)
OPEN_RUNS = (TrainingState.QUEUED, TrainingState.RUNNING)

Say = Callable[[str], None]


@dataclass
class Demo:
    """One making of the demo. `inline`: jobs run in this process, for places without a worker."""

    films: Sequence[DemoFilm]
    queue: Queue
    admin: User
    say: Say
    on_ready: Callable[[int], None]
    inline: bool = False
    began: float = field(default_factory=time.monotonic)
    rendered: list[tuple[DemoFilm, Path]] = field(default_factory=list)
    is_ready: bool = False

    def tell(self, sentence: str) -> None:
        """A line of progress with the seconds since the start."""
        self.say(f"{time.monotonic() - self.began:6.1f} s  {sentence}")


def demo_make(*, count: int, say: Say, on_ready: Callable[[int], None], inline: bool = False) -> None:
    """Make the demo, or what is missing of it. `on_ready` is told once how many films are reviewable."""
    admin = logins_make()
    queue = queue_make(now=timezone.now())
    demo = Demo(films_plan(count), queue, admin, say, on_ready, inline)
    missing = [film for film in demo.films if not _is_submitted(film, admin)]
    demo.tell(f"{count} films, {len(missing)} of them still to render")
    with renderers() as pool:
        try:
            _run(demo, {pool.submit(render, film.plan, _folder()): film for film in missing})
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    demo.tell("the demo is complete")


def is_complete(count: int) -> bool:
    """Whether nothing is left to do."""
    made = Submission.objects.filter(is_demo=True, origin=SubmissionOrigin.DEMO).count()
    return made >= count and Bundle.objects.exists()


def reviewable() -> int:
    """Demo tasks that wait with an analysis by the live bundle."""
    waiting = Task.objects.filter(state=TaskState.WAITING, submission__is_demo=True)
    done = waiting.filter(
        submission__video__analyses__state=AnalysisState.DONE,
        submission__video__analyses__bundle__state=BundleState.LIVE,
    )
    return done.distinct().count()


# --- Rendering --------------------------------------------------------------------------------------------


def _folder() -> Path:
    folder = Path(settings.SPOTTER_HOME) / "demo" / "films"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# --- The course of things ---------------------------------------------------------------------------------


def _run(demo: Demo, renders: dict[Future[Path], DemoFilm]) -> None:
    """Look around a few times a second and do what has become possible, until nothing is left."""
    last_change, before = time.monotonic(), None
    while True:
        _collect(demo, renders)
        _submit_rendered(demo)
        _review_and_train(demo)
        if demo.inline:
            _work_inline()
        _announce(demo)
        now = (len(renders), len(demo.rendered), _open_analyses(), _training_progress())
        if now == (0, 0, 0, None) and Bundle.objects.exists():
            return
        if now != before:
            last_change, before = time.monotonic(), now
        _check_patience(last_change)
        time.sleep(POLL_S)


def _collect(demo: Demo, renders: dict[Future[Path], DemoFilm]) -> None:
    for future in [each for each in renders if each.done()]:
        film = renders.pop(future)
        demo.rendered.append((film, future.result()))
        demo.tell(f'rendered "{film.plan.title[:40]}" ({film.plan.duration_s:.0f} s), {len(renders)} to go')


def _submit_rendered(demo: Demo) -> None:
    """Reviewed films at once; the waiting ones only when nobody simulated could take them any more."""
    reviews_are_over = _reviews_are_over()
    for film, path in list(demo.rendered):
        if film.is_reviewed or reviews_are_over:
            demo.rendered.remove((film, path))
            _submit(demo, film, path)


def _submit(demo: Demo, film: DemoFilm, path: Path) -> None:
    plan = film.plan
    submission_create(
        content=path,
        words=SubmissionWords(
            file_name=path.name,
            title=plan.title,
            description=plan.description,
            uploader=plan.uploader,
            source=plan.source,
            external_id=plan.name,
        ),
        origin=SubmissionOrigin.DEMO,
        submitted_by=demo.admin,
        queue=demo.queue,
        is_demo=True,
        split=film.split,
        # Each film is a split group of its own: the demo's splits are chosen film by film.
        group_key=f"demo:{plan.name}",
        along=lambda result: _prepare(film, result),
        now=timezone.now(),
    )
    path.unlink(missing_ok=True)


def _prepare(film: DemoFilm, result: SubmissionResult) -> None:
    truth_store(result.video.sha256, film.plan)
    if film.is_reviewed:
        result.task.overlap = OVERLAP
        result.task.save(update_fields=["overlap"])


def _is_submitted(film: DemoFilm, admin: User) -> bool:
    return Submission.objects.filter(submitted_by=admin, external_id=film.plan.name).exists()


def _reviews_are_over() -> bool:
    """The simulated reviews end with the request of the first training run."""
    return Bundle.objects.exists() or TrainingRun.objects.filter(state__in=OPEN_RUNS).exists()


def _review_and_train(demo: Demo) -> None:
    """Once every reviewed film is analysed: all simulated reviews, then the first bundle."""
    if _reviews_are_over():
        return
    names = [film.plan.name for film in demo.films if film.is_reviewed]
    films = Submission.objects.filter(external_id__in=names, is_demo=True)
    analysed = films.exclude(video__analyses__state__in=OPEN_ANALYSES)
    if analysed.count() < len(names):
        return
    _check_last_run()
    _reviews_and_request(demo)


def _reviews_and_request(demo: Demo) -> None:
    """Each review in a transaction of its own: people may be at work already, and SQLite has one writer."""
    people = [*people_make(OVERLAP, is_demo=True), senior_make(is_demo=True)]
    made = sum(1 for _ in work_through(people, demo.queue, now=timezone.now()))
    demo.tell(f"{made} simulated reviews are in; training the first bundle")
    with suppress(UnableToTrain):  # an administrator was quicker: theirs learns from the same reviews
        training_request(
            trigger=TrainingTrigger.FIRST, why=f"The demo's {made} simulated reviews.", now=timezone.now()
        )


def _work_inline() -> None:
    """What a worker and its upkeep would do, in this process."""
    analyses_give_back(now=timezone.now())
    trainings_give_back(now=timezone.now())
    for pk in Analysis.objects.filter(state=AnalysisState.QUEUED).values_list("pk", flat=True):
        analysis.run(pk)
    for pk in TrainingRun.objects.filter(state=TrainingState.QUEUED).values_list("pk", flat=True):
        training.run(pk)


def _check_last_run() -> None:
    failed = TrainingRun.objects.filter(state=TrainingState.FAILED).order_by("-pk").first()
    if failed is not None:
        raise UnableToMakeDemo(f"The first bundle could not be trained: {failed.sentence}")


def _announce(demo: Demo) -> None:
    wanted = min(READY_FROM, sum(not film.is_reviewed for film in demo.films))
    if not demo.is_ready and (count := reviewable()) >= wanted and Bundle.objects.exists():
        demo.is_ready = True
        demo.tell(f"{count} films can be reviewed with hints")
        demo.on_ready(count)


def _open_analyses() -> int:
    return Analysis.objects.filter(state__in=OPEN_ANALYSES, video__submissions__is_demo=True).count()


def _training_progress() -> float | None:
    runs = TrainingRun.objects.filter(state__in=OPEN_RUNS)
    return runs.values_list("progress", flat=True).first()


def _check_patience(last_change: float) -> None:
    if time.monotonic() - last_change > PATIENCE_S:
        raise UnableToMakeDemo(
            f"Nothing moved for {PATIENCE_S:.0f} seconds: is a worker running? Start one (`make run` does), "
            "or make the demo in this process with --inline."
        )


__all__ = ["Demo", "UnableToMakeDemo", "demo_make", "is_complete", "reviewable"]
