"""Rows of training views: what some steps of the table look like another way (ml.features.views).

A view inherits label, weight, split group and fold from the step it is a view of, by number: it can be in no
other fold. It only teaches; nothing is judged, calibrated or standardised on it. A step and its views
together weigh what the step weighs alone. Only the picture has views, so sound is that of the step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.embeddings import VIEWS, reduced_at
from ml.errors import FeatureMismatch
from ml.features import Features
from ml.features.views import Views, load_views
from ml.models.reduction import Reduction
from ml.models.windows import window_statistics_at
from ml.types import FloatArray, IntArray

_EMBEDDING = next(view for view in VIEWS if view.modality == "picture")


@dataclass(frozen=True)
class ViewRows:
    """V rows beside a table of N steps."""

    of: IntArray  # (V,) the row of the table each is a view of
    picture: FloatArray  # (V, 5 Dp)
    picture_embedding: FloatArray | None  # (V, Q) reduced; None in the embedded tier


@dataclass(frozen=True)
class Viewed:
    """One video whose views are to be read: the steps it has in the table, and where those begin."""

    path: Path
    steps: IntArray  # (n,) rising
    first_row: int


def read_view_rows(
    videos: Sequence[Viewed],
    *,
    most: int,
    picture_width: int,
    weights: dict[str, str],
    reduction: Reduction | None,
) -> ViewRows | None:
    """Read at most about `most` rows in all, shared evenly among videos; None when there are none.

    weights: those the table's embeddings are made with; reduction: theirs, or None in the embedded tier.
    Raises FeatureMismatch: views_mixed when views are of other descriptors or networks than the table, and
    what `load_views` raises.
    """
    each = most // max(len(videos), 1)
    if each < 1:
        return None
    parts: list[ViewRows] = []
    for video in videos:
        views = load_views(video.path)
        _check_alike(views, picture_width, weights if reduction is not None else None)
        parts.extend(_rows_of(views, video, each, reduction))
    if not sum(len(part.of) for part in parts):
        return None
    return ViewRows(
        of=np.concatenate([part.of for part in parts]),
        picture=np.concatenate([part.picture for part in parts]),
        picture_embedding=_embeddings(parts) if reduction is not None else None,
    )


def _embeddings(parts: Sequence[ViewRows]) -> FloatArray:
    return np.concatenate([part.picture_embedding for part in parts if part.picture_embedding is not None])


def _rows_of(views: Views, video: Viewed, most: int, reduction: Reduction | None) -> Iterator[ViewRows]:
    """The rows of one video, a view at a time. The first view is the step itself: the table has it."""
    shared, places, rows = np.intersect1d(views.steps, video.steps, return_indices=True)
    stride = max(1, -(-len(shared) * (len(views.names) - 1) // max(most, 1)))
    for number in range(1, len(views.names)):
        # Another step of each stretch in every view: what is left out of one is seen in the next.
        chosen = np.arange(number % stride, len(shared), stride)
        features = views.features(number)
        seen = chosen[features.picture_mask[places[chosen]]]
        yield ViewRows(
            of=video.first_row + rows[seen],
            picture=_statistics(features, places[seen]),
            picture_embedding=None
            if reduction is None
            else reduced_at(features, _EMBEDDING, places[seen], reduction),
        )


def _statistics(features: Features, places: IntArray) -> FloatArray:
    return window_statistics_at(features.picture, features.picture_mask, features.cuts, places)


def _check_alike(views: Views, picture_width: int, weights: dict[str, str] | None) -> None:
    """Descriptors are the same in both tiers; embeddings only where the same networks made them."""
    if views.picture.shape[2] == picture_width and (weights is None or dict(views.weights) == weights):
        return
    raise FeatureMismatch(
        "views_mixed",
        f"Training views of {views.version} do not belong to features of these videos. Make them again, or "
        "train without views.",
    )
