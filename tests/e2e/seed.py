"""`python -m tests.e2e.seed FILE`: fills a running, empty Spotter and writes what tests need to know as JSON.

Without FILE it only makes the people who are not there yet: a Spotter may have been filled before their time.

Everything goes through the services and the running worker: films are rendered and analysed, simulated
reviewers judge some of them, and a bundle is trained from that.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.utils import timezone  # noqa: E402

from review.models import (  # noqa: E402
    Analysis,
    AnalysisState,
    Bundle,
    Queue,
    Role,
    Split,
    SubmissionOrigin,
    Task,
    TaskState,
    TrainingRun,
    User,
    ViolationType,
)
from review.services.analyses import analysis_claim, analysis_fail  # noqa: E402
from review.services.queues import queue_claim_next  # noqa: E402
from review.services.submissions import (  # noqa: E402
    SubmissionResult,
    SubmissionWords,
    submission_create,
)
from review.services.training import training_request  # noqa: E402
from simulation.films import FilmPlan, FilmSettings, plan_films, render_film  # noqa: E402
from worker.demo_setup import queue_make  # noqa: E402
from worker.simulate import people_make, review_one, truth_store  # noqa: E402

PASSWORD = "correct horse battery"
REVIEWERS = (
    "rita",
    "drew",
    "crash",
    "blanca",
    "early",
    "odd",
    "newt",
    "hank",
    "tabby",
    "kim",
    "mora",
    "pete",
    "vera",
    "axel",
    "tim",
    "keya",
    "kit",
    "sage",
    "willa",
    "wendy",
    "wim",
    "lin",
)
SENIORS = ("selma",)
# Small films: the whole suite shares two cores with whatever it tests.
SETTINGS = FilmSettings(
    width=320, height=180, fps=15, min_s=18.0, max_s=24.0, noise=1.0, violating_share=0.75
)
# With fewer films to learn from the first bundle misses whole types, and too few hints are left to answer.
LEARNING, WORKING = 18, 4
HELD_OUT = {3: Split.VALIDATION, 7: Split.VALIDATION, 5: Split.HOLDOUT, 10: Split.HOLDOUT}
ARMS = {
    "Learning": {"blind": 1.0},
    "Work": {"level2": 1.0},
    "Blind": {"blind": 1.0},
    "Curves": {"level1": 1.0},
    "Early": {"level2": 1.0},
    "Refused": {"level2": 1.0},
    "Failed": {"level2": 1.0},
    "Retried": {"level2": 1.0},
}


def main(report: Path) -> None:
    """All steps in order; each needs the ones before."""
    testers_make()
    queues = queues_make()
    with tempfile.TemporaryDirectory() as folder:
        films_submit(Path(folder), queues)
        odd_files_submit(Path(folder), queues)
    wait("the analyses", analyses_over)
    early = queue_claim_next(
        reviewer=User.objects.get(username="early"), queue=queues["Early"], now=timezone.now()
    )
    assert early is not None
    for person in cycle(people_make(3, is_demo=True)):
        if review_one(person, queues["Learning"], now=timezone.now()) is None:
            break
    run = training_request(now=timezone.now())
    wait("the training", lambda: TrainingRun.objects.get(pk=run.pk).finished_at is not None)
    run.refresh_from_db()
    bundle = Bundle.objects.filter(state="live").first()
    assert bundle is not None, f"no bundle went live: {run.state} {run.sentence}"
    wait("the first hints", lambda: waiting_are_scored(bundle))
    facts = {
        "queues": {name: queue.pk for name, queue in queues.items()},
        "bundle": bundle.name,
        "early_review": early.pk,
    }
    report.write_text(json.dumps(facts), encoding="utf-8")


def testers_make() -> None:
    """Accounts whose password is PASSWORD (hashed once: it costs)."""
    now, password = timezone.now(), make_password(PASSWORD)
    there = set(User.objects.values_list("username", flat=True))
    roles = {**dict.fromkeys(REVIEWERS, Role.REVIEWER), **dict.fromkeys(SENIORS, Role.SENIOR)}
    for name, role in roles.items():
        if name not in there:
            User.objects.create(username=name, password=password, tour_done_at=now, role=role)
    User.objects.filter(role=Role.ADMINISTRATOR).update(tour_done_at=now)


def queues_make() -> dict[str, Queue]:
    """The demo's policies, and one queue an arm, wide enough that every tester gets every film of it."""
    queue_make(now=timezone.now())
    queues = {}
    for name, arms in ARMS.items():
        overlap = 1 if name == "Learning" else 20
        queue = Queue.objects.create(name=name, arm_mix=arms, overlap=overlap, lease_seconds=3600)
        queue.violation_types.set(ViolationType.objects.all())
        queues[name] = queue
    return queues


