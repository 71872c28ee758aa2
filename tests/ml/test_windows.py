"""Window statistics stay inside one shot and ignore what is masked."""

import numpy as np
import pytest

import ml.models.windows
from ml.models.windows import RADIUS, window_statistics, window_statistics_at
from ml.types import BoolArray, FloatArray


def plain(steps: int) -> tuple[BoolArray, BoolArray]:
    return np.ones(steps, dtype=np.bool_), np.zeros(steps, dtype=np.bool_)


def naive(values: FloatArray, mask: BoolArray, cuts: BoolArray) -> FloatArray:
    """The definition, step by step."""
    shots, rows = np.cumsum(cuts), []
    for t in range(len(values)):
        near = [i for i in range(len(values)) if abs(i - t) <= RADIUS and shots[i] == shots[t] and mask[i]]
        close = [i for i in near if abs(i - t) <= 1]
        wide, narrow = values[near], values[close]
        zero = np.zeros(values.shape[1], dtype=np.float32)
        rows.append(
            np.concatenate(
                [
                    *((wide.mean(0), wide.std(0), wide.max(0)) if near else (zero,) * 3),
                    narrow.mean(0) if close else zero,
                ]
            )
        )
    return np.asarray(rows, dtype=np.float32)


def test_statistics_equal_their_definition_with_cuts_and_masked_steps() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((40, 3)).astype(np.float32) + 10
    mask, cuts = rng.random(40) < 0.8, rng.random(40) < 0.15
    expected = naive(values, mask, cuts)
    assert window_statistics(values, mask, cuts) == pytest.approx(expected, abs=1e-4)


def test_nothing_leaks_across_a_cut() -> None:
    values = np.zeros((20, 1), dtype=np.float32)
    values[10:] = 100.0
    mask, cuts = plain(20)
    cuts[10] = True
    stats = window_statistics(values, mask, cuts)
    assert not stats[:10].any()
    assert (stats[10:, 1] == 0).all()  # no spread on the other side either


def test_a_video_without_steps_gives_no_rows() -> None:
    mask, cuts = plain(0)
    assert window_statistics(np.zeros((0, 3), dtype=np.float32), mask, cuts).shape == (0, 12)


def test_chosen_rows_in_stretches_equal_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    values = rng.standard_normal((40, 3)).astype(np.float32)
    mask, cuts = rng.random(40) < 0.8, rng.random(40) < 0.1
    rows = np.array([0, 1, 6, 7, 8, 21, 39])
    whole = window_statistics(values, mask, cuts)
    monkeypatch.setattr(ml.models.windows, "STRETCH", 7)
    assert window_statistics_at(values, mask, cuts, rows).tolist() == whole[rows].tolist()
