"""Upkeep: what makes a kill at any moment harmless. Silent rows are given back, lost messages sent again."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from celery import current_app
from django.utils import timezone
from kombu.exceptions import OperationalError

from review.services import training as training_service
from review.services.analyses import analyses_give_back, analyses_rescore, analyses_resend

RESEND_AFTER = timedelta(seconds=30)
# Where the messages of analyses and training runs wait.
LINES = ("analysis", "upkeep", "training")

logger = logging.getLogger(__name__)


def recover() -> None:
    """Give back what is stale, score again what is outdated, and wake workers for whatever waits unheard."""
    now = timezone.now()
    stale = analyses_give_back(now=now) + training_service.trainings_give_back(now=now)
    rescored = analyses_rescore(now=now)
    # A message in line will be heard in its turn: sending it again would only make the line longer.
    sent_before = now - RESEND_AFTER if _lines_empty() else now - timedelta(days=1)
    resent = analyses_resend(now=now, sent_before=sent_before)
    resent += training_service.trainings_resend(now=now, sent_before=sent_before)
    if stale or rescored or resent:
        logger.info("recovered: %s given back, %s to score again, %s sent again", stale, rescored, resent)


def _lines_empty() -> bool:
    try:
        with current_app.connection_for_write() as connection:
            channel: Any = connection.default_channel
            return not any(channel.client.llen(line) for line in LINES)
    except (OperationalError, OSError):
        return False


def leases() -> None:
    """Take back leases that ran out."""
    from review.services.reviews import reviews_expire

    reviews_expire(now=timezone.now())


def training() -> None:
    """Start a training run when there is enough new to learn."""
    training_service.training_consider(now=timezone.now())
