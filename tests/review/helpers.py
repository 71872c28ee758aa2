"""Short words for review tests: drafts, and acting as the person in front of the workbench."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from review.models import Hint, Review, User
from review.services.drafts import Draft
from review.services.queues import queue_claim_next, queue_reserve_next
from review.services.reviews import Submitted, review_submit
from tests.factories import NOW, Scene, TaskFactory, UserFactory, make_scene

LATER = NOW + timedelta(seconds=60)


def segment(
    kind: Any, start_ms: int = 1_000, end_ms: int = 5_000, *, hints: Sequence[Hint] = ()
) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "violation_type": kind if isinstance(kind, str) else kind.slug,
        "start_ms": start_ms,
        "end_ms": end_ms,
        "origin": "hint" if hints else "human",
        "hint_ids": [hint.pk for hint in hints],
    }


def draft(*segments: dict[str, Any], **values: Any) -> Draft:
    return Draft.model_validate({"segments": list(segments), **values})


def person(name: str = "", *, senior: bool = False) -> User:
    values = {"role": "senior" if senior else "reviewer", **({"username": name} if name else {})}
    return UserFactory(**values)


def claim(scene: Scene, who: User | None = None, *, now: datetime = NOW) -> Review:
    """The next review of the scene's queue, in work."""
    review = queue_claim_next(reviewer=who or person(), queue=scene.queue, now=now)
    assert review is not None
    return review


def two_tasks(**values: Any) -> Scene:
    """One task to have in work, and one of lesser priority to reserve."""
    scene = make_scene(**values)
    scene.task.priority = 9.0
    scene.task.save()
    TaskFactory(queue=scene.queue, overlap=scene.task.overlap)
    return scene


def reserve(scene: Scene, who: User, *, now: Any = NOW) -> Review:
    review = queue_reserve_next(reviewer=who, queue=scene.queue, now=now)
    assert review is not None
    return review


def submit(review: Review, *segments: dict[str, Any], now: datetime = LATER, **values: Any) -> Submitted:
    """Submit as it stands; without a verdict one that fits the segments is chosen."""
    values.setdefault("verdict", "violating" if segments else "clean")
    if values["verdict"] == "escalated":
        values.setdefault("escalation_reason", "policy_unclear")
    review.refresh_from_db()
    return review_submit(
        review_id=review.pk,
        reviewer=review.reviewer,
        lease_token=review.lease_token,
        version=review.draft_version,
        draft=draft(*segments, **values),
        now=now,
    )
