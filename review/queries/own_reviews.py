"""The page of a person's own reviews: each with what became of the hints it showed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from review.models import HintOutcome, Outcome, User
from review.queries.history import ReviewLine, review_lines

PAGE_SIZE = 50


@dataclass(frozen=True)
class HistoryRow:
    """`outcomes`: how many shown hints met which end, in words; ends that none met are left out."""

    line: ReviewLine
    outcomes: list[tuple[str, int]]


@dataclass(frozen=True)
class HistoryPage:
    """Newest first; `older` is where the next page begins, None on the last one."""

    rows: list[HistoryRow]
    older: int | None


def history_page(*, person: User, before: int | None = None) -> HistoryPage:
    """One page of a person's own reviews."""
    lines = review_lines(person=person, before=before, limit=PAGE_SIZE)
    outcomes = _outcomes(line.id for line in lines)
    rows = [HistoryRow(line, outcomes.get(line.id, [])) for line in lines]
    return HistoryPage(rows, lines[-1].id if len(lines) == PAGE_SIZE else None)


def _outcomes(review_ids: Iterable[int]) -> dict[int, list[tuple[str, int]]]:
    shown = HintOutcome.objects.filter(review__in=list(review_ids)).exclude(outcome=Outcome.UNSEEN)
    counted = shown.values_list("review_id", "outcome").annotate(count=Count("pk")).order_by("outcome")
    found: dict[int, list[tuple[str, int]]] = {}
    for review_id, outcome, count in counted:
        found.setdefault(review_id, []).append((Outcome(outcome).label.lower(), count))
    return found
