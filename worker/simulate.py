"""Simulated reviewers at work: they claim, save drafts and submit through the services that people use.

What is true about a film lies in files beside the demo, never in the database: no page and no model sees it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from review.models import (
    Arm,
    Hint,
    PersonKind,
    Queue,
    Review,
    ReviewSource,
    Role,
    SegmentOrigin,
    Task,
    TaskState,
    User,
    Verdict,
)
from review.services.drafts import Draft, DraftSegment, DraftWatched, draft_save, hints_of
from review.services.queues import analysing, review_begin, tasks_open_to
from review.services.reviews import review_submit
from review.services.tasks import FOR_SENIORS
from simulation.films import FilmPlan, truth_from_dict, truth_to_dict
from simulation.reviewers import PROFILES, ReviewActs, Reviewer, ShownHint

# Simulated reviewing takes no time, but says how long it took: the lease begins this much earlier.
LEASED_BEFORE = timedelta(minutes=10)


@dataclass(frozen=True)
class SimulatedPerson:
    """An account and the behaviour behind it."""

    user: User
    mind: Reviewer


def people_make(count: int, *, is_demo: bool) -> list[SimulatedPerson]:
    """`count` simulated reviewers: every profile once, then again with another seed."""
    profiles = list(PROFILES)
    return [
        _person(profiles[n % len(profiles)], seed=n // len(profiles), role=Role.REVIEWER, is_demo=is_demo)
        for n in range(count)
    ]


def senior_make(*, is_demo: bool) -> SimulatedPerson:
    """The one who adjudicates: as strict as they come."""
    return _person("strict", seed=99, role=Role.SENIOR, is_demo=is_demo)


def _person(profile: str, *, seed: int, role: Role, is_demo: bool) -> SimulatedPerson:
    name = f"simulated-{'senior' if role == Role.SENIOR else profile.replace('_', '-')}"
    user, _ = User.objects.get_or_create(
        username=f"{name}-{seed}" if role != Role.SENIOR and seed else name,
        defaults={"kind": PersonKind.SIMULATED, "role": role, "is_demo": is_demo, "password": "!"},
    )
    return SimulatedPerson(user, Reviewer(profile, seed))


# --- Truth ------------------------------------------------------------------------------------------------


def truth_path(sha256: str) -> Path:
    """Beside the demo's films, named like the video."""
    return Path(settings.SPOTTER_HOME) / "demo" / "truth" / f"{sha256}.json"


def truth_store(sha256: str, plan: FilmPlan) -> None:
    """Keep what happens in the film, for simulated reviewers only."""
    path = truth_path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(truth_to_dict(plan)), encoding="utf-8")


def truth_load(sha256: str) -> FilmPlan | None:
    """The film behind the video; None for one that was not made here."""
    path = truth_path(sha256)
    return truth_from_dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


# --- Work -------------------------------------------------------------------------------------------------


def work_through(
    people: Iterable[SimulatedPerson], queue: Queue, *, now: datetime, most: int | None = None
) -> Iterator[Review]:
    """Each person in turn reviews every task open to them whose truth is known, up to `most` in all."""
    made = 0
    for person in people:
        while most is None or made < most:
            review = review_one(person, queue, now=now)
            if review is None:
                break
            made += 1
            yield review


def why_nothing(
    people: Sequence[SimulatedPerson], queue: Queue, *, now: datetime, most: int | None = None
) -> str:
    """Why these people found no task in the queue, and what would give them one."""
    if most is not None and most < 1:
        return "None were asked for: choose --reviews 1 or more."
    tasks = queue.tasks.filter(state=TaskState.WAITING)
    if not tasks.exists():
        return f"Nothing waits in {queue.name}. More films: manage.py demo, or manage.py ingest."
    fresh = tasks.filter(analysing(now=now)).count()
    if fresh == tasks.count():
        return f"All {fresh} that wait in {queue.name} are still being analysed. Try again in a minute."
    if any(True for person in people for _ in _open_tasks(person.user, queue, now)):
        return "Simulated reviewers judge films of the demo only, and none of those that wait is one."
    return "These reviewers have reviewed everything that waits. Ask for more of them with --reviewers."


def review_one(person: SimulatedPerson, queue: Queue, *, now: datetime) -> Review | None:
    """The next task of the queue: claimed, judged, drafted and submitted. None when there is none."""
    for task in _open_tasks(person.user, queue, now):
        plan = truth_load(task.submission.video.sha256)
        if plan is not None:
            return _reviewed(person, task, plan, now=now)
    return None


@transaction.atomic
def _reviewed(person: SimulatedPerson, task: Task, plan: FilmPlan, *, now: datetime) -> Review:
    """All of it or nothing: a lease that a killed demo left behind would never be taken up again."""
    began = now - LEASED_BEFORE
    review = review_begin(task=task, reviewer=person.user, now=began, source=ReviewSource.SIMULATED)
    _submit(review, judge(person.mind, review, plan), now=now)
    return review


