"""Names of jobs, and how they are sent: after commit, by id. Imports no worker, so the web stays light.

The row is the truth and Redis only wakes people up: when Redis cannot be reached the row stays queued, and
upkeep sends it again (worker/upkeep.py). So a failure to send is a line in the log, never an error on a page.
"""

from __future__ import annotations

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from review.models import Analysis, TrainingRun

ANALYSIS_RUN = "worker.analysis_run"
VIDEO_RESCORE = "worker.video_rescore"
TRAINING_RUN = "worker.training_run"

# A person waits for the answer, and upkeep sends again anyway: find out at once where Redis is away. The
# shared pool would try for five seconds a message, and leave a pipe open for each.
ONE_TRY = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}

logger = logging.getLogger(__name__)


def analysis_enqueue(analysis: Analysis) -> None:
    """Name the analysis to a worker once the row is committed; with features cached it needs no decoding."""
    name = VIDEO_RESCORE if analysis.video.features_path else ANALYSIS_RUN
    transaction.on_commit(partial(_analysis_send, name, analysis.pk), robust=True)


def training_enqueue(run: TrainingRun) -> None:
    """Name the training run to a worker once the row is committed."""
    transaction.on_commit(partial(_training_send, run.pk), robust=True)


def _analysis_send(name: str, analysis_id: int) -> None:
    if _sent(name, analysis_id):
        Analysis.objects.filter(pk=analysis_id).update(sent_at=timezone.now())


def _training_send(run_id: int) -> None:
    if _sent(TRAINING_RUN, run_id):
        TrainingRun.objects.filter(pk=run_id).update(sent_at=timezone.now())


def _sent(name: str, row_id: int) -> bool:
    options = {**current_app.conf.broker_transport_options, **ONE_TRY}
    try:
        # signature().apply_async honours eager mode in tests, a bare send_task would not.
        with current_app.connection_for_write(transport_options=options) as connection:
            current_app.signature(name).apply_async(args=(row_id,), connection=connection, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("%s(%s) could not be sent, upkeep will send it again: %s", name, row_id, error)
        return False
    return True