def films_submit(folder: Path, queues: dict[str, Queue]) -> None:
    """Render and submit; the last films, full of events, wait for the testers in their queues."""
    plans = plan_films(seed=11, count=40, settings=SETTINGS)
    working = sorted(plans, key=lambda plan: len(plan.events), reverse=True)[:WORKING]
    learning = [plan for plan in plans if plan not in working][:LEARNING]
    for number, plan in enumerate(learning):
        split = HELD_OUT.get(number, Split.TRAIN)
        film_submit(plan, folder, [queues["Learning"]], split)
    for number, plan in enumerate(working):
        names = ("Work", "Blind", "Curves", "Early") if number < 2 else ("Work",)
        film_submit(plan, folder, [queues[name] for name in names], Split.TRAIN)


def film_submit(plan: FilmPlan, folder: Path, queues: list[Queue], split: Split) -> None:
    """One film into each of these queues: the same bytes, analysed once."""
    file = folder / f"{plan.name}.mp4"
    render_film(plan, file, settings=SETTINGS)
    for queue in queues:
        words = SubmissionWords(
            file_name=file.name,
            title=plan.title,
            description=plan.description,
            uploader=plan.uploader,
            source=plan.source,
        )
        made = submission_create(
            content=file,
            words=words,
            origin=SubmissionOrigin.COMMAND,
            queue=queue,
            split=split,
            group_key=plan.name,
            is_demo=True,
            now=timezone.now(),
        )
        if queue.name == "Learning":
            truth_store(made.video.sha256, plan)


def odd_files_submit(folder: Path, queues: dict[str, Queue]) -> None:
    """A file that no decoder reads, and films whose analysis has failed: one to review, one to retry."""
    broken = folder / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + os.urandom(200_000))
    odd_submit(broken, "A file that nothing can read", queues["Refused"])
    titles = {"Failed": "A film whose analysis failed", "Retried": "A film to analyse again"}
    for plan, (queue, title) in zip(
        plan_films(seed=12, count=2, settings=SETTINGS), titles.items(), strict=True
    ):
        file = folder / "failing.mp4"
        render_film(plan, file, settings=SETTINGS)
        odd_submit(file, title, queues[queue], along=fail)


def odd_submit(
    file: Path,
    title: str,
    queue: Queue,
    along: Callable[[SubmissionResult], None] = lambda result: None,
) -> None:
    submission_create(
        content=file,
        words=SubmissionWords(file_name=file.name, title=title),
        origin=SubmissionOrigin.COMMAND,
        queue=queue,
        split=Split.TRAIN,
        now=timezone.now(),
        along=along,
    )


def fail(result: SubmissionResult) -> None:
    """The analysis ends before a worker hears of it, as it does after three broken attempts."""
    analysis = analysis_claim(analysis_id=result.analysis.pk, now=timezone.now())
    assert analysis is not None
    sentence = "The analysis failed: its worker was stopped three times. Press Retry."
    analysis_fail(analysis=analysis, code="stopped", sentence=sentence, now=timezone.now())


def analyses_over() -> bool:
    """Whether no analysis is waiting or under way."""
    under_way = [AnalysisState.QUEUED, AnalysisState.RUNNING]
    return not Analysis.objects.filter(state__in=under_way).exists()


def waiting_are_scored(bundle: Bundle) -> bool:
    """Whether each waiting film has been scored by this bundle."""
    waiting = Task.objects.filter(state=TaskState.WAITING, queue__name__in=["Work", "Blind", "Curves"])
    videos = set(waiting.values_list("submission__video", flat=True))
    scored = Analysis.objects.filter(video__in=videos, bundle=bundle, state=AnalysisState.DONE)
    return set(scored.values_list("video", flat=True)) == videos and analyses_over()


def wait(what: str, done: Callable[[], bool], *, seconds: float = 240) -> None:
    """Ask the rows until it is so."""
    began = time.monotonic()
    while not done():
        if time.monotonic() > began + seconds:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.3)
    sys.stderr.write(f"{what}: {time.monotonic() - began:.1f} s\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        testers_make()
