"""Metrics agree with scikit-learn and with examples worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from ml.metrics import (
    average_precision,
    bootstrap_interval,
    calibration_error,
    event_f1,
    match_events,
    matched_pairs,
    precision_recall,
    recall_at,
    roc_auc,
    t_iou,
)

LABELLED = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9])), min_size=2, max_size=60
).filter(lambda rows: len({truth for truth, _ in rows}) == 2)


@given(LABELLED)
def test_auc_and_average_precision_equal_scikit_learns_ties_included(rows: list[tuple[bool, float]]) -> None:
    truth = np.array([truth for truth, _ in rows])
    score = np.array([score for _, score in rows], dtype=np.float32)
    assert roc_auc(truth, score) == pytest.approx(roc_auc_score(truth, score))
    assert average_precision(truth, score) == pytest.approx(average_precision_score(truth, score))


@given(LABELLED, st.integers(0, 1000))
def test_rows_that_stand_for_several_count_as_several(rows: list[tuple[bool, float]], seed: int) -> None:
    each = np.random.default_rng(seed).integers(1, 5, len(rows))
    truth = np.array([truth for truth, _ in rows])
    score, weight = np.array([score for _, score in rows], np.float32), each.astype(np.float32)
    expected = average_precision_score(truth, score, sample_weight=each)
    assert average_precision(truth, score, weight) == pytest.approx(expected)
    repeated = calibration_error(np.repeat(truth, each), np.repeat(score, each))
    assert calibration_error(truth, score, weight) == pytest.approx(repeated)


@given(LABELLED)
def test_precision_and_recall_equal_scikit_learns_at_every_distinct_score(
    rows: list[tuple[bool, float]],
) -> None:
    truth = np.array([truth for truth, _ in rows])
    score = np.array([score for _, score in rows], dtype=np.float32)
    precision, recall, thresholds = precision_recall(truth, score)
    expected = precision_recall_curve(truth, score)
    assert precision == pytest.approx(expected[0][:-1][::-1])
    assert recall == pytest.approx(expected[1][:-1][::-1])
    assert thresholds == pytest.approx(expected[2][::-1])


@given(st.lists(st.booleans(), min_size=2, max_size=40).filter(lambda rows: len(set(rows)) == 2))
def test_constant_scores_rank_by_luck(labels: list[bool]) -> None:
    truth, score = np.array(labels), np.full(len(labels), 0.3, dtype=np.float32)
    assert roc_auc(truth, score) == 0.5
    assert average_precision(truth, score) == pytest.approx(truth.mean())


def test_auc_is_undefined_with_one_class_only() -> None:
    assert roc_auc(np.array([True, True]), np.array([0.1, 0.2], dtype=np.float32)) is None
    assert average_precision(np.array([False]), np.array([0.1], dtype=np.float32)) is None


def test_t_iou_of_worked_examples() -> None:
    assert t_iou((0, 10), (5, 15)) == pytest.approx(5 / 15)
    assert t_iou((0, 10), (0, 10)) == 1
    assert t_iou((0, 1), (1, 2)) == 0


def test_a_truth_is_claimed_by_one_hint_only() -> None:
    truth, found = [(0.0, 10.0)], [(0.0, 10.0), (0.5, 10.0)]
    matched = match_events(truth, found, at=0.5)
    assert matched == 1
    assert event_f1(matched, len(truth), len(found)) == pytest.approx(2 / 3)


def test_a_hint_whose_best_truth_is_taken_claims_the_next_best() -> None:
    truth, found = [(0.0, 10.0), (6.0, 14.0)], [(1.0, 10.0), (3.0, 12.0)]
    # The second hint fits the first truth best (7/12), which is taken; with the other it shares 6 of 11 s.
    assert matched_pairs(truth, found, at=0.5) == [(truth[0], found[0]), (truth[1], found[1])]
    assert matched_pairs(truth, found, at=0.6) == [(truth[0], found[0])]


INTERVALS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda t: (float(t[0]), float(t[0] + t[1]))),
    max_size=8,
)


@given(INTERVALS, INTERVALS, st.floats(0.05, 1))
def test_matches_are_one_to_one_and_at_least_as_close_as_asked(
    truth: list[tuple[float, float]], found: list[tuple[float, float]], at: float
) -> None:
    pairs = matched_pairs(truth, found, at=at)
    assert len(pairs) <= min(len(truth), len(found))
    assert all(t_iou(*pair) >= at for pair in pairs)
    for number in (0, 1):
        used = [pair[number] for pair in pairs]
        assert all(used.count(one) <= (truth, found)[number].count(one) for one in used)
    assert len(pairs) <= len(matched_pairs(truth, found, at=at / 2))


def test_event_f1_is_undefined_when_there_was_nothing_and_nothing_was_found() -> None:
    assert event_f1(0, 0, 0) is None
    assert event_f1(0, 0, 2) == 0


def test_recall_counts_only_the_first_k_hints() -> None:
    truth, hints = [(0.0, 4.0), (10.0, 14.0)], [(0.0, 3.0), (20.0, 21.0), (10.0, 14.0)]
    assert recall_at(truth, hints, k=2) == 1
    assert recall_at(truth, hints, k=3) == 2


def test_calibration_error_of_a_worked_example() -> None:
    truth = np.array([True, False, False, False])
    score = np.array([0.95, 0.95, 0.05, 0.05], dtype=np.float32)
    # Two steps at .95 of which half are true (gap .45), two at .05 of which none is (gap .05).
    assert calibration_error(truth, score) == pytest.approx(0.25, abs=1e-6)


def test_calibration_error_of_a_constant_at_the_base_rate_is_nought() -> None:
    truth = np.array([True, False, False, False])
    assert calibration_error(truth, np.full(4, 0.25, dtype=np.float32)) == 0
    assert calibration_error(truth, np.ones(4, dtype=np.float32)) == 0.75
    assert calibration_error(truth[:0], np.zeros(0, dtype=np.float32)) is None


def test_the_bootstrap_draws_whole_groups() -> None:
    groups, values = ["a"] * 50 + ["b"] * 50, np.array([0.0] * 50 + [1.0] * 50)
    interval = bootstrap_interval(groups, lambda rows: float(values[rows].mean()), seed=0)
    assert interval == (0.0, 1.0)
