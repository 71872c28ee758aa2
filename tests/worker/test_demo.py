"""The demo's choices, and simulated reviewers on the real services."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from review.models import PersonKind, Review, Split, Task
from simulation.films import plan_films
from tests.factories import AnalysisFactory, HintFactory, SubmissionFactory, TaskFactory, VideoFactory
from worker.demo_setup import UnableToMakeDemo, films_plan, logins_make, queue_make
from worker.simulate import people_make, senior_make, truth_store, why_nothing, work_through


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    settings.SPOTTER_HOME = tmp_path
    return tmp_path


def test_the_reviewed_half_covers_every_violation_type_in_training_and_in_holdout() -> None:
    films = films_plan(24)
    reviewed = [film for film in films if film.is_reviewed]
    assert len(reviewed) == 12
    for split in (Split.TRAIN, Split.HOLDOUT):
        kinds = {e.violation for film in reviewed if film.split == split for e in film.plan.events}
        assert len(kinds) == 4, split
    assert any(film.split == Split.VALIDATION for film in reviewed)


@pytest.mark.django_db
def test_policies_and_queue_are_made_once() -> None:
    first, second = (queue_make(now=timezone.now()) for _ in range(2))
    assert first == second
    assert first.is_demo
    assert first.violation_types.count() == 4


@pytest.mark.django_db
def test_demo_logins_never_take_over_somebody_elses_account() -> None:
    admin = logins_make()
    assert admin.is_demo
    assert admin.is_superuser
    assert logins_make() == admin
    admin.is_demo = False
    admin.save()
    with pytest.raises(UnableToMakeDemo, match="already"):
        logins_make()


def _film_tasks(count: int, overlap: int) -> list[Task]:
    queue = queue_make(now=timezone.now())
    tasks: list[Task] = []
    for number, plan in enumerate(plan_films(seed=3, count=count)):
        video = VideoFactory(duration_ms=round(1000 * plan.duration_s))
        truth_store(video.sha256, plan)
        analysis = AnalysisFactory(video=video)
        for event in plan.events[:1]:
            kind = queue.violation_types.get(slug=event.violation)
            HintFactory(
                analysis=analysis,
                violation_type=kind,
                start_ms=round(1000 * event.start_s),
                end_ms=round(1000 * event.end_s),
            )
        submission = SubmissionFactory(video=video, title=f"{number}", is_demo=True)
        tasks.append(TaskFactory(queue=queue, submission=submission, overlap=overlap))
    return tasks


@pytest.mark.django_db
def test_simulated_reviewers_settle_every_film_through_the_real_services() -> None:
    _film_tasks(8, overlap=3)
    people = [*people_make(3, is_demo=True), senior_make(is_demo=True)]
    reviews = list(work_through(people, Task.objects.latest("pk").queue, now=timezone.now()))
    assert set(Task.objects.values_list("state", flat=True)) == {"settled"}
    assert len(reviews) >= 24
    assert set(Review.objects.values_list("state", "source")) == {("submitted", "simulated")}
    assert {review.reviewer.kind for review in reviews} == {PersonKind.SIMULATED}
    assert Review.objects.filter(active_ms=0).count() == 0
    assert Review.objects.filter(outcomes__outcome="accepted").exists()
    assert Review.objects.filter(segments__isnull=False).exists()


@pytest.mark.django_db
def test_a_video_whose_truth_is_unknown_is_left_to_people() -> None:
    task: Task = TaskFactory(queue=queue_make(now=timezone.now()))
    AnalysisFactory(video=task.submission.video)
    assert list(work_through(people_make(1, is_demo=True), task.queue, now=timezone.now())) == []


@pytest.mark.django_db
def test_no_more_reviews_are_made_than_asked_for() -> None:
    _film_tasks(3, overlap=1)
    queue = Task.objects.latest("pk").queue
    assert len(list(work_through(people_make(2, is_demo=True), queue, now=timezone.now(), most=2))) == 2


@pytest.mark.django_db
def test_simulated_reviewers_without_work_say_why() -> None:
    now = timezone.now()
    people, queue = [senior_make(is_demo=True)], queue_make(now=now)
    assert "Nothing waits in Demo queue" in why_nothing(people, queue, now=now)
    task = TaskFactory(queue=queue)
    analysis = AnalysisFactory(video=task.submission.video, state="running", queued_at=now)
    assert "still being analysed" in why_nothing(people, queue, now=now)
    analysis.delete()
    assert "films of the demo only" in why_nothing(people, queue, now=now)
    assert "None were asked for" in why_nothing(people, queue, now=now, most=0)
    [film] = _film_tasks(1, overlap=2)
    assert len(list(work_through(people, film.queue, now=now))) == 1
