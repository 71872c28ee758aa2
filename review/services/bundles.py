"""Bundles: registered by training, made live by the gate or by a person, retired by the next one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from review.models import Bundle, BundleState, HoldoutLook, Promotion, Snapshot, TrainingRun, User
from review.problems import Problem
from review.services.analyses import analyses_rescore
from review.services.audit import audit_write

PROMOTABLE = (BundleState.CANDIDATE, BundleState.SHADOW, BundleState.RETIRED, BundleState.REFUSED)


class UnableToPromote(Problem):
    """The bundle does not go live."""

    status = 409
    code = "promotion_refused"
    title = "The bundle is not promoted"


@dataclass(frozen=True)
class BundleFacts:
    """What a bundle's folder says about itself."""

    name: str
    path: str
    sha256: str
    extractor_version: str
    feature_tier: str
    weights: list[dict[str, str]]
    violation_slugs: list[str]
    thresholds: dict[str, float]
    metrics: dict[str, Any]


def bundle_register(
    *, facts: BundleFacts, snapshot: Snapshot, gate: dict[str, Any], is_demo: bool, now: datetime
) -> Bundle:
    """A new candidate. What becomes of it is the gate's or a person's next step."""
    return Bundle.objects.create(
        name=facts.name,
        path=facts.path,
        sha256=facts.sha256,
        extractor_version=facts.extractor_version,
        feature_tier=facts.feature_tier,
        weights=facts.weights,
        violation_slugs=facts.violation_slugs,
        thresholds=facts.thresholds,
        metrics=facts.metrics,
        snapshot=snapshot,
        gate=gate,
        is_demo=is_demo,
        created_at=now,
    )


def holdout_look_log(
    *, run: TrainingRun, candidate: Bundle, live: Bundle | None, result: dict[str, Any], now: datetime
) -> HoldoutLook:
    """The gate opened holdout. Each look is written down, since each makes the next one worth less."""
    return HoldoutLook.objects.create(
        training_run=run, candidate=candidate, live=live, result=result, looked_at=now
    )


def bundles_lock() -> None:
    """Nobody else promotes until this transaction ends.

    All rows: who waits for one promotion must then see the bundle that it made live, not the one before.
    """
    list(Bundle.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def bundle_promote(
    *, bundle: Bundle, reason: str, now: datetime, promoted_by: User | None = None
) -> Promotion:
    """Make the bundle live: the one before it retires, and waiting videos are scored again.

    Promoting a retired bundle is the rollback. Without `promoted_by` it is the gate's doing.
    """
    if not reason.strip():
        raise UnableToPromote("Say why this bundle should go live: the reason is kept with the promotion.")
    bundles_lock()
    previous = Bundle.objects.filter(state=BundleState.LIVE).exclude(pk=bundle.pk).first()
    # Before the new one goes live: at no moment may two be.
    Bundle.objects.filter(state=BundleState.LIVE).exclude(pk=bundle.pk).update(state=BundleState.RETIRED)
    promoted = Bundle.objects.filter(pk=bundle.pk, state__in=PROMOTABLE).update(
        state=BundleState.LIVE, promoted_at=now
    )
    if not promoted:
        raise UnableToPromote("This bundle is live already.")
    promotion = Promotion.objects.create(
        bundle=bundle, previous=previous, promoted_by=promoted_by, reason=reason.strip(), promoted_at=now
    )
    audit_write(
        actor=promoted_by,
        verb="bundle.promoted",
        target=bundle,
        payload={"reason": reason.strip(), "previous": previous.name if previous else None},
        now=now,
    )
    analyses_rescore(now=now)
    bundle.refresh_from_db()
    return promotion


@transaction.atomic
def bundle_refuse(*, bundle: Bundle, now: datetime) -> None:
    """The gate found it worse than the live one; `bundle.gate` says why. A person may still promote it."""
    Bundle.objects.filter(pk=bundle.pk, state=BundleState.CANDIDATE).update(state=BundleState.REFUSED)
    audit_write(actor=None, verb="bundle.refused", target=bundle, payload=bundle.gate, now=now)
    bundle.refresh_from_db()
