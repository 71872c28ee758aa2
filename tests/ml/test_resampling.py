"""Intervals from counts by group equal those from drawing the rows themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from ml.metrics import calibration_error
from ml.resampling import (
    ap_draws,
    auc_draws,
    calibration_draws,
    group_weights,
    interval_of,
    median_draws,
    rank_counts,
    ratio,
    sums_by_group,
)
from ml.types import BoolArray, DoubleArray, FloatArray, IntArray

GROUPS = 4
STEPS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 20), st.integers(0, GROUPS - 1)), min_size=1, max_size=80
)
TIMES = st.lists(st.integers(0, 3), min_size=GROUPS, max_size=GROUPS).filter(any)


def drawn_rows(group: IntArray, times: list[int]) -> IntArray:
    """Row numbers, each as often as its group was drawn."""
    return np.repeat(np.arange(len(group)), np.array(times)[group])


def columns(steps: list[tuple[bool, int, int]]) -> tuple[BoolArray, FloatArray, IntArray]:
    truth, score, group = (np.array(column) for column in zip(*steps, strict=True))
    return truth.astype(np.bool_), (score / 20).astype(np.float32), group.astype(np.int64)


@given(STEPS, TIMES)
def test_ranking_of_a_draw_is_scikit_learns_of_the_drawn_rows(
    steps: list[tuple[bool, int, int]], times: list[int]
) -> None:
    truth, score, group = columns(steps)
    counts = rank_counts(truth, score, group, GROUPS)
    weights = np.array([times], dtype=np.float64)
    rows = drawn_rows(group, times)
    auc, ap = auc_draws(counts, weights)[0], ap_draws(counts, weights)[0]
    if len(set(truth[rows])) == 2:
        assert auc == pytest.approx(roc_auc_score(truth[rows], score[rows]))
    else:
        assert np.isnan(auc)
    if truth[rows].any():
        assert ap == pytest.approx(average_precision_score(truth[rows], score[rows]))
    else:
        assert np.isnan(ap)


@given(STEPS, TIMES)
def test_calibration_of_a_draw_is_that_of_the_drawn_rows(
    steps: list[tuple[bool, int, int]], times: list[int]
) -> None:
    truth, score, group = columns(steps)
    gap = calibration_draws(truth, score, group, np.array([times], dtype=np.float64))[0]
    rows = drawn_rows(group, times)
    expected = calibration_error(truth[rows], score[rows])
    assert np.isnan(gap) if expected is None else gap == pytest.approx(expected, abs=1e-5)


@given(st.lists(st.tuples(st.floats(-5, 5), st.integers(0, GROUPS - 1)), min_size=1, max_size=30), TIMES)
def test_the_median_of_a_draw_is_numpys_of_the_drawn_rows(
    values: list[tuple[float, int]], times: list[int]
) -> None:
    numbers, group = np.array([v for v, _ in values]), np.array([g for _, g in values])
    median = median_draws(numbers, group, np.array([times], dtype=np.float64))[0]
    rows = drawn_rows(group, times)
    assert np.isnan(median) if len(rows) == 0 else median == pytest.approx(np.median(numbers[rows]))


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_many_distinct_scores_are_binned_without_moving_the_figures(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(6000) < 0.1
    score = (rng.normal(size=6000) + 1.5 * truth).astype(np.float32)
    group = rng.integers(0, GROUPS, 6000)
    counts = rank_counts(truth, score, group, GROUPS, bins=256)
    assert counts.positive.shape[1] <= 256
    once: DoubleArray = np.ones((1, GROUPS))
    assert auc_draws(counts, once)[0] == pytest.approx(roc_auc_score(truth, score), abs=2e-3)
    assert ap_draws(counts, once)[0] == pytest.approx(average_precision_score(truth, score), abs=2e-2)


def test_the_first_row_of_weights_is_the_data_and_the_others_draw_as_many_groups() -> None:
    weights = group_weights(5, seed=0, rounds=100)
    assert weights.shape == (101, 5)
    assert weights[0].tolist() == [1] * 5
    assert (weights.sum(axis=1) == 5).all()
    assert (weights == group_weights(5, seed=0, rounds=100)).all()


def test_no_groups_are_no_error() -> None:
    assert group_weights(0, seed=0, rounds=3).shape == (4, 0)


def test_the_interval_of_two_groups_of_which_one_is_always_right_is_nought_to_one() -> None:
    weights = group_weights(2, seed=0)
    share = ratio(weights @ np.array([0.0, 50.0]), weights @ np.array([50.0, 50.0]))
    assert share[0] == 0.5
    assert interval_of(share[1:]) == (0.0, 1.0)


def test_an_interval_needs_half_of_the_draws() -> None:
    assert interval_of(np.array([0.5, np.nan, np.nan])) is None
    assert interval_of(np.array([0.5, 0.5, np.nan])) == (0.5, 0.5)
    assert interval_of(np.array([])) is None


def test_sums_by_group_keep_groups_that_have_nothing() -> None:
    assert sums_by_group([1, 2, 4], [0, 2, 0], 3).tolist() == [5, 0, 2]
