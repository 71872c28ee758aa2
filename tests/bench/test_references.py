"""The plain references learn what is there, from the training clips alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bench.references import (
    MOTION,
    Recipe,
    confounds_recipe,
    descriptors_recipe,
    motion_images_recipe,
    over_folds,
)
from ml.features import EMBEDDING_EVERY, PICTURE_NAMES, SOUND_NAMES, STEP_S, Features, extractor_version
from ml.types import BoolArray, DoubleArray, IntArray

STEPS, CLIPS = 8, 24
TRUTH: BoolArray = np.arange(CLIPS) % 2 == 0
TRAIN: IntArray = np.arange(0, 16)
HELD: IntArray = np.arange(16, CLIPS)


def _clip(number: int, raised: slice) -> Features:
    """Noise; in clips of the violation the `raised` descriptors and the first numbers seen stand out."""
    rng = np.random.default_rng(number)
    picture = rng.standard_normal((STEPS, len(PICTURE_NAMES))).astype(np.float32)
    seen = rng.standard_normal((STEPS // EMBEDDING_EVERY, 64)).astype(np.float16)
    if TRUTH[number]:
        picture[:, raised] += 2
        seen[:, :8] += 2
    everywhere = np.ones(STEPS, dtype=np.bool_)
    return Features(
        version=extractor_version({"eyes": "1" * 64}),
        tier="pretrained",
        step_s=STEP_S,
        duration_s=STEPS * STEP_S,
        picture=picture,
        sound=np.zeros((STEPS, len(SOUND_NAMES)), np.float32),
        picture_mask=everywhere,
        sound_mask=everywhere,
        cuts=np.zeros(STEPS, dtype=np.bool_),
        picture_embedding=seen,
        sound_embedding=np.zeros((STEPS, 64), np.float16),
        speech=np.zeros(STEPS, np.float32),
        weights={"eyes": "1" * 64},
    )


def _gap(scores: DoubleArray) -> float:
    """How far the violations' lowest score lies above the others' highest."""
    return float(scores[TRUTH[HELD]].min() - scores[~TRUTH[HELD]].max())


@pytest.mark.parametrize("recipe", [descriptors_recipe, motion_images_recipe])
def test_a_recipe_tells_held_out_clips_apart(recipe: Recipe) -> None:
    clips = [_clip(number, slice(0, 10)) for number in range(CLIPS)]
    assert _gap(recipe(clips, TRUTH, TRAIN, HELD)) > 0


@pytest.mark.parametrize("recipe", [descriptors_recipe, motion_images_recipe])
def test_a_recipe_never_looks_at_what_is_held_out(recipe: Recipe) -> None:
    clips = [_clip(number, slice(0, 10)) for number in range(CLIPS)]
    scores = recipe(clips, TRUTH, TRAIN, HELD)
    wrong = TRUTH.copy()
    wrong[HELD] = ~wrong[HELD]
    assert np.array_equal(recipe(clips, wrong, TRAIN, HELD), scores)


def test_the_descriptors_recipe_sees_motion_and_not_light() -> None:
    lit = [_clip(number, slice(MOTION.stop, None)) for number in range(CLIPS)]
    dark = [_clip(number, slice(0, 0)) for number in range(CLIPS)]
    assert np.array_equal(
        descriptors_recipe(lit, TRUTH, TRAIN, HELD), descriptors_recipe(dark, TRUTH, TRAIN, HELD)
    )


def test_a_confound_that_gives_the_answer_away_is_found_out() -> None:
    confounds = np.column_stack([TRUTH, np.ones(CLIPS)]).astype(np.float32)
    assert _gap(confounds_recipe(confounds, TRUTH, TRAIN, HELD)) > 0


def test_each_clip_is_scored_once_a_seed_by_a_model_that_has_not_seen_it() -> None:
    folds = np.array([[0, 1], [1, 0], [2, 1], [0, 2]])

    def seen(train: IntArray, held: IntArray) -> DoubleArray:
        assert not set(train) & set(held)
        assert len(train) + len(held) == len(folds)
        return np.full(len(held), float(len(train)))

    assert over_folds(folds, seen).tolist() == [[2, 2], [3, 3], [3, 2], [2, 3]]


@pytest.mark.parametrize("recipe", [descriptors_recipe, motion_images_recipe])
def test_views_that_show_nothing_new_change_no_reference(recipe: Callable[..., DoubleArray]) -> None:
    clips = [_clip(number, MOTION) for number in range(CLIPS)]
    plain = recipe(clips, TRUTH, TRAIN, HELD)
    seen = recipe(clips, TRUTH, TRAIN, HELD, seen=[[clip] * 3 for clip in clips])
    np.testing.assert_allclose(seen, plain, atol=0.02 * np.abs(plain).max())
