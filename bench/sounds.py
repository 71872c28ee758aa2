"""`make bench-sounds`: are gunshots, explosions, sirens and everyday sounds told apart by their sound?

Real surveillance sounds brought to equal length and level (bench/sound_clips.py), committed folds with near-
duplicates together, five seeds of five; Spotter's own training with one violation type a kind, the answer the
type with the highest calibrated log-odds. The bars: four-class accuracy of .85 in the embedded tier and .93
in the pretrained one. Beside them, in the same run, plain scikit-learn on the same embeddings, the untouched
clips, and what length and level alone give: untouched, equalised, and by how often a clip is repeated.
"""

import hashlib
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.common import (
    CACHE,
    PROCESSES,
    ROOT,
    close,
    code_hash,
    data_folder,
    in_parallel,
    skip,
    weights_folder,
)
from bench.folds import read_folds
from bench.sound_clips import LENGTH_S, equalised, read_sound, write_sound
from ml.analyse import analyse
from ml.bundle import load_bundle
from ml.calibrate import log_odds
from ml.features import Tier, extract, load_features, save_features
from ml.metrics import bootstrap_interval
from ml.train import train_bundle
from ml.types import Annotation, DoubleArray, Example, FloatArray, IntArray, Mark, ViolationSpec

BARS: dict[Tier, float] = {"embedded": 0.85, "pretrained": 0.93}
KINDS = ("casual", "explosion", "gunshot", "siren")
SPECS = tuple(ViolationSpec(kind, "sound") for kind in KINDS)
# Every configuration whose accuracy on these clips was looked at; see docs/log.md.
CONFIGURATIONS_TRIED = 207
REFERENCE_C = 0.03  # the best of those tried: a reference is not made weak


@dataclass(frozen=True)
class Clip:
    """One sound, its kind and folds (one number a seed), and its features: equalised, and as it was."""

    file: str
    kind: str
    cluster: str
    folds: tuple[int, ...]
    features: dict[str, Path]  # "equal" and "untouched"
    length_s: float  # of the untouched clip
    level: float  # root mean square of the untouched clip
    repeated: float  # times the clip is repeated to reach the equal length; 1 at least
    equal_length_s: float  # of the equalised clip, as it was written
    equal_level: float


Job = tuple[Sequence[Clip], int, int, Tier, str]  # clips, seed, fold, tier, which features


def prepare(job: tuple[Path, bool, Path | None]) -> Path:
    """Extract one clip's features, equalised or untouched, unless the cache has them."""
    file, equal, weights = job
    made_by = code_hash("ml/features", "ml/media", "ml/weights")
    how = _sound_hash() if equal else "untouched"
    tier = "embedded" if weights is None else "pretrained"
    path = CACHE / "sounds" / f"{made_by}-{tier}-{how}" / f"{file.stem}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            source = _equal_file(file, Path(folder)) if equal else file
            save_features(extract(source, weights=weights), path)
    return path


def _sound_hash() -> str:
    source = (ROOT / "bench" / "sound_clips.py").read_bytes()
    return f"equal-{hashlib.sha256(source).hexdigest()[:12]}"


def _equal_file(file: Path, folder: Path) -> Path:
    samples, rate_hz = read_sound(file)
    path = folder / "equal.wav"
    write_sound(path, equalised(samples, rate_hz, name=file.name), rate_hz)
    return path


def read_clips(folder: Path, weights: Path | None) -> list[Clip]:
    """The clips of the committed folds with both kinds of features and what must not matter."""
    rows = read_folds("sounds")["clips"]
    files = [folder / row["file"] for row in rows]
    equal = in_parallel(prepare, [(file, True, weights) for file in files])
    untouched = in_parallel(prepare, [(file, False, weights) for file in files])
    clips = []
    for row, file, one, other in zip(rows, files, equal, untouched, strict=True):
        samples, rate_hz = read_sound(file)
        length_s, equal_samples = len(samples) / rate_hz, equalised(samples, rate_hz, name=file.name)
        clips.append(
            Clip(
                file=row["file"],
                kind=row["kind"],
                cluster=row["cluster"],
                folds=tuple(row["folds"]),
                features={"equal": one, "untouched": other},
                length_s=length_s,
                level=_level(samples),
                repeated=max(1.0, LENGTH_S / length_s),
                equal_length_s=len(equal_samples) / rate_hz,
                equal_level=_level(equal_samples),
            )
        )
    return clips


