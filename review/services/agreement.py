"""Pure: how far two people's segments say the same. An event is (violation type, start_ms, end_ms)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

Event = tuple[str, int, int]
AGREES_FROM = 0.5


def temporal_iou(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Shared time over covered time of two half-open intervals, in [0, 1]."""
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return max(0, shared) / (max(a[1], b[1]) - min(a[0], b[0])) if shared > 0 else 0.0


def matches(a: Sequence[tuple[int, int]], b: Sequence[tuple[int, int]], *, at_least: float = 0.5) -> int:
    """How many intervals pair up one to one, best overlap first."""
    pairs = sorted(
        ((temporal_iou(x, y), i, j) for i, x in enumerate(a) for j, y in enumerate(b)), reverse=True
    )
    used_a: set[int] = set()
    used_b: set[int] = set()
    for overlap, i, j in pairs:
        if overlap >= at_least and i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
    return len(used_a)


def event_f1(a: Sequence[Event], b: Sequence[Event]) -> float:
    """Event F1 at tIoU 0.5, per type that either person marked, averaged over those types. Both empty: 1."""
    types = {event[0] for event in (*a, *b)}
    if not types:
        return 1.0
    return fmean(_f1(_of_type(a, kind), _of_type(b, kind)) for kind in sorted(types))


def _of_type(events: Sequence[Event], kind: str) -> list[tuple[int, int]]:
    return [(start, end) for of, start, end in events if of == kind]


def _f1(a: Sequence[tuple[int, int]], b: Sequence[tuple[int, int]]) -> float:
    return 2 * matches(a, b) / (len(a) + len(b))


def agreement_of(people: Sequence[Sequence[Event]]) -> float | None:
    """Mean event F1 over all pairs of people; None for one person alone."""
    pairs = list(combinations(people, 2))
    return fmean(event_f1(a, b) for a, b in pairs) if pairs else None
