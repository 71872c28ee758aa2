"""What Spotter is compared with, in the same run: plain scikit-learn on the same features and folds.

Descriptors: the picture's motion descriptors (edges, flow, acceleration, differences: 150 numbers), mean,
spread and maximum over nine steps, logistic regression with strong L2 on steps, a clip's score the mean.
Motion images: the network's vectors, mean, spread and maximum over the clip, logistic regression.
Either also taught by every clip's training views, each clip weighing the same; judged on plain clips alone.
"""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml.features import PICTURE_NAMES, Features
from ml.models.windows import window_statistics
from ml.types import BoolArray, DoubleArray, FloatArray, IntArray

MOTION = slice(0, PICTURE_NAMES.index("light_mean"))
DESCRIPTORS_C, IMAGES_C = 0.03, 0.001  # the best of those tried (docs/log.md): a reference is not made weak

Recipe = Callable[[Sequence[Features], BoolArray, IntArray, IntArray], DoubleArray]


def descriptors_recipe(
    clips: Sequence[Features],
    truth: BoolArray,
    train: IntArray,
    held: IntArray,
    seen: Sequence[Sequence[Features]] | None = None,
) -> DoubleArray:
    """Scores of the held clips by a model of the steps of the training clips, or of their views in `seen`.

    Each clip weighs the same.
    """
    own = {i: _stacked([clips[i]] if seen is None else seen[i]) for i in train}
    counts = [len(own[i]) for i in train]
    x, y = np.concatenate([own[i] for i in train]), np.repeat(truth[train], counts)
    weight = np.concatenate([np.full(count, 1 / max(count, 1)) for count in counts])
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=DESCRIPTORS_C, class_weight="balanced", max_iter=1000)
    model.fit(_scaled(scaler, x), y, sample_weight=weight)
    scores = [model.decision_function(_scaled(scaler, _steps(clips[i]))).mean() for i in held]
    return np.asarray(scores, dtype=np.float64)


def _stacked(views: Sequence[Features]) -> FloatArray:
    return np.concatenate([_steps(features) for features in views])


def _steps(features: Features) -> FloatArray:
    """(n, 3 x 150) window statistics of the steps with a picture."""
    statistics = window_statistics(features.picture, features.picture_mask, features.cuts)
    width = features.picture.shape[1]
    columns = np.concatenate([np.arange(width)[MOTION] + part * width for part in range(3)])
    return np.asarray(statistics[features.picture_mask][:, columns], dtype=np.float32)


def _scaled(scaler: StandardScaler, x: FloatArray) -> FloatArray:
    return np.asarray(np.clip(scaler.transform(x), -5, 5), dtype=np.float32)


def motion_images_recipe(
    clips: Sequence[Features],
    truth: BoolArray,
    train: IntArray,
    held: IntArray,
    seen: Sequence[Sequence[Features]] | None = None,
) -> DoubleArray:
    """Scores of the held clips by a model of the pooled vectors of the training clips, or of their views."""
    own = [[clips[i]] if seen is None else list(seen[i]) for i in train]
    x = np.concatenate([_vectors(views) for views in own])
    counts = [len(views) for views in own]
    weight = np.repeat([1 / count for count in counts], counts)
    model = make_pipeline(
        StandardScaler(), LogisticRegression(C=IMAGES_C, class_weight="balanced", max_iter=1000)
    )
    model.fit(x, np.repeat(truth[train], counts), logisticregression__sample_weight=weight)
    scores = model.decision_function(_vectors([clips[i] for i in held]))
    return np.asarray(scores, dtype=np.float64)


def _vectors(views: Sequence[Features]) -> FloatArray:
    return np.stack([_pooled(features.picture_embedding.astype(np.float32)) for features in views])


def _pooled(rows: FloatArray) -> FloatArray:
    return np.concatenate([rows.mean(axis=0), rows.std(axis=0), rows.max(axis=0)])


def confounds_recipe(confounds: FloatArray, truth: BoolArray, train: IntArray, held: IntArray) -> DoubleArray:
    """Scores of the held clips from what must not matter: (n, confounds) numbers of each clip."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, class_weight="balanced"))
    model.fit(confounds[train], truth[train])
    return np.asarray(model.decision_function(confounds[held]), dtype=np.float64)


def over_folds(folds: IntArray, fit: Callable[[IntArray, IntArray], DoubleArray]) -> DoubleArray:
    """(n, seeds) fold numbers -> (n, seeds) held-out scores by `fit(train, held)` for every fold."""
    scores = np.full(folds.shape, np.nan)
    for seed in range(folds.shape[1]):
        for fold in np.unique(folds[:, seed]):
            away = folds[:, seed] == fold
            scores[away, seed] = fit(np.flatnonzero(~away), np.flatnonzero(away))
    return scores
