"""The dealing of folds: groups whole, kinds spread, and what sounds alike together."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from bench.folds import FOLDS, RATE_HZ, SEEDS, clusters, deal, fingerprint, likeness, read_folds
from ml.types import DoubleArray, FloatArray


def _chirp(seed: int, seconds: float = 3.0) -> FloatArray:
    """A melody of its own: a new pitch every tenth of a second."""
    pitches = np.random.default_rng(seed).uniform(200, 6000, round(seconds * 10))
    phase = np.cumsum(np.repeat(pitches, RATE_HZ // 10)) / RATE_HZ
    return np.asarray(0.3 * np.sin(2 * np.pi * phase), dtype=np.float32)


def test_a_group_is_never_torn_apart() -> None:
    kinds, groups = ["a", "b"] * 20, [f"group-{n // 4}" for n in range(40)]
    folds = deal(kinds, groups)
    for group in set(groups):
        assert len({tuple(own) for own, its in zip(folds, groups, strict=True) if its == group}) == 1


def test_each_fold_gets_its_share_of_each_kind() -> None:
    kinds = ["rare"] * 10 + ["common"] * 40
    folds = deal(kinds, [str(n) for n in range(50)])
    for seed in range(len(SEEDS)):
        dealt = Counter((kind, own[seed]) for kind, own in zip(kinds, folds, strict=True))
        assert all(dealt[("rare", fold)] == 2 and dealt[("common", fold)] == 8 for fold in range(FOLDS))


def test_dealing_twice_deals_alike_and_seeds_deal_differently() -> None:
    kinds, groups = ["a", "b"] * 20, [str(n) for n in range(40)]
    folds = deal(kinds, groups)
    assert folds == deal(kinds, groups)
    assert len(set(zip(*folds, strict=True))) == len(SEEDS)


def test_what_is_alike_through_another_is_one_cluster() -> None:
    alike: DoubleArray = np.eye(4)
    alike[0, 1] = alike[1, 0] = alike[1, 3] = alike[3, 1] = 0.9
    assert clusters(alike, at=0.75) == [0, 0, 2, 0]
    assert clusters(alike, at=0.95) == [0, 1, 2, 3]


def test_a_recording_is_found_again_quieter_and_cut_elsewhere() -> None:
    whole = _chirp(1)
    alike = likeness([whole, 0.2 * whole[8000:40_000], _chirp(2)])
    assert alike[0, 1] > 0.75
    assert max(alike[0, 2], alike[1, 2]) < 0.75
    assert np.allclose(alike, alike.T)


def test_a_fingerprint_has_forty_frames_a_second() -> None:
    prints = fingerprint(_chirp(1, seconds=2.0))
    assert len(prints) == 80
    assert np.isfinite(prints).all()


@pytest.mark.parametrize(("name", "group"), [("fights", "source"), ("sounds", "cluster")])
def test_the_committed_folds_keep_their_groups_whole(name: str, group: str) -> None:
    dealt = read_folds(name)
    assert dealt["seeds"] == list(SEEDS)
    assert len({clip["file"] for clip in dealt["clips"]}) == len(dealt["clips"])
    of_group = {(clip[group], tuple(clip["folds"])) for clip in dealt["clips"]}
    assert len(of_group) == len({clip[group] for clip in dealt["clips"]})
    assert {fold for clip in dealt["clips"] for fold in clip["folds"]} == set(range(FOLDS))