def _level(samples: FloatArray) -> float:
    """Root mean square, to a precision that tells no two equalised clips apart."""
    return round(float(np.sqrt(np.square(samples, dtype=np.float64).mean())), 6)


def example_of(clip: Clip, which: str) -> Example:
    """The clip's kind as one annotation: it lasts as long as the clip."""
    end_s = LENGTH_S if which == "equal" else clip.length_s
    whole = ((0.0, end_s),)
    word = Annotation("dataset", (Mark(clip.kind, 0.0, end_s),), whole, whole, KINDS)
    return Example(clip.file, clip.features[which], clip.cluster, "train", (word,))


def score_fold(job: Job) -> dict[str, list[float]]:
    """Train on the other folds, score this one's clips: file -> mean calibrated log-odds by kind."""
    clips, seed, fold, tier, which = job
    train = [example_of(clip, which) for clip in clips if clip.folds[seed] != fold]
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        out = Path(folder) / "bundle"
        train_bundle(train, violations=SPECS, out_dir=out, name=f"fold-{fold}", seed=seed, tier=tier)
        bundle = load_bundle(out)
    scores = {}
    for clip in clips:
        if clip.folds[seed] == fold:
            curves = analyse(load_features(clip.features[which], tier=tier), bundle).curves
            scores[clip.file] = [float(log_odds(curves[kind]).mean()) for kind in KINDS]
    return scores


def score_all(clips: Sequence[Clip], tier: Tier, which: str) -> DoubleArray:
    """(clips, seeds, kinds) held-out log-odds by Spotter's own training."""
    folds = np.array([clip.folds for clip in clips])
    jobs: list[Job] = [
        (clips, seed, int(fold), tier, which)
        for seed in range(folds.shape[1])
        for fold in np.unique(folds[:, seed])
    ]
    place = {clip.file: number for number, clip in enumerate(clips)}
    scores = np.full((*folds.shape, len(KINDS)), np.nan)
    with ProcessPoolExecutor(PROCESSES) as pool:
        for (_, seed, _, _, _), found in zip(jobs, pool.map(score_fold, jobs), strict=True):
            for file, values in found.items():
                scores[place[file], seed] = values
    return scores


def reference(clips: Sequence[Clip]) -> DoubleArray:
    """(clips, seeds, kinds) held-out scores of logistic regression on the equalised clips' mean embedding."""
    means = [
        load_features(clip.features["equal"]).sound_embedding.mean(axis=0, dtype=np.float64) for clip in clips
    ]
    x, truth, folds = np.array(means), truth_of(clips), np.array([clip.folds for clip in clips])
    scores = np.zeros((*folds.shape, len(KINDS)))
    for seed in range(folds.shape[1]):
        for fold in np.unique(folds[:, seed]):
            away = folds[:, seed] == fold
            model = make_pipeline(StandardScaler(), LogisticRegression(C=REFERENCE_C, max_iter=1000))
            model.fit(x[~away], truth[~away])
            scores[away, seed] = model.decision_function(x[away])
    return scores


def length_and_level(clips: Sequence[Clip], confounds: DoubleArray) -> DoubleArray:
    """(clips, seeds, kinds) held-out answers of a forest that sees only the (clips, n) confounds."""
    truth, folds = truth_of(clips), np.array([clip.folds for clip in clips])
    scores = np.zeros((*folds.shape, len(KINDS)))
    for seed in range(folds.shape[1]):
        for fold in np.unique(folds[:, seed]):
            away = folds[:, seed] == fold
            forest = RandomForestClassifier(300, min_samples_leaf=3, random_state=seed)
            forest.fit(confounds[~away], truth[~away])
            scores[away, seed] = forest.predict_proba(confounds[away])
    return scores


def truth_of(clips: Sequence[Clip]) -> IntArray:
    """(clips,) number of each clip's kind."""
    return np.array([KINDS.index(clip.kind) for clip in clips])


