"""Bundles, promotion and training runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from review import access
from review.api.auth import person_of
from review.api.errors import PROBLEMS
from review.models import Bundle, BundleState, TrainingRun, TrainingState, TrainingTrigger
from review.problems import NotFound
from review.queries.bundles import bundles_list, training_runs_list
from review.services.bundles import bundle_promote
from review.services.training import training_request

router = Router(tags=["learning"])
Row = TypeVar("Row", Bundle, TrainingRun)


class BundleOut(Schema):
    """A bundle; `gate` holds verdict, reasons and numbers of its comparison with the live one."""

    id: int
    name: str
    state: BundleState
    sha256: str
    extractor_version: str
    feature_tier: str
    violation_slugs: list[str]
    thresholds: dict[str, float]
    metrics: dict[str, Any]
    gate: dict[str, Any]
    is_demo: bool
    created_at: datetime
    promoted_at: datetime | None


class PromotionRequest(Schema):
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class TrainingRunOut(Schema):
    """A training run; `progress` is 0 to 1, `sentence` says how it ended."""

    id: int
    state: TrainingState
    trigger: TrainingTrigger
    why: str
    progress: float
    message: str
    sentence: str
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    bundle_id: int | None


@router.get("/bundles", response={200: list[BundleOut], **PROBLEMS})
def bundles_get(request: HttpRequest) -> list[Bundle]:
    """Every bundle, newest first."""
    access.administrator_required(person_of(request))
    return list(bundles_list())


@router.post("/bundles/{int:bundle_id}/promote", response={200: BundleOut, **PROBLEMS})
def bundle_promote_post(request: HttpRequest, bundle_id: int, body: PromotionRequest) -> Bundle:
    """Make a bundle live by hand. Promoting the one before is the rollback."""
    person = access.administrator_required(person_of(request))
    bundle = _found(Bundle.objects.filter(pk=bundle_id).first(), "There is no such bundle.")
    bundle_promote(bundle=bundle, reason=body.reason, promoted_by=person, now=timezone.now())
    return bundle


@router.get("/training-runs", response={200: list[TrainingRunOut], **PROBLEMS})
def training_runs_get(request: HttpRequest) -> list[TrainingRun]:
    """The latest hundred, newest first."""
    access.administrator_required(person_of(request))
    return list(training_runs_list()[:100])


@router.post("/training-runs", response={202: TrainingRunOut, **PROBLEMS})
def training_run_post(request: HttpRequest) -> Status[TrainingRun]:
    """Queue a training run; 409 while another one is open."""
    person = access.administrator_required(person_of(request))
    return Status(202, training_request(requested_by=person, why="Asked for by API.", now=timezone.now()))


@router.get("/training-runs/{int:run_id}", response={200: TrainingRunOut, **PROBLEMS})
def training_run_get(request: HttpRequest, run_id: int) -> TrainingRun:
    """How far it is, or how it ended."""
    access.administrator_required(person_of(request))
    return _found(training_runs_list().filter(pk=run_id).first(), "There is no such training run.")


def _found(row: Row | None, sentence: str) -> Row:
    if row is None:
        raise NotFound(sentence)
    return row
