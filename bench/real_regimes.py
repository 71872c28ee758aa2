"""The four regimes on the features of the real fight clips: reported beside the made-up scenes, no bars.

Clips are cut into pieces of two seconds. The truth is whether the clip is a fight; the kinds of content are
the six directions in which the pieces' descriptors vary most, so tastes concern what is really on screen.
Folds are the committed ones (whole sources, seed 0). With 2 % of the pieces each, the thousand made five or
so judgements.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.common import CACHE, code_hash, data_folder
from bench.folds import read_folds
from bench.regimes import BIAS, CROWD, CROWD_SHARE, KINDS, REGIMES, TASTE, WRONG, Regime
from ml.bundle import load_bundle
from ml.features import Features, extract, load_features, save_features
from ml.metrics import roc_auc
from ml.models.heads import Annotators
from ml.scoring import people_curves
from ml.train import train_bundle
from ml.types import Annotation, BoolArray, DoubleArray, Example, FloatArray, Mark, ViolationSpec

PIECE_STEPS = 8
SPEC = ViolationSpec("scene", "picture")
STEP_S = 0.25
WAYS: tuple[Annotators, ...] = ("low-rank", "majority")


@dataclass(frozen=True)
class Clip:
    """One real clip and its embedded features."""

    file: str
    source: str
    fight: bool
    fold: int
    path: Path
    features: Features


def real_rows() -> dict[str, Any]:
    """By regime and way: AUC against the truth and against own labels, held out; or why there are none."""
    folder = data_folder("fights")
    if folder is None:
        return {"skipped": "the real clips are not on this machine (set SPOTTER_DATA)"}
    clips = [_clip(row, folder) for row in read_folds("fights")["clips"]]
    kinds, clip_of, at = _pieces(clips)
    truth = np.array([clip.fight for clip in clips])[clip_of]
    return {regime: _regime(regime, clips, kinds, clip_of, at, truth) for regime in REGIMES}


def _clip(row: dict[str, Any], folder: Path) -> Clip:
    """Descriptors alone: what people differ about needs no networks, and they take seconds."""
    made_by = code_hash("ml/features", "ml/media")
    path = CACHE / "fights" / f"{made_by}-embedded" / f"{Path(row['file']).stem}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        save_features(extract(folder / row["file"], weights=None), path)
    return Clip(row["file"], row["source"], row["fight"], row["folds"][0], path, load_features(path))


def _pieces(clips: list[Clip]) -> tuple[DoubleArray, list[int], list[int]]:
    """(n, KINDS) how much of each kind the pieces hold, the clip of each, and its first step."""
    rows, clip_of, at = [], [], []
    for number, clip in enumerate(clips):
        picture = clip.features.picture
        for first in range(0, len(picture) - PIECE_STEPS // 2, PIECE_STEPS):
            rows.append(picture[first : first + PIECE_STEPS].mean(axis=0))
            clip_of.append(number)
            at.append(first)
    whole = np.stack(rows).astype(np.float64)
    z = np.clip((whole - whole.mean(axis=0)) / np.maximum(whole.std(axis=0), 1e-6), -5, 5)
    directions = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)[2][:KINDS]
    kinds = z @ directions.T
    return kinds / kinds.std(axis=0), clip_of, at


def _opinions(regime: Regime, kinds: DoubleArray, truth: BoolArray) -> tuple[BoolArray, BoolArray]:
    """(A, n) labels of everybody, and who was shown what."""
    rng = np.random.default_rng([7, REGIMES.index(regime)])
    people = CROWD if regime == "crowd" else 8
    size, even = (people, len(truth)), np.where(truth, 0.7, -0.7)
    if regime == "noise":
        label = truth ^ (rng.random(size) < rng.uniform(*WRONG, people)[:, None])
    elif regime == "threshold":
        seen = even + 0.7 * rng.standard_normal(len(truth))
        label = seen > BIAS * rng.standard_normal(people)[:, None]
    else:
        taste = TASTE * rng.standard_normal((people, KINDS)) / KINDS**0.5
        label = even + taste @ kinds.T + 0.3 * rng.standard_normal(size) > 0
    shown = rng.random(size) < CROWD_SHARE if regime == "crowd" else np.ones(size, dtype=np.bool_)
    return np.asarray(label), np.asarray(shown)


def _regime(
    regime: Regime,
    clips: list[Clip],
    kinds: DoubleArray,
    clip_of: list[int],
    at: list[int],
    truth: BoolArray,
) -> dict[str, Any]:
    label, shown = _opinions(regime, kinds, truth)
    names, folds = [f"person-{n:04}" for n in range(len(label))], np.array([clip.fold for clip in clips])
    result: dict[str, Any] = {}
    for way in WAYS:
        p = np.zeros((1 + len(names), len(truth)), np.float32)
        for fold in np.unique(folds).tolist():
            teach = [
                _example(clips, n, names, label, shown, clip_of, at)
                for n in np.flatnonzero(folds != fold).tolist()
            ]
            with tempfile.TemporaryDirectory(dir=CACHE) as place:
                out = Path(place) / "bundle"
                train_bundle(
                    [e for e in teach if e.annotations],
                    violations=[SPEC],
                    out_dir=out,
                    name=way,
                    tier="embedded",
                    annotators=way,
                )
                bundle = load_bundle(out)
            for number in np.flatnonzero(folds == fold).tolist():
                features = clips[number].features
                curves = people_curves(features, bundle, names)[SPEC.slug]
                for piece in [n for n, own in enumerate(clip_of) if own == number]:
                    p[:, piece] = curves[:, at[piece] : at[piece] + PIECE_STEPS].mean(axis=1)
        result[way] = {"truth_auc": roc_auc(truth, p[0]), "own_auc": _mean_auc(label, p[1:])}
    print(f"real {regime}: {result}", flush=True)
    return result | {"judgements_each": float(shown.sum(axis=1).mean())}


def _mean_auc(labels: BoolArray, p: FloatArray) -> float:
    aucs = [roc_auc(own, row) for own, row in zip(labels, p, strict=True)]
    return float(np.mean([auc for auc in aucs if auc is not None]))


def _example(
    clips: list[Clip],
    number: int,
    names: list[str],
    label: BoolArray,
    shown: BoolArray,
    clip_of: list[int],
    at: list[int],
) -> Example:
    """One clip with what everybody who was shown some of its pieces said of those."""
    clip = clips[number]
    pieces = [n for n, own in enumerate(clip_of) if own == number]
    spans = {
        n: (at[n] * STEP_S, min((at[n] + PIECE_STEPS) * STEP_S, clip.features.duration_s)) for n in pieces
    }
    words = []
    for person in np.flatnonzero(shown[:, pieces].any(axis=1)).tolist():
        mine = [n for n in pieces if shown[person, n]]
        marks = tuple(Mark(SPEC.slug, *spans[n]) for n in mine if label[person, n])
        watched = tuple(spans[n] for n in mine)
        words.append(Annotation(names[person], marks, watched, watched, (SPEC.slug,)))
    return Example(clip.file, clip.path, clip.source, "train", tuple(words))
