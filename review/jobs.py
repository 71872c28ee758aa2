"""Names of jobs, and how they are sent: after commit, by id. Imports no worker, so the web stays light.

The row is the truth and Redis only wakes people up: when Redis cannot be reached the row stays queued, and
upkeep sends it again (worker/upkeep.py). So a failure to send is a line in the log, never an error on a page.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
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
ONE_TRY = {
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": 3,
}

logger = logging.getLogger(__name__)


def analyses_enqueue(analyses: Sequence[Analysis]) -> None:
    """Name the analyses to workers once their rows are committed."""
    messages = [(_job_of(analysis), analysis.pk) for analysis in analyses]
    if messages:
        transaction.on_commit(partial(_send, Analysis, messages), robust=True)


def _job_of(analysis: Analysis) -> str:
    """With features cached it needs no decoding, and goes on a quicker line."""
    is_cached = bool(analysis.video.features_path) and not analysis.refreshes_features
    return VIDEO_RESCORE if is_cached else ANALYSIS_RUN


def training_enqueue(run: TrainingRun) -> None:
    """Name the training run to a worker once the row is committed."""
    transaction.on_commit(partial(_send, TrainingRun, [(TRAINING_RUN, run.pk)]), robust=True)


def _send(model: type[Analysis | TrainingRun], messages: Sequence[tuple[str, int]]) -> None:
    """All over one connection. Where Redis is away the first failure ends it: 500 would take minutes."""
    sent: list[int] = []
    options = {**current_app.conf.broker_transport_options, **ONE_TRY}
    try:
        with current_app.connection_for_write(transport_options=options) as connection:
            for name, row_id in messages:
                # signature().apply_async honours eager mode in tests, a bare send_task would not.
                current_app.signature(name).apply_async(args=(row_id,), connection=connection, retry=False)
                sent.append(row_id)
    except (OperationalError, OSError) as error:
        left = len(messages) - len(sent)
        logger.warning("%s of %s jobs not sent, upkeep will send them: %s", left, len(messages), error)
    model._default_manager.filter(pk__in=sent).update(sent_at=timezone.now())
