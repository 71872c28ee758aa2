"""Thresholds by precision floor: counted over hints, drawn to the usual, never falling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.floors import (
    FLOORS,
    USUAL_SHARE,
    WEAK_THRESHOLD,
    Counts,
    HeldOutCurve,
    count_hints,
    floor_thresholds,
    held_out_curves,
    thresholds_at,
)
from ml.types import FloatArray

STEP_S = 0.25
GRID = np.linspace(0.1, 0.9, 9).astype(np.float32)
NUMBERS = arrays(np.int64, 9, elements=st.integers(0, 200))


def counts(hints: list[int], right: list[int], events: int) -> Counts:
    return Counts(GRID, np.array(hints), np.array(right), events)


def film(steps: int, events: list[tuple[int, int]], bumps: list[tuple[int, int, float]]) -> HeldOutCurve:
    curve, label = np.full(steps, 0.02, np.float32), np.zeros(steps, np.bool_)
    for start, end, height in bumps:
        curve[start:end] = height
    for start, end in events:
        label[start:end] = True
    return HeldOutCurve(curve, label, np.ones(steps, np.bool_))


def test_hints_are_counted_at_each_threshold_and_a_right_one_claims_an_event() -> None:
    one = film(400, [(40, 60), (200, 220)], [(40, 60, 0.9), (200, 220, 0.5), (300, 320, 0.7)])
    found = count_hints([one, film(400, [], [(40, 60, 0.3)])], step_s=STEP_S)
    assert found.events == 2
    of = {
        round(float(t), 2): (int(h), int(r))
        for t, h, r in zip(found.threshold, found.hints, found.right, strict=True)
    }
    by = [of[min(of, key=lambda t: abs(t - wanted))] for wanted in (0.2, 0.4, 0.6, 0.8, 0.98)]
    assert by == [(4, 2), (3, 2), (2, 1), (1, 1), (0, 0)]


def test_hints_where_nobody_looked_are_no_mistakes() -> None:
    unseen = film(400, [], [(40, 60, 0.9)])
    unseen.known[30:80] = False
    assert count_hints([unseen], step_s=STEP_S).hints.sum() == 0
    assert count_hints([], step_s=STEP_S).events == 0


def test_a_thinned_table_with_missing_edges_gives_the_events_back() -> None:
    step = np.concatenate([np.arange(0, 100, 4), np.delete(np.arange(0, 40), [8, 9, 10, 11, 18, 19, 20, 21])])
    video = np.repeat([0, 1], [25, 32])
    label = np.zeros(57, np.bool_)
    label[10:16] = True  # of the first: steps 40 to 60
    label[33:39] = True  # of the second: steps 12 to 17, of a mark from 10 to 20
    p = np.where(label, np.float32(0.8), np.float32(0.1))
    first, second = held_out_curves(video, step, p, label, np.ones(57, np.float32))
    assert np.flatnonzero(first.label).tolist() == list(range(38, 62))
    assert np.flatnonzero(second.label).tolist() == list(range(10, 20))
    assert (len(first.curve), len(second.curve)) == (97, 40)
    assert first.known.all()
    assert second.known.all()
    assert first.curve[37] == pytest.approx(0.275)


def test_across_long_gaps_nothing_is_known_and_of_no_rows_there_is_no_curve() -> None:
    step, p = np.array([4, 5, 6, 90, 91]), np.full(5, 0.5, np.float32)
    (only,) = held_out_curves(np.zeros(5, np.int64), step, p, np.ones(5, np.bool_), 2 * p)
    assert np.flatnonzero(only.known).tolist() == np.flatnonzero(only.label).tolist() == step.tolist()
    assert np.flatnonzero(only.curve).tolist() == step.tolist()
    assert held_out_curves(step[:0], step[:0], p[:0], p[:0] > 0, p[:0]) == []


def test_in_a_table_of_very_many_hours_rows_far_apart_are_still_one_curve() -> None:
    step, p = np.arange(0, 400, 40), np.full(10, 0.5, np.float32)
    curves = (
        held_out_curves(np.zeros(10, np.int64), step, p, p > 1, np.full(10, each, np.float32))[0]
        for each in (1, 40)
    )
    assert [int(curve.known.sum()) for curve in curves] == [10, 361]


def test_with_many_events_the_lowest_threshold_that_keeps_the_floor_counts() -> None:
    many = counts(
        [9000, 8000, 5000, 4000, 2000, 1000, 500, 100, 0],
        [3600, 3600, 3400, 3300, 1900, 980, 500, 100, 0],
        5000,
    )
    thresholds, reached = floor_thresholds(many)
    assert thresholds["0.5"] == pytest.approx(0.3, abs=0.01)
    assert thresholds["0.8"] == pytest.approx(0.4, abs=0.01)
    assert thresholds["0.9"] == pytest.approx(0.5, abs=0.01)
    assert reached == set(FLOORS)


def test_one_event_says_next_to_nothing() -> None:
    one = counts([5, 4, 3, 2, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1, 1, 1, 0], 1)
    thresholds, reached = floor_thresholds(one)
    assert reached == {0.5, 0.6}
    assert thresholds["0.7"] == pytest.approx(USUAL_SHARE * 0.7, abs=0.02)


def test_a_floor_out_of_reach_gives_few_hints_rather_than_noise() -> None:
    noise = counts([9000] * 9, [90] * 9, 90_000)
    thresholds, reached = floor_thresholds(noise)
    assert not reached
    assert thresholds["0.7"] == pytest.approx(WEAK_THRESHOLD, abs=0.01)


@given(NUMBERS, NUMBERS, st.integers(0, 300))
def test_thresholds_never_fall_as_the_floor_rises_and_never_exceed_it(
    one: FloatArray, other: FloatArray, events: int
) -> None:
    hints, right = np.maximum(one, other), np.minimum(one, other)
    thresholds, _ = floor_thresholds(Counts(GRID, hints, right, events))
    assert list(thresholds.values()) == sorted(thresholds.values())
    assert all(0 < value <= float(floor) + 1e-6 for floor, value in thresholds.items())


def test_a_floor_between_two_takes_the_stricter_and_one_above_all_the_strictest() -> None:
    floors = {"fight": {"0.5": 0.2, "0.7": 0.3, "0.9": 0.6}, "new": {}}
    wanted = {0.5: 0.2, 0.55: 0.3, 0.7: 0.3, 0.75: 0.6, 0.95: 0.6, 0.1: 0.2}
    assert {floor: thresholds_at(floors, floor) for floor in wanted} == {
        floor: {"fight": value} for floor, value in wanted.items()
    }