def _open_tasks(user: User, queue: Queue, now: datetime) -> Iterator[Task]:
    for states in (FOR_SENIORS, (TaskState.WAITING,)) if user.is_senior else ((TaskState.WAITING,),):
        tasks = tasks_open_to(reviewer=user, states=states, now=now).filter(queue=queue)
        yield from tasks.select_related("submission__video").order_by("-priority", "pk")


def _submit(review: Review, draft: Draft, *, now: datetime) -> None:
    saved = draft_save(
        review_id=review.pk,
        reviewer=review.reviewer,
        lease_token=review.lease_token,
        version=review.draft_version,
        draft=draft,
        now=now,
    )
    review_submit(
        review_id=review.pk,
        reviewer=review.reviewer,
        lease_token=review.lease_token,
        version=saved.version,
        draft=draft,
        now=now,
    )


# --- Judging ----------------------------------------------------------------------------------------------


def judge(mind: Reviewer, review: Review, plan: FilmPlan) -> Draft:
    """What this mind makes of the film, with what the review's arm shows."""
    hints = shown_hints(review)
    duration_ms = review.task.submission.video.duration_ms or round(1000 * plan.duration_s)
    acts = mind.review(
        truth=plan.events,
        duration_s=min(plan.duration_s, duration_ms / 1000),
        hints=[_as_shown(hint) for hint in hints],
        arm=review.arm,
        modalities={kind.slug: kind.modality for kind in review.covered_types.all()},
        video=plan.name,
    )
    return draft_of_acts(acts, hints, duration_ms)


def shown_hints(review: Review) -> list[Hint]:
    """What the workbench would draw without a click on "show more"."""
    if review.arm != Arm.LEVEL2 or review.analysis is None:
        return []
    return list(hints_of(review).filter(capped=False).select_related("violation_type"))


def _as_shown(hint: Hint) -> ShownHint:
    return ShownHint(hint.pk, hint.violation_type.slug, hint.start_ms / 1000, hint.end_ms / 1000, hint.score)


def draft_of_acts(acts: ReviewActs, hints: Sequence[Hint], duration_ms: int) -> Draft:
    """Acts in seconds -> the draft that the workbench would have saved."""
    by_id = {hint.pk: hint for hint in hints}
    segments = [_kept(by_id[pk], by_id[pk].start_ms, by_id[pk].end_ms) for pk in acts.accepts]
    segments += [_kept(by_id[pk], _ms(a), _ms(b)) for pk, a, b in acts.adjusts]
    segments += [_kept(by_id[pk], _ms(a), _ms(b), slug) for pk, slug, a, b in acts.relabels]
    segments += [_added(event.violation, _ms(event.start_s), _ms(event.end_s)) for event in acts.additions]
    kept = _apart([_inside(segment, duration_ms) for segment in segments])
    return Draft(
        segments=kept,
        rejected=list(acts.rejects),
        shown=[hint.pk for hint in hints],
        played=list(acts.played),
        watched=_watched(acts, duration_ms),
        active_ms=_ms(acts.active_s),
        verdict=Verdict.VIOLATING if kept else Verdict.CLEAN,
    )


def _ms(seconds: float) -> int:
    return max(0, round(1000 * seconds))


def _kept(hint: Hint, start_ms: int, end_ms: int, slug: str = "") -> DraftSegment:
    return DraftSegment(
        id=uuid.uuid4(),
        violation_type=slug or hint.violation_type.slug,
        start_ms=start_ms,
        end_ms=end_ms,
        origin=SegmentOrigin.HINT,
        hint_ids=[hint.pk],
    )


def _added(slug: str, start_ms: int, end_ms: int) -> DraftSegment:
    return DraftSegment(
        id=uuid.uuid4(), violation_type=slug, start_ms=start_ms, end_ms=end_ms, origin=SegmentOrigin.HUMAN
    )


def _inside(segment: DraftSegment, duration_ms: int) -> DraftSegment:
    return segment.model_copy(update={"end_ms": min(segment.end_ms, duration_ms)})


def _apart(segments: Sequence[DraftSegment]) -> list[DraftSegment]:
    """Segments of one type do not overlap: a later one begins where the earlier one ends."""
    apart: list[DraftSegment] = []
    ends: dict[str, int] = {}
    for segment in sorted(segments, key=lambda each: each.start_ms):
        start = max(segment.start_ms, ends.get(segment.violation_type, 0))
        if start < segment.end_ms:
            apart.append(segment.model_copy(update={"start_ms": start}))
            ends[segment.violation_type] = segment.end_ms
    return apart


def _watched(acts: ReviewActs, duration_ms: int) -> list[DraftWatched]:
    ranges = [(_ms(a), min(_ms(b), duration_ms), speed, muted) for a, b, speed, muted in acts.watched]
    return [
        DraftWatched(start_ms=start, end_ms=end, speed=speed, muted=muted)
        for start, end, speed, muted in ranges
        if start < end
    ]
