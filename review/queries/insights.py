"""Is the model any help? Rows are read once; every figure is a pure function of them (docs/metrics.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import Q

from review.models import HintOutcome, Outcome, Review, ReviewSource, ReviewState, Segment, SegmentOrigin
from review.queries.statistics import Rate, TimeRatio, rate, time_ratio
from review.services.agreement import temporal_iou

ArmOrHintless = Literal["blind", "level1", "level2", "hintless"]
ARMS: tuple[ArmOrHintless, ...] = ("blind", "level1", "level2", "hintless")
RIGHT_PLACE = 0.5
# Upper bounds in ms; a video as long as a bound belongs to the next bucket.
BUCKETS: tuple[tuple[str, float], ...] = (
    ("under 1 min", 60_000),
    ("1 to 5 min", 300_000),
    ("5 to 20 min", 1_200_000),
    ("20 min and longer", float("inf")),
)


# --- Answers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OutcomeCounts:
    accepted: int
    adjusted: int
    relabelled: int
    rejected: int
    untouched: int
    unseen: int


@dataclass(frozen=True)
class Acceptance:
    """Hint acceptance over shown hints; `unplayed`: of the accepted ones, those nobody had played."""

    strict: Rate
    lenient: Rate
    fine_grained: Rate
    unplayed: Rate
    outcomes: OutcomeCounts


@dataclass(frozen=True)
class ViolationInsights:
    """One violation type: of hints it is the type proposed, of segments the type asserted."""

    slug: str
    name: str
    policy_slug: str
    acceptance: Acceptance
    model_created: Rate


@dataclass(frozen=True)
class BundleInsights:
    id: int
    name: str
    is_demo: bool
    reviews: int
    acceptance: Acceptance
    model_created: Rate


@dataclass(frozen=True)
class LengthInsights:
    """Review-time ratio of one arm in one bucket of video length."""

    bucket: str
    ratio: TimeRatio


@dataclass(frozen=True)
class ArmInsights:
    """One arm. `against_blind` is the arm's median ratio over that of blind: below 1 is quicker."""

    arm: ArmOrHintless
    submitted: int
    skipped: int
    expired: int
    in_work: int
    model_created: Rate
    time_ratio: TimeRatio
    against_blind: float | None
    by_length: list[LengthInsights]


@dataclass(frozen=True)
class Insights:
    """`simulated` of the `reviews` are by simulated reviewers: demo data, and to be marked as such."""

    made_at: datetime
    reviews: int
    simulated: int
    acceptance: Acceptance
    model_created: Rate
    by_violation: list[ViolationInsights]
    by_bundle: list[BundleInsights]
    by_arm: list[ArmInsights]


# --- Rows ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Named:
    """A violation type or a bundle, as rows name it."""

    key: str | int
    name: str
    policy_slug: str = ""
    is_demo: bool = False


@dataclass(frozen=True)
class HintRow:
    """One hint of one submitted review; `kept` are the bounds that the reviewer gave it, if it was kept."""

    outcome: str
    violation: Named
    bundle: Named | None
    bounds: tuple[int, int]
    kept: tuple[int, int] | None = None
    played: bool = True


@dataclass(frozen=True)
class SegmentRow:
    """`bundle` is the one whose hints or curves the review showed; none in a blind or hintless review."""

    from_hint: bool
    violation: Named
    bundle: Named | None
    arm: ArmOrHintless


@dataclass(frozen=True)
class ReviewRow:
    state: str
    arm: ArmOrHintless
    bundle: Named | None
    active_ms: int
    video_ms: int | None
    simulated: bool


# --- Figures ------------------------------------------------------------------------------------------------


def insights_of(
    reviews: Sequence[ReviewRow], hints: Sequence[HintRow], segments: Sequence[SegmentRow], *, now: datetime
) -> Insights:
    """All figures of these rows."""
    submitted = [review for review in reviews if review.state == ReviewState.SUBMITTED]
    return Insights(
        made_at=now,
        reviews=len(submitted),
        simulated=sum(review.simulated for review in submitted),
        acceptance=acceptance_of(hints),
        model_created=model_created_of(segments),
        by_violation=_by_violation(hints, segments),
        by_bundle=_by_bundle(submitted, hints, segments),
        by_arm=_by_arm(reviews, segments),
    )


