"""The bench's made-up reviewers differ as their regime says, and are the same every time."""

import numpy as np
import pytest

from bench.regimes import CROWD, REGIMES, STEPS, TEST, features_of, make_opinions, make_scenes


def test_the_same_seed_gives_the_same_scenes_and_opinions() -> None:
    for regime in REGIMES:
        one, other = (make_opinions(regime, make_scenes(1)[1], 1) for _ in range(2))
        assert np.array_equal(one.label, other.label)
        assert np.array_equal(one.shown, other.shown)


def test_test_scenes_share_no_split_group_with_those_that_teach() -> None:
    teach, test = make_scenes(0)
    assert not set(teach.group.tolist()) & set(test.group.tolist())


def test_the_careless_are_wrong_in_a_share_of_scenes_that_is_theirs() -> None:
    _, scenes = make_scenes(0)
    wrong = (make_opinions("noise", scenes, 0).label != scenes.truth).mean(axis=1)
    assert wrong.min() > 0.05
    assert wrong.max() < 0.45


def test_thresholds_differ_and_order_is_kept() -> None:
    _, scenes = make_scenes(0)
    share = make_opinions("threshold", scenes, 0).label.mean(axis=1)
    assert share.max() - share.min() > 0.2


def test_a_crowd_sees_two_per_cent_each() -> None:
    _, scenes = make_scenes(0)
    crowd = make_opinions("crowd", scenes, 0)
    assert crowd.shown.shape == (CROWD, TEST)
    assert crowd.shown.mean() == pytest.approx(0.02, abs=0.002)


def test_every_scene_is_a_shot_of_its_own() -> None:
    _, scenes = make_scenes(0)
    film = features_of(scenes, np.arange(3))
    assert len(film.picture) == 3 * STEPS
    assert np.flatnonzero(film.cuts).tolist() == [0, STEPS, 2 * STEPS]
