"""Calibration recovers known probabilities."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ml.calibrate import Platt, fit_platt, log_odds, sigmoid
from ml.metrics import calibration_error


def test_platt_equals_an_unpenalised_logistic_regression_on_many_steps() -> None:
    rng = np.random.default_rng(0)
    logit = rng.standard_normal(20_000).astype(np.float32) * 2
    label = (rng.random(20_000) < sigmoid(0.5 * logit - 2)).astype(np.float32)
    line = fit_platt(logit, label, np.ones_like(label))
    reference = LogisticRegression(C=1e6).fit(logit[:, None], label)
    assert line is not None
    assert line.slope == pytest.approx(reference.coef_[0, 0], abs=0.02)
    assert line.offset == pytest.approx(reference.intercept_[0], abs=0.02)
    assert (calibration_error(label > 0.5, line(logit)) or 0) < 0.01


def test_a_perfectly_separated_type_keeps_a_finite_line() -> None:
    logit = np.array([-3.0] * 50 + [3.0] * 5, dtype=np.float32)
    line = fit_platt(logit, (logit > 0).astype(np.float32), np.ones(55, dtype=np.float32))
    assert line is not None
    assert 0.5 < float(line(logit)[-1]) < 1


def test_logits_that_fall_with_the_label_give_no_line() -> None:
    logit = np.linspace(-2, 2, 100, dtype=np.float32)
    assert fit_platt(logit, (logit < 0).astype(np.float32), np.ones(100, dtype=np.float32)) is None


def test_one_class_alone_gives_no_line() -> None:
    logit = np.zeros(4, dtype=np.float32)
    assert fit_platt(logit, np.zeros(4, dtype=np.float32), np.ones(4, dtype=np.float32)) is None


def test_log_odds_undo_the_line_and_stay_finite() -> None:
    p = np.array([0.0, 0.2, 1.0], dtype=np.float32)
    assert np.isfinite(log_odds(p)).all()
    assert Platt(1.0, 0.0)(log_odds(p))[1] == pytest.approx(0.2)


def test_few_events_perfectly_told_apart_are_no_reason_for_certainty() -> None:
    few = np.array([-2.0] * 200 + [2.0] * 16, dtype=np.float32)
    many = np.repeat(few, 100)
    lines = [fit_platt(z, (z > 0).astype(np.float32), np.ones(len(z), np.float32)) for z in (few, many)]
    assert all(line is not None for line in lines)
    ours = [float(line(few)[-1]) for line in lines if line is not None]
    assert 0.3 < ours[0] < 0.9 < 0.95 < ours[1]