def acceptance_of(hints: Iterable[HintRow]) -> Acceptance:
    """Shares of the shown hints; hints never shown are counted beside them and in no share."""
    rows = list(hints)
    counts = Counter(row.outcome for row in rows)
    shown = len(rows) - counts[Outcome.UNSEEN]
    accepted, adjusted = counts[Outcome.ACCEPTED], counts[Outcome.ADJUSTED]
    unplayed = sum(row.outcome == Outcome.ACCEPTED and not row.played for row in rows)
    return Acceptance(
        strict=rate(accepted, shown),
        lenient=rate(accepted + adjusted, shown),
        fine_grained=rate(sum(map(_is_right, rows)), shown),
        unplayed=rate(unplayed, accepted),
        outcomes=OutcomeCounts(**{outcome.value: counts[outcome] for outcome in Outcome}),
    )


def _is_right(row: HintRow) -> bool:
    """The violation type was kept, and so was most of the place."""
    if row.outcome not in {Outcome.ACCEPTED, Outcome.ADJUSTED} or row.kept is None:
        return False
    return temporal_iou(row.bounds, row.kept) >= RIGHT_PLACE


def model_created_of(segments: Iterable[SegmentRow]) -> Rate:
    """The share of segments that began as a hint."""
    rows = list(segments)
    return rate(sum(row.from_hint for row in rows), len(rows))


def _by_violation(hints: Sequence[HintRow], segments: Sequence[SegmentRow]) -> list[ViolationInsights]:
    named = {row.violation for row in hints} | {row.violation for row in segments}
    return [
        ViolationInsights(
            slug=str(violation.key),
            name=violation.name,
            policy_slug=violation.policy_slug,
            acceptance=acceptance_of(row for row in hints if row.violation == violation),
            model_created=model_created_of(row for row in segments if row.violation == violation),
        )
        for violation in sorted(named, key=lambda violation: str(violation.key))
    ]


def _by_bundle(
    submitted: Sequence[ReviewRow], hints: Sequence[HintRow], segments: Sequence[SegmentRow]
) -> list[BundleInsights]:
    named = {row.bundle for row in submitted if row.bundle is not None}
    return [
        BundleInsights(
            id=int(bundle.key),
            name=bundle.name,
            is_demo=bundle.is_demo,
            reviews=sum(row.bundle == bundle for row in submitted),
            acceptance=acceptance_of(row for row in hints if row.bundle == bundle),
            model_created=model_created_of(row for row in segments if row.bundle == bundle),
        )
        for bundle in sorted(named, key=lambda bundle: -int(bundle.key))
    ]


def _by_arm(reviews: Sequence[ReviewRow], segments: Sequence[SegmentRow]) -> list[ArmInsights]:
    blind = time_ratio(ratios_of(reviews, "blind")).median
    return [_arm(arm, reviews, segments, blind) for arm in ARMS]


def _arm(
    arm: ArmOrHintless, reviews: Sequence[ReviewRow], segments: Sequence[SegmentRow], blind: float | None
) -> ArmInsights:
    states = Counter(review.state for review in reviews if review.arm == arm)
    ratio = time_ratio(ratios_of(reviews, arm))
    against_blind = ratio.median / blind if arm != "blind" and blind and ratio.median is not None else None
    return ArmInsights(
        arm=arm,
        submitted=states[ReviewState.SUBMITTED],
        skipped=states[ReviewState.SKIPPED],
        expired=states[ReviewState.EXPIRED],
        in_work=states[ReviewState.LEASED],
        model_created=model_created_of(row for row in segments if row.arm == arm),
        time_ratio=ratio,
        against_blind=against_blind,
        by_length=_by_length(arm, reviews),
    )


def ratios_of(reviews: Iterable[ReviewRow], arm: ArmOrHintless) -> list[float]:
    """Active ms over video ms of the submitted reviews of an arm, on videos whose length is known."""
    return [
        review.active_ms / review.video_ms
        for review in reviews
        if review.video_ms and review.state == ReviewState.SUBMITTED and review.arm == arm
    ]


