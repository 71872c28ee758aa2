"""Training runs: asked for by a person or by enough new labels, one open at a time, fenced like analyses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Min, Q

from review import jobs
from review.models import (
    Analysis,
    AnalysisState,
    Bundle,
    Review,
    ReviewSource,
    ReviewState,
    Snapshot,
    TaskState,
    TrainingRun,
    TrainingState,
    TrainingTrigger,
    User,
    Verdict,
    Video,
)
from review.problems import Problem
from review.services.analyses import ClaimLost
from review.services.audit import audit_write

OPEN = (TrainingState.QUEUED, TrainingState.RUNNING)
MAX_ATTEMPTS = 3
LABELS_PATIENCE = timedelta(minutes=30)


class UnableToTrain(Problem):
    """No training run was started, or none was there to cancel."""

    status = 409
    code = "training_refused"
    title = "The training run is not changed"


def training_request(
    *,
    now: datetime,
    requested_by: User | None = None,
    why: str = "",
    trigger: TrainingTrigger = TrainingTrigger.PERSON,
) -> TrainingRun:
    """Queue a training run and name it to a worker. Raises UnableToTrain while another one is open."""
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                trigger=trigger, requested_by=requested_by, why=why[:300], queued_at=now
            )
            audit_write(
                actor=requested_by,
                verb="training.requested",
                target=run,
                payload={"trigger": trigger, "why": why},
                now=now,
            )
            jobs.training_enqueue(run)
    except IntegrityError as error:
        raise UnableToTrain(
            "A training run is already under way. Wait until it ends or cancel it."
        ) from error
    return run


def training_cancel(*, run: TrainingRun, now: datetime) -> None:
    """Call an open run off; its worker notices at the next heartbeat."""
    cancelled = TrainingRun.objects.filter(pk=run.pk, state__in=OPEN).update(
        state=TrainingState.CANCELLED, finished_at=now
    )
    if not cancelled:
        raise UnableToTrain("This training run has already ended.")


def training_consider(*, now: datetime) -> TrainingRun | None:
    """Start a run when enough reviews were settled since the last one began. Upkeep asks often.

    Labels that come with files are settled at once, long before the last of the files is analysed: a run
    that began with the first few would learn from a handful, so it waits for the others a while.
    """
    if not settings.TRAINING_AUTOMATIC or TrainingRun.objects.filter(state__in=OPEN).exists():
        return None
    is_first = not Bundle.objects.exists()
    needed = settings.FIRST_BUNDLE_AFTER_REVIEWS if is_first else settings.RETRAIN_AFTER_REVIEWS
    settled = reviews_settled_since_last_run()
    if settled < needed or _labels_still_arriving(now):
        return None
    trigger = TrainingTrigger.FIRST if is_first else TrainingTrigger.REVIEWS
    try:
        return training_request(trigger=trigger, why=f"{settled} newly settled reviews.", now=now)
    except UnableToTrain:
        return None  # somebody asked in the same moment


def _labels_still_arriving(now: datetime) -> bool:
    """Videos with labels, but not analysed yet; none once the oldest has waited too long."""
    labelled = Video.objects.filter(
        features_path="",
        submissions__task__state=TaskState.SETTLED,
        submissions__task__reviews__state=ReviewState.SUBMITTED,
    )
    under_way = Analysis.objects.filter(
        video__in=labelled, state__in=[AnalysisState.QUEUED, AnalysisState.RUNNING]
    )
    oldest: datetime | None = under_way.aggregate(oldest=Min("queued_at"))["oldest"]
    return oldest is not None and now - oldest < LABELS_PATIENCE


def reviews_settled_since_last_run() -> int:
    """Reviews to learn from, of tasks settled since the last run began, whatever became of that run."""
    reviews = Review.objects.filter(
        state=ReviewState.SUBMITTED,
        verdict__in=[Verdict.VIOLATING, Verdict.CLEAN],
        task__state=TaskState.SETTLED,
        task__is_golden=False,
    ).exclude(task__submission__video__features_path="")
    # The demo asks for the first training itself, once the last of its simulated reviews is in.
    reviews = reviews.filter(Exists(Bundle.objects.all()) | ~Q(source=ReviewSource.SIMULATED))
    last = TrainingRun.objects.exclude(state=TrainingState.CANCELLED).order_by("-queued_at").first()
    if last is not None:
        reviews = reviews.filter(task__settled_at__gt=last.started_at or last.queued_at)
    return reviews.count()


# --- The life of a run ------------------------------------------------------------------------------------


def training_claim(*, run_id: int, now: datetime) -> TrainingRun | None:
    """Take the queued run, or None: another worker got there first, or it is over."""
    row = TrainingRun.objects.filter(pk=run_id, state=TrainingState.QUEUED).first()
    if row is None:
        return None
    taken = TrainingRun.objects.filter(pk=row.pk, state=TrainingState.QUEUED, claim=row.claim).update(
        state=TrainingState.RUNNING,
        claim=row.claim + 1,
        attempts=F("attempts") + 1,
        # Of the first attempt: what is new since then, a run begun again does not learn either.
        started_at=row.started_at or now,
        heartbeat_at=now,
        progress=0.0,
        message="",
        sentence="",
    )
    return TrainingRun.objects.get(pk=row.pk, claim=row.claim + 1) if taken else None


def training_heartbeat(*, run: TrainingRun, now: datetime) -> bool:
    """Say that the work goes on; False when the run is no longer ours."""
    return bool(_held(run).update(heartbeat_at=now))


def training_progress(*, run: TrainingRun, done: float, message: str, now: datetime) -> None:
    """How far the run is, 0 to 1, and with what."""
    _write(run, heartbeat_at=now, progress=min(1.0, max(0.0, done)), message=message[:300])


def training_snapshot(*, run: TrainingRun, snapshot: Snapshot, now: datetime) -> None:
    """Name the snapshot this run learns from."""
    _write(run, heartbeat_at=now, snapshot=snapshot)


def training_finish(*, run: TrainingRun, bundle: Bundle, sentence: str, now: datetime) -> None:
    """The run made a bundle. Belongs into the transaction that registers it."""
    _write(
        run,
        state=TrainingState.DONE,
        bundle=bundle,
        sentence=sentence[:500],
        message="",
        progress=1.0,
        finished_at=now,
    )


def training_fail(*, run: TrainingRun, sentence: str, now: datetime) -> None:
    """The run made no bundle; the sentence says why."""
    _write(run, state=TrainingState.FAILED, sentence=sentence[:500], message="", finished_at=now)


def _held(run: TrainingRun) -> Any:
    return TrainingRun.objects.filter(pk=run.pk, claim=run.claim, state=TrainingState.RUNNING)


def _write(run: TrainingRun, **fields: object) -> None:
    if not _held(run).update(**fields):
        raise ClaimLost(f"training run {run.pk}, claim {run.claim}")


# --- Upkeep -----------------------------------------------------------------------------------------------


def trainings_give_back(*, now: datetime) -> int:
    """Queue again a run whose worker has gone silent; after three attempts it fails."""
    limit = now - timedelta(seconds=settings.STALE_AFTER_SECONDS)
    stale = TrainingRun.objects.filter(state=TrainingState.RUNNING, heartbeat_at__lt=limit)
    return sum(_given_back(run, limit=limit, now=now) for run in stale)


@transaction.atomic
def _given_back(run: TrainingRun, *, limit: datetime, now: datetime) -> bool:
    row = _held(run).filter(heartbeat_at__lt=limit)
    if run.attempts >= MAX_ATTEMPTS:
        sentence = "The worker was stopped three times during this training run. Start it again by hand."
        return bool(row.update(state=TrainingState.FAILED, sentence=sentence, finished_at=now))
    if not row.update(state=TrainingState.QUEUED, sent_at=None):
        return False
    jobs.training_enqueue(run)
    return True


def trainings_resend(*, now: datetime, sent_before: datetime) -> int:
    """Name the queued run again when its message may be lost."""
    lost = TrainingRun.objects.filter(
        Q(sent_at__lt=sent_before) | Q(sent_at__isnull=True, queued_at__lt=now - timedelta(seconds=5)),
        state=TrainingState.QUEUED,
    )
    rows = list(lost)
    for run in rows:
        jobs.training_enqueue(run)
    return len(rows)
