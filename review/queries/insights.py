"""Is the model any help? The formulas are those of docs/metrics.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ArmOrHintless = Literal["blind", "level1", "level2", "hintless"]


@dataclass(frozen=True)
class Rate:
    """`count` of `total`, with its Wilson 95 % interval; `value` is empty where `total` is 0."""

    count: int
    total: int
    value: float | None
    low: float | None
    high: float | None


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
    """Hint acceptance over shown hints."""

    strict: Rate
    lenient: Rate
    fine_grained: Rate
    outcomes: OutcomeCounts


@dataclass(frozen=True)
class ViolationInsights:
    slug: str
    name: str
    policy_slug: str
    acceptance: Acceptance
    model_created: Rate


@dataclass(frozen=True)
class BundleInsights:
    id: int
    name: str
    reviews: int
    acceptance: Acceptance
    model_created: Rate


@dataclass(frozen=True)
class TimeRatio:
    """Active ms over video ms: median and mean over reviews, the mean with its 95 % interval."""

    reviews: int
    median: float | None
    mean: float | None
    low: float | None
    high: float | None


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


def insights_get(*, now: datetime) -> Insights:
    raise NotImplementedError