def figures_of(clips: Sequence[Clip], scores: DoubleArray) -> dict[str, Any]:
    """Accuracy (mean of seeds), its interval over clusters, recall of each kind, confusion."""
    truth, answer = truth_of(clips), scores.argmax(axis=2)
    right = (answer == truth[:, None]).mean(axis=1)

    def statistic(drawn: IntArray) -> float | None:
        return float(right[drawn].mean())

    confusion = np.zeros((len(KINDS), len(KINDS)))
    for column in answer.T:
        np.add.at(confusion, (truth, column), 1 / answer.shape[1])
    return {
        "accuracy": float(right.mean()),
        "accuracy_by_seed": [float((column == truth).mean()) for column in answer.T],
        "interval": bootstrap_interval([clip.cluster for clip in clips], statistic, seed=0, rounds=1000),
        "recall": {kind: float(right[truth == k].mean()) for k, kind in enumerate(KINDS)},
        "confusion": [[round(float(cell), 1) for cell in row] for row in confusion],
    }


def main() -> int:
    """Run the bench."""
    folder, weights = data_folder("sounds"), weights_folder()
    if folder is None:
        return skip("sounds", "the real clips are not on this machine (set SPOTTER_DATA)")
    CACHE.mkdir(parents=True, exist_ok=True)
    clips = read_clips(folder, weights)
    tiers: list[Tier] = ["embedded"] if weights is None else ["embedded", "pretrained"]
    scores: dict[str, DoubleArray] = confounds_of(clips)
    if weights is not None:
        scores["scikit-learn on embeddings, equal"] = reference(clips)
    rows = {name: _row(clips, name, own) for name, own in scores.items()}
    for tier, which in [(tier, which) for which in ("equal", "untouched") for tier in tiers]:
        name = f"{tier}, {which}"
        scores[name] = score_all(clips, tier, which)
        rows[name] = _row(clips, name, scores[name])
    return close("sounds", _closing(clips, tiers, rows), _items(clips, scores))


def confounds_of(clips: Sequence[Clip]) -> dict[str, DoubleArray]:
    """Held-out answers from what must not matter, by the name of the row."""

    def columns(*names: str) -> DoubleArray:
        return np.array([[getattr(clip, name) for name in names] for clip in clips], dtype=np.float64)

    return {
        "length and level alone, untouched": length_and_level(clips, columns("length_s", "level")),
        "length and level alone, equal": length_and_level(clips, columns("equal_length_s", "equal_level")),
        "number of repeats alone, equal": length_and_level(clips, columns("repeated")),
    }


def _row(clips: Sequence[Clip], name: str, scores: DoubleArray) -> dict[str, Any]:
    """The figures of one row, printed as soon as they are there."""
    row = figures_of(clips, scores)
    recalls = "  ".join(f"{kind} {value:.2f}" for kind, value in row["recall"].items())
    low, high = row["interval"]
    print(f"{name:34} accuracy {row['accuracy']:.3f}  [{low:.3f}, {high:.3f}]  {recalls}", flush=True)
    return row


def _closing(clips: Sequence[Clip], tiers: Sequence[Tier], rows: dict[str, Any]) -> dict[str, Any]:
    reached = {tier: rows[f"{tier}, equal"]["accuracy"] for tier in tiers}
    skipped = [] if "pretrained" in tiers else ["pretrained: the weights are not on this machine"]
    for line in skipped:
        print(f"skipped {line}")
    return {
        **{f"accuracy_{tier}": value for tier, value in reached.items()},
        **{f"bar_{tier}": BARS[tier] for tier in tiers},
        "kinds": KINDS,
        "rows": rows,
        "skipped": skipped,
        "clips": len(clips),
        "clusters": len({clip.cluster for clip in clips}),
        "length_s": LENGTH_S,
        "clips_repeated": sum(clip.repeated > 1 for clip in clips),
        "seeds": read_folds("sounds")["seeds"],
        "configurations_tried": CONFIGURATIONS_TRIED,
        "ok": all(value >= BARS[tier] for tier, value in reached.items()),
    }


def _items(clips: Sequence[Clip], scores: dict[str, DoubleArray]) -> list[dict[str, Any]]:
    """One line a clip and seed: enough to compute every figure again."""
    return [
        {
            "file": clip.file,
            "kind": clip.kind,
            "cluster": clip.cluster,
            "seed": seed,
            "fold": fold,
            "scores": {name: [round(float(z), 3) for z in own[n, seed]] for name, own in scores.items()},
        }
        for n, clip in enumerate(clips)
        for seed, fold in enumerate(clip.folds)
    ]


if __name__ == "__main__":
    sys.exit(main())
