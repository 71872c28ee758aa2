"""Ranges that overlap, touch or lie close together become one."""

import numpy as np

from ml.intervals import merged, runs, spans_of


def test_ranges_that_overlap_or_touch_become_one_in_whatever_order_they_come() -> None:
    assert merged([(5.0, 6.0), (0.0, 2.0), (2.0, 3.0), (1.0, 1.5)]) == [(0.0, 3.0), (5.0, 6.0)]


def test_a_gap_is_closed_only_when_it_is_shorter_than_asked() -> None:
    ranges = [(0.0, 1.0), (2.0, 3.0), (3.5, 4.0)]
    assert merged(ranges, closer_than_s=1.0) == [(0.0, 1.0), (2.0, 4.0)]
    assert merged(ranges, closer_than_s=1.01) == [(0.0, 4.0)]


def test_nothing_stays_nothing() -> None:
    assert merged([]) == []


def test_flags_become_the_runs_that_are_set() -> None:
    flags = np.array([True, True, False, True, False, False, True])
    assert runs(flags) == [(0, 2), (3, 4), (6, 7)]
    assert spans_of(flags, 0.5) == [(0.0, 1.0), (1.5, 2.0), (3.0, 3.5)]
    assert runs(flags[:0]) == runs(flags[2:3]) == []