def _by_length(arm: ArmOrHintless, reviews: Sequence[ReviewRow]) -> list[LengthInsights]:
    rows: list[LengthInsights] = []
    for name, _ in BUCKETS:
        among = [review for review in reviews if review.video_ms and bucket_of(review.video_ms) == name]
        if ratios := ratios_of(among, arm):
            rows.append(LengthInsights(name, time_ratio(ratios)))
    return rows


def bucket_of(video_ms: int) -> str:
    """The bucket of video length that a video belongs to."""
    return next(name for name, below in BUCKETS if video_ms < below)


# --- Reading ------------------------------------------------------------------------------------------------


def insights_get(*, now: datetime) -> Insights:
    """The figures over everything reviewed so far, in three queries."""
    return insights_of(_review_rows(), _hint_rows(), _segment_rows(), now=now)


def _counted(prefix: str = "") -> Q:
    """Golden tasks have known answers and imported labels were made without Spotter: neither tells of it."""
    return Q(**{f"{prefix}task__is_golden": False}) & ~Q(**{f"{prefix}source": ReviewSource.IMPORT})


def _arm_or_hintless(arm: str, hintless_reason: str) -> Any:
    return "hintless" if hintless_reason else arm


def _bundle_shown(arm: str, pk: int | None, name: str | None, is_demo: bool | None) -> Named | None:
    """A blind review showed nothing of any bundle, so none answers for it."""
    if pk is None or arm not in {"level1", "level2"}:
        return None
    return Named(pk, name or "", is_demo=bool(is_demo))


_OF_BUNDLE = ("analysis__bundle", "analysis__bundle__name", "analysis__bundle__is_demo")
_OF_REVIEW = ("arm", "hintless_reason", *_OF_BUNDLE)


def _review_rows() -> list[ReviewRow]:
    rows = Review.objects.filter(_counted()).values_list(
        *_OF_REVIEW, "state", "active_ms", "task__submission__video__duration_ms", "source"
    )
    found = []
    for arm, reason, bundle, name, is_demo, state, active_ms, video_ms, source in rows:
        which = _arm_or_hintless(arm, reason)
        shown = _bundle_shown(which, bundle, name, is_demo)
        simulated = source == ReviewSource.SIMULATED
        found.append(ReviewRow(state, which, shown, active_ms, video_ms, simulated))
    return found


def _hint_rows() -> list[HintRow]:
    outcomes = HintOutcome.objects.filter(
        _counted("review__"), review__state=ReviewState.SUBMITTED, hint__is_planted=False
    ).select_related("hint__violation_type__policy", "hint__analysis__bundle")
    return [_hint_row(row) for row in outcomes.iterator()]


def _hint_row(row: HintOutcome) -> HintRow:
    hint, kept = row.hint, None
    if row.start_shift_ms is not None and row.end_shift_ms is not None:
        kept = (hint.start_ms + row.start_shift_ms, hint.end_ms + row.end_shift_ms)
    kind, bundle = hint.violation_type, hint.analysis.bundle
    return HintRow(
        outcome=row.outcome,
        violation=Named(kind.slug, kind.name, kind.policy.slug),
        bundle=Named(bundle.pk, bundle.name, is_demo=bundle.is_demo) if bundle else None,
        bounds=(hint.start_ms, hint.end_ms),
        kept=kept,
        played=row.played,
    )


def _segment_rows() -> list[SegmentRow]:
    segments = Segment.objects.filter(_counted("review__"), review__state=ReviewState.SUBMITTED)
    rows = segments.exclude(hints__is_planted=True).values_list(
        "origin",
        "violation_type__slug",
        "violation_type__name",
        "violation_type__policy__slug",
        *(f"review__{field}" for field in _OF_REVIEW),
    )
    found = []
    for origin, slug, name, policy, arm, reason, *bundle in rows.iterator():
        which = _arm_or_hintless(arm, reason)
        shown = _bundle_shown(which, *bundle)
        found.append(SegmentRow(origin == SegmentOrigin.HINT, Named(slug, name, policy), shown, which))
    return found
