"""Training views: the same stretches of film seen eleven ways, so that little data teaches more.

Three phases of the quarter-second grid, each as it is and mirrored, and five crops of three quarters of each
side (four corners and the middle). What happens stays the same; where and when exactly, a head must not
learn.
Only the picture has views. Made on request, for labelled stretches of training videos, within a budget.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ml.errors import FeatureMismatch
from ml.features import sound
from ml.features.extract import DECODING
from ml.features.light import Window, Windowed
from ml.features.motion_images import MotionImages
from ml.features.picture import PictureDescriber
from ml.features.pretrained import Pretrained, load_pretrained
from ml.features.spool import Spool
from ml.features.store import EMBEDDING_EVERY, STEP_S, Features, Tier, extractor_version
from ml.features.watching import PictureEmbedding
from ml.media.atomic import replacing
from ml.media.frames import timed_pictures
from ml.media.opening import Tally

Region = tuple[float, float]  # [start_s, end_s)
OnProgress = Callable[[float], None]

ROW_S = EMBEDDING_EVERY * STEP_S  # regions begin and end at whole rows of the picture embedding
LEAD_S, TAIL_S = 1.0, 0.5  # decoded around a region: what its cuts, motion and flashes are compared with
CROP = 0.75


@dataclass(frozen=True)
class View:
    """One way of looking: the grid begins phase_s later, the picture is seen through the window."""

    name: str
    phase_s: float = 0.0
    window: Window | None = None


MIRRORED = Window(mirrored=True)
_REST = 1 - CROP
VIEWS = (
    View("plain"),
    View("plain_mirrored", window=MIRRORED),
    *(
        View(f"phase_{k}{'_mirrored' * mirrored}", k * STEP_S / 3, MIRRORED if mirrored else None)
        for k in (1, 2)
        for mirrored in (False, True)
    ),
    *(
        View(f"crop_{name}", window=Window(top, left, CROP))
        for name, top, left in (
            ("top_left", 0.0, 0.0),
            ("top_right", 0.0, _REST),
            ("middle", _REST / 2, _REST / 2),
            ("bottom_left", _REST, 0.0),
            ("bottom_right", _REST, _REST),
        )
    ),
)


@dataclass(frozen=True)
class Views:
    """The pictures of some steps of one video, seen in every way of `names`."""

    version: str  # as Features
    tier: Tier
    weights: Mapping[str, str]
    names: tuple[str, ...]  # (V,) the first is the plain view
    steps: NDArray[np.int64]  # (N,) the row of the video's features that each row stands for, rising; N even
    picture: NDArray[np.float32]  # (V, N, 169)
    mask: NDArray[np.bool_]  # (V, N)
    cuts: NDArray[np.bool_]  # (V, N) also where a region begins: windows stay inside
    picture_embedding: NDArray[np.float16]  # (V, N / EMBEDDING_EVERY, width); (V, 0, 0) in the embedded tier

    def features(self, view: int) -> Features:
        """Return one view as features of N steps that follow each other, without sound."""
        count = len(self.steps)
        learned: dict[str, Any] = {}
        if self.tier == "pretrained":
            learned = {"picture_embedding": self.picture_embedding[view]}
        return Features(
            version=self.version,
            tier=self.tier,
            step_s=STEP_S,
            duration_s=count * STEP_S,
            picture=self.picture[view],
            sound=np.zeros((count, len(sound.NAMES)), np.float32),
            picture_mask=self.mask[view],
            sound_mask=np.zeros(count, np.bool_),
            cuts=self.cuts[view],
            weights=self.weights,
            **learned,
        )


def extract_views(
    path: Path | str,
    *,
    regions: Sequence[Region],
    budget_s: float,
    weights: Path | str | None = None,
    on_progress: OnProgress = lambda _: None,
    tally: Tally | None = None,
) -> Views:
    """Return the views of `regions` (seconds) of the video at `path`.

    Regions are widened to whole half seconds and joined where they touch; where together they are longer
    than budget_s, of each the same share is taken, from its middle. weights as for `extract`. Frames are
    decoded once for all views; on_progress hears how much is seen, 0..1. Steps without a picture are masked
    out.
    Raises MediaRefused as `extract` does; FeatureMismatch(views_unsupported) where the folder of weights
    has a network of its own that looks at plain pictures.
    """
    networks = None if weights is None else load_pretrained(weights)
    cv2.setNumThreads(1)
    tally = tally or Tally()
    embedding = _embedding(networks, tally)
    chosen = within_budget(regions, budget_s)
    done = _Done(on_progress, sum(end_s - start_s for start_s, end_s in chosen))
    parts = [_look(path, region, embedding, tally, done) for region in chosen]
    names = {} if networks is None else networks.weights
    joined = {field: _joined([part[field] for part in parts], field) for field in _FIELDS}
    return Views(
        version=extractor_version(names),
        tier="pretrained" if names else "embedded",
        weights=names,
        names=tuple(view.name for view in VIEWS),
        **joined,
    )


_FIELDS = ("steps", "picture", "mask", "cuts", "picture_embedding")


def _joined(arrays: list[NDArray[Any]], field: str) -> NDArray[Any]:
    return np.concatenate(arrays, axis=0 if field == "steps" else 1)


def within_budget(regions: Sequence[Region], budget_s: float) -> list[Region]:
    """Return regions of whole half seconds, apart and in order, together at most budget_s (or a row each).

    Raises ValueError without a region, or when one ends before it begins.
    """
    if not regions or any(end_s <= start_s or start_s < 0 for start_s, end_s in regions):
        raise ValueError("Views need at least one region, and each must end after it begins.")
    whole = [(int(a / ROW_S + 1e-6), int(np.ceil(b / ROW_S - 1e-6))) for a, b in sorted(regions)]
    apart: list[tuple[int, int]] = []
    for first, last in whole:
        if apart and first <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(last, apart[-1][1]))
        else:
            apart.append((first, last))
    rows = sum(last - first for first, last in apart)
    share = min(1.0, budget_s / ROW_S / rows)
    return [_middle(first, last, share) for first, last in apart]


def _middle(first: int, last: int, share: float) -> Region:
    """Return the share of rows first..last, at least one, from their middle, in seconds."""
    kept = max(1, int((last - first) * share + 1e-6))
    start = first + (last - first - kept) // 2
    return start * ROW_S, (start + kept) * ROW_S


def _embedding(networks: Pretrained | None, tally: Tally) -> PictureEmbedding | None:
    """Return what embeds pictures; its network is built once and serves every view."""
    made = networks.picture(1, tally) if networks else None
    if made is not None and not isinstance(made.images, MotionImages):
        raise FeatureMismatch(
            "views_unsupported",
            "Training views need a network of motion images: train without views, or with another network.",
        )
    return made


class _Looker:
    """One view of one region: describes and embeds the frames it is given."""

    def __init__(self, view: View, origin_s: float, steps: int, embedding: PictureEmbedding | None) -> None:
        self.view, self.origin_s = view, origin_s + view.phase_s
        self.describer = PictureDescriber(steps)
        self.embedding: PictureEmbedding | None = None
        if embedding is not None and isinstance(embedding.images, MotionImages):
            images = MotionImages(steps // EMBEDDING_EVERY, embedding.images.size)
            spool = Spool(steps // EMBEDDING_EVERY, embedding.spool.width)
            self.embedding = PictureEmbedding(embedding.run, images, spool, embedding.tally)

    def add(self, time_s: float, frame: Any) -> None:
        """Take a frame that is on screen from time_s of the film on."""
        seen = frame if self.view.window is None else Windowed(frame, self.view.window)
        self.describer.add(time_s - self.origin_s, seen)
        if self.embedding is not None:
            self.embedding.look(time_s - self.origin_s, seen)

    def finish(self, kept: slice) -> dict[str, NDArray[Any]]:
        """Return the fields of the steps `kept`."""
        last_s = self.describer.last_s
        picture, mask, cuts = (rows[kept] for rows in self.describer.finish())
        cuts[:1] = mask[:1]
        rows = np.zeros((0, 0), np.float16)
        if self.embedding is not None:
            self.embedding.finish(last_s)
            odd = slice(kept.start // EMBEDDING_EVERY, kept.stop // EMBEDDING_EVERY)
            rows = np.array(self.embedding.rows()[odd])
        return {"picture": picture, "mask": mask, "cuts": cuts, "picture_embedding": rows}


class _Done:
    """Tells how much of all regions together is seen."""

    def __init__(self, on_progress: OnProgress, total_s: float) -> None:
        self.on_progress, self.total_s, self.before_s = on_progress, total_s, 0.0

    def at(self, time_s: float, region: Region) -> None:
        inside_s = min(max(time_s - region[0], 0.0), region[1] - region[0])
        self.on_progress((self.before_s + inside_s) / self.total_s)

    def end(self, region: Region) -> None:
        self.before_s += region[1] - region[0]


def _look(
    path: Path | str, region: Region, embedding: PictureEmbedding | None, tally: Tally, done: _Done
) -> dict[str, NDArray[Any]]:
    """Return the fields of Views of one region."""
    start_s, end_s = region
    origin_s = max(0.0, start_s - LEAD_S)
    lead, count = round((start_s - origin_s) / STEP_S), round((end_s - start_s) / STEP_S)
    lookers = [_Looker(view, origin_s, lead + count + round(TAIL_S / STEP_S), embedding) for view in VIEWS]
    until_s = end_s + TAIL_S + STEP_S
    for time_s, frame in timed_pictures(
        path, start_s=origin_s, end_s=until_s, tally=tally, codec_options=DECODING
    ):
        for looker in lookers:
            looker.add(time_s, frame)
        done.at(time_s, region)
    done.end(region)
    found = [looker.finish(slice(lead, lead + count)) for looker in lookers]
    first = round(start_s / STEP_S)
    fields: dict[str, NDArray[Any]] = {
        field: np.stack([view[field] for view in found]) for field in _FIELDS[1:]
    }
    return {"steps": np.arange(first, first + count), **fields}


def save_views(views: Views, path: Path | str) -> None:
    """Write `views` as safetensors, atomically."""
    facts = {
        "version": views.version,
        "tier": views.tier,
        "weights": dict(views.weights),
        "names": list(views.names),
    }
    arrays = {field: np.ascontiguousarray(getattr(views, field)) for field in _FIELDS}
    with replacing(path) as draft:
        save_file(arrays, str(draft), metadata={"spotter_views": json.dumps(facts)})


def stored_views_version(path: Path | str) -> str | None:
    """Return the version of the views at `path`; None when they are missing, damaged or half-written."""
    try:
        with safe_open(str(path), framework="numpy") as file:
            return str(json.loads((file.metadata() or {})["spotter_views"])["version"])
    except (OSError, SafetensorError, KeyError, ValueError):
        return None


def load_views(path: Path | str) -> Views:
    """Read what `save_views` wrote.

    Raises FeatureMismatch: damaged_features, features_version when another extractor made them;
    FileNotFoundError when there is no such file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"There are no views at {path}.")
    try:
        with safe_open(str(path), framework="numpy") as file:
            facts = json.loads((file.metadata() or {})["spotter_views"])
            arrays = {field: file.get_tensor(field) for field in _FIELDS}
        views = Views(**{**facts, "names": tuple(facts["names"])}, **arrays)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise FeatureMismatch("damaged_features", "The file of views is damaged: make it again.") from error
    wanted = extractor_version(views.weights)
    if views.version != wanted:
        raise FeatureMismatch(
            "features_version", f"The views are of version {views.version}, not {wanted}: make them again."
        )
    return views
