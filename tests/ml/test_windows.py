"""Window statistics stay inside one shot and ignore what is masked."""

from dataclasses import replace

import numpy as np
import pytest

import ml.models.windows
from ml.embeddings import VIEWS, statistics_at
from ml.models.windows import (
    LONG_RADIUS,
    RADIUS,
    STATISTICS,
    embedding_statistics_at,
    window_statistics,
    window_statistics_at,
)
from ml.table import statistics_of
from ml.types import BoolArray, FloatArray
from tests.ml.making import make_pretrained


def plain(steps: int) -> tuple[BoolArray, BoolArray]:
    return np.ones(steps, dtype=np.bool_), np.zeros(steps, dtype=np.bool_)


def inside(t: int, radius: int, mask: BoolArray, cuts: BoolArray) -> list[int]:
    """Which rows a window around row t sees, by definition."""
    shots = np.cumsum(cuts)
    return [i for i in range(len(mask)) if abs(i - t) <= radius and shots[i] == shots[t] and mask[i]]


def naive(values: FloatArray, mask: BoolArray, cuts: BoolArray) -> FloatArray:
    """The definition, step by step."""
    rows, zero = [], np.zeros(values.shape[1])
    for t in range(len(values)):
        wide, narrow, shot = (values[inside(t, r, mask, cuts)] for r in (RADIUS, 1, LONG_RADIUS))
        statistics = [wide.mean(0), wide.std(0), wide.max(0)] if len(wide) else [zero] * 3
        statistics += [part.mean(0) if len(part) else zero for part in (narrow, shot)]
        rows.append(np.concatenate(statistics))
    return np.asarray(rows, dtype=np.float32)


def made_up(steps: int, seed: int = 0) -> tuple[FloatArray, BoolArray, BoolArray]:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((steps, 3)).astype(np.float32) + 10
    return values, rng.random(steps) < 0.8, rng.random(steps) < 0.05


def test_statistics_equal_their_definition_with_cuts_and_masked_steps() -> None:
    values, mask, cuts = made_up(120)
    expected = naive(values, mask, cuts)
    assert window_statistics(values, mask, cuts) == pytest.approx(expected, abs=1e-5)


def test_embeddings_have_the_same_statistics_but_the_narrow_mean() -> None:
    values, mask, cuts = made_up(120)
    ((_, got),) = embedding_statistics_at(
        values.astype(np.float16), mask, cuts, RADIUS, LONG_RADIUS, np.arange(120)
    )
    expected = naive(values.astype(np.float16).astype(np.float32), mask, cuts)
    assert got == pytest.approx(np.delete(expected, np.s_[9:12], axis=1), abs=1e-5)


def test_sums_do_not_cancel_where_numbers_are_large_and_hardly_move() -> None:
    rng = np.random.default_rng(1)
    values = (1e4 + 0.01 * rng.standard_normal((3000, 2))).astype(np.float32)
    mask, cuts = plain(3000)
    exact = naive(values[:60].astype(np.float64), mask[:60], cuts[:60])
    assert window_statistics(values, mask, cuts)[:30, 2:4] == pytest.approx(exact[:30, 2:4], rel=1e-3)


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
    nothing = window_statistics(np.zeros((0, 3), dtype=np.float32), mask, cuts)
    assert nothing.shape == (0, 3 * STATISTICS)


def test_chosen_rows_in_stretches_equal_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    values, mask, cuts = made_up(120, seed=4)
    rows = np.array([0, 1, 6, 7, 8, 21, 39, 100, 119])
    whole = window_statistics(values, mask, cuts)
    monkeypatch.setattr(ml.models.windows, "STRETCH", 7)
    assert window_statistics_at(values, mask, cuts, rows) == pytest.approx(whole[rows], abs=1e-6)


def test_sound_does_not_end_where_the_picture_is_cut() -> None:
    plain_film = make_pretrained()
    cut = replace(plain_film, cuts=np.ones_like(plain_film.cuts))
    steps = np.arange(len(cut.cuts))
    (picture, sound), (cut_picture, cut_sound) = (statistics_of(film, steps) for film in (plain_film, cut))
    assert (sound == cut_sound).all()
    assert (picture != cut_picture).any()
    for view in VIEWS:
        whole, parted = (
            np.concatenate([p for _, p in statistics_at(f, view, steps)]) for f in (plain_film, cut)
        )
        assert (whole == parted).all() == (view.modality == "sound")
