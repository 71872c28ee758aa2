"""The sound bench's own sums: accuracy, recall and confusion, and what must not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.sounds import KINDS, Clip, figures_of, length_and_level
from ml.types import DoubleArray


def _clip(number: int, length_s: float = 3.0) -> Clip:
    """One clip of the kind its number says, in one of two folds of a single seed."""
    return Clip(
        file=f"{number}.wav",
        kind=KINDS[number % len(KINDS)],
        cluster=f"cluster-{number}",
        folds=(number // 4 % 2,),
        features={"equal": Path(), "untouched": Path()},
        length_s=length_s,
        level=0.1,
        repeated=max(1.0, 10 / length_s),
        equal_length_s=10.0,
        equal_level=0.05,
    )


def _answers(kinds: list[list[int]]) -> DoubleArray:
    """Scores (clips, seeds, kinds) with the wanted answers highest."""
    return np.asarray(np.eye(len(KINDS))[np.array(kinds)], dtype=np.float64)


def test_accuracy_is_the_mean_over_clips_and_seeds() -> None:
    clips = [_clip(number) for number in range(4)]
    figures = figures_of(clips, _answers([[0, 0], [1, 1], [2, 0], [3, 3]]))
    assert figures["accuracy"] == pytest.approx(7 / 8)
    assert figures["accuracy_by_seed"] == [1.0, 0.75]
    assert figures["recall"] == {"casual": 1.0, "explosion": 1.0, "gunshot": 0.5, "siren": 1.0}


def test_the_confusion_says_what_a_kind_was_taken_for() -> None:
    clips = [_clip(number) for number in range(4)]
    confusion = figures_of(clips, _answers([[0, 0], [1, 1], [2, 0], [3, 3]]))["confusion"]
    assert confusion[KINDS.index("gunshot")] == [0.5, 0, 0.5, 0]
    assert np.sum(confusion) == len(clips)


def test_length_gives_untouched_clips_away_and_equalised_ones_not() -> None:
    clips = [_clip(number, length_s=12.0 + number % len(KINDS)) for number in range(64)]
    for name, least, most in (("length_s", 1.0, 1.0), ("equal_length_s", 0.0, 0.3)):
        confound = np.array([[getattr(clip, name)] for clip in clips])
        assert least <= figures_of(clips, length_and_level(clips, confound))["accuracy"] <= most
