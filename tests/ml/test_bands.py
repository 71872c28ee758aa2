"""A band is shown where its width follows how far people really differ, and nowhere else."""

import numpy as np
import pytest

from ml.bands import LEAST_GROUPS, band_edges, band_evidence, disagreement
from ml.types import FloatArray, IntArray


def _steps(groups: int, follows: float, *, seed: int = 0) -> tuple[FloatArray, FloatArray, IntArray]:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), 20)
    width = rng.random(len(group)).astype(np.float32)
    differs = follows * width + rng.random(len(group)).astype(np.float32)
    return width, differs.astype(np.float32), group


def test_a_width_that_follows_disagreement_is_shown_with_its_figures() -> None:
    evidence = band_evidence(*_steps(40, 0.5), seed=0)
    assert evidence.shown
    assert evidence.correlation == pytest.approx(0.45, abs=0.1)
    assert evidence.interval is not None
    assert evidence.correlation is not None
    assert 0 < evidence.interval[0] < evidence.correlation < evidence.interval[1]
    assert (evidence.steps, evidence.groups) == (800, 40)
    assert evidence.reason.endswith(".")


def test_a_width_that_follows_nothing_is_not() -> None:
    shown = [band_evidence(*_steps(200, 0.0, seed=seed), seed=0).shown for seed in range(10)]
    assert not any(shown)


def test_a_width_that_runs_against_disagreement_is_not() -> None:
    assert not band_evidence(*_steps(40, -0.5), seed=0).shown


def test_too_few_split_groups_cannot_tell() -> None:
    evidence = band_evidence(*_steps(LEAST_GROUPS - 1, 2.0), seed=0)
    assert not evidence.shown
    assert f"{LEAST_GROUPS} are needed" in evidence.reason


def test_nothing_judged_twice_and_nobody_differing_are_said_in_sentences() -> None:
    nothing = np.zeros(0, np.float32)
    empty = band_evidence(nothing, nothing, np.zeros(0, np.int64), seed=0)
    width, _, group = _steps(20, 0.0)
    agreed = band_evidence(width, np.zeros_like(width), group, seed=0)
    for evidence in (empty, agreed):
        assert not evidence.shown
        assert evidence.reason.endswith(".")


def test_disagreement_is_the_share_of_pairs_that_differ() -> None:
    step = np.array([0, 0, 1, 1, 1, 2, 3, 3])
    label = np.array([1, 0, 1, 1, 0, 1, 1, 0], np.float32)
    known = np.array([1, 1, 1, 1, 1, 1, 1, 0], bool)
    differs, voices = disagreement(step, label, known, 4)
    assert differs.tolist() == pytest.approx([1.0, 2 / 3, 0.0, 0.0])
    assert voices.tolist() == [2, 3, 1, 1]


def test_the_edges_hold_the_consensus() -> None:
    p = np.array([[0.9, 0.1, 0.2, 0.3], [0.2, 0.1, 0.3, 0.5]], np.float32)
    low, high = band_edges(p)
    assert high[0] == np.float32(0.9)
    assert low[1] < 0.2 < high[1]
