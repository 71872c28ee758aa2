"""Every job by its name. A job carries ids, may run twice, and does one call; states are in the database."""

from __future__ import annotations

import ctypes
import signal
from typing import Any

from celery import shared_task
from celery.signals import worker_process_init, worker_ready

from review import jobs
from worker import analysis, features, sweep, training, upkeep

PR_SET_PDEATHSIG = 1


@shared_task(name=jobs.ANALYSIS_RUN)
def analysis_run(analysis_id: int) -> None:
    analysis.run(analysis_id)


@shared_task(name=jobs.VIDEO_RESCORE)
def video_rescore(analysis_id: int) -> None:
    """The same work on its own line: with features cached it need not wait behind hours of decoding."""
    analysis.run(analysis_id)


@shared_task(name=jobs.TRAINING_RUN)
def training_run(run_id: int) -> None:
    training.run(run_id)


@shared_task(name="worker.upkeep_recover")
def upkeep_recover() -> None:
    upkeep.recover()


@shared_task(name="worker.upkeep_leases")
def upkeep_leases() -> None:
    upkeep.leases()


@shared_task(name="worker.upkeep_training")
def upkeep_training() -> None:
    upkeep.training()


@shared_task(name="worker.upkeep_features")
def upkeep_features() -> None:
    features.refresh()


@shared_task(name="worker.upkeep_sweep")
def upkeep_sweep() -> None:
    sweep.sweep()


@worker_ready.connect
def _recover_at_start(**_: Any) -> None:
    upkeep.recover()


@worker_process_init.connect
def _die_with_the_worker(**_: Any) -> None:
    # A pool process whose worker was killed would carry on unseen, and its child with it.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
