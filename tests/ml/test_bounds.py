"""Cuts, onsets and decays; and bounds that move to them where the curve does."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.bounds import Places, moved, places_of, sound_edges
from ml.features import SOUND_NAMES
from ml.types import DoubleArray, FloatArray
from tests.ml.making import make_features

STEP_S = 0.25
CURVE = arrays(np.float32, st.integers(1, 80), elements=st.floats(0, 1, width=32))
TIMES = st.lists(st.integers(0, 80), max_size=20, unique=True)


def at(*steps: int) -> DoubleArray:
    return np.array(sorted(steps), np.float64) * STEP_S


def level(steps: int, *louder: tuple[int, int, float]) -> FloatArray:
    db = np.full(steps, -60.0, np.float32)
    for start, end, value in louder:
        db[start:end] = value
    return db


@given(CURVE, TIMES, TIMES, st.integers(0, 79), st.integers(1, 40), st.floats(0, 5))
def test_bounds_stay_in_order_within_reach_and_moving_again_changes_nothing(
    curve: FloatArray, starts: list[int], ends: list[int], first: int, length: int, reach_s: float
) -> None:
    span = (first * STEP_S, (first + length) * STEP_S)

    def again(it: tuple[float, float]) -> tuple[float, float]:
        return moved(it, curve, at(*starts), at(*ends), step_s=STEP_S, reach_s=reach_s)

    once = again(span)
    assert once[0] < once[1]
    assert abs(once[0] - span[0]) <= reach_s + 1e-9
    assert abs(once[1] - span[1]) <= reach_s + 1e-9
    assert once[0] == span[0] or once[0] / STEP_S in starts
    assert once[1] == span[1] or once[1] / STEP_S in ends
    assert again(once) == once


def test_a_bound_moves_only_where_the_curve_follows() -> None:
    curve = np.concatenate([np.zeros(20), np.ones(20), np.zeros(20)]).astype(np.float32)
    near = moved((5.5, 9.5), curve, at(20), at(40), step_s=STEP_S, reach_s=0.75)
    assert near == (5.0, 10.0)
    flat = moved((6.5, 8.0), curve, at(25), at(33), step_s=STEP_S, reach_s=0.75)
    assert flat == (6.5, 8.0)


def test_no_bound_moves_past_what_scores_highest() -> None:
    curve = np.array([0.0] * 19 + [0.6, 0.89, 0.97, 0.9, 0.98, 0.97, 0.96, 0.95] + [0.0] * 9, np.float32)
    assert moved((4.75, 6.75), curve, at(23), at(24), step_s=STEP_S, reach_s=1.0) == (4.75, 6.75)


def test_of_two_places_the_one_where_the_curve_rises_most_is_taken() -> None:
    curve = np.concatenate([np.zeros(20), np.full(2, 0.2), np.ones(20)]).astype(np.float32)
    assert moved((5.25, 9.0), curve, at(20, 22), at(), step_s=STEP_S, reach_s=0.75)[0] == 5.5


def test_a_bang_sets_in_and_dies_away() -> None:
    onsets, decays = sound_edges(level(40, (10, 18, -20.0)), np.ones(40, np.bool_))
    assert np.flatnonzero(onsets).tolist() == [10]
    assert np.flatnonzero(decays).tolist() == [18]


def test_a_murmur_and_the_ends_of_a_track_are_no_edges() -> None:
    mask = np.ones(40, np.bool_)
    for db, heard in (
        (level(40, (10, 18, -56.0)), mask),
        (np.where(np.arange(40) < 20, 0.0, -20.0).astype(np.float32), np.arange(40) >= 20),
        (level(0), mask[:0]),
        (level(1), mask[:1]),
    ):
        onsets, decays = sound_edges(db, heard)
        assert not onsets.any()
        assert not decays.any()


def test_each_modality_has_places_of_its_own() -> None:
    places = Places(at(1, 5), at(2), at(3))
    assert places.starts("picture").tolist() == places.ends("picture").tolist() == [0.25, 1.25]
    assert (places.starts("sound").tolist(), places.ends("sound").tolist()) == ([0.5], [0.75])
    assert places.starts("both").tolist() == [0.25, 0.5, 1.25]


def test_the_places_of_features_are_seconds_and_features_without_loudness_have_cuts_alone() -> None:
    features = make_features(steps=96)
    assert places_of(features).cuts.tolist() == [12.0]
    assert places_of(features).onsets.tolist() == []
    sound = np.zeros((96, len(SOUND_NAMES)), np.float32)
    sound[:, SOUND_NAMES.index("level_max_db")] = level(96, (40, 60, -10.0))
    places = places_of(replace(features, sound=sound))
    assert (places.onsets.tolist(), places.decays.tolist()) == ([10.0], [15.0])
