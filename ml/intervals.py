"""Ranges of seconds [start, end), kept in order and apart."""

from collections.abc import Iterable

from ml.metrics import Interval


def merged(ranges: Iterable[Interval], *, closer_than_s: float = 0.0) -> list[Interval]:
    """The ranges in order; those that overlap, touch, or lie closer together than that become one."""
    joined: list[Interval] = []
    for start, end in sorted(ranges):
        if joined and (start <= joined[-1][1] or start - joined[-1][1] < closer_than_s):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
