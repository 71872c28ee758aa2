"""`make bench-fights`: are real fights told from other surveillance clips of sources never seen?

Five folds grouped by source, one bundle a fold, a clip's score the mean log-odds of its curve. Picture alone
has a bar of .72 AUC; sound alone (on audible clips) and both are printed, and so is what a model could learn
from mere confounds: the clip's length and whether it has a sound track.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.common import CACHE, close, code_hash, data_folder, in_parallel, skip
from ml.analyse import analyse
from ml.bundle import load_bundle
from ml.calibrate import log_odds
from ml.features import extract, load_features, save_features
from ml.metrics import bootstrap_interval, roc_auc
from ml.table import audible
from ml.train import train_bundle
from ml.types import Annotation, Example, IntArray, Mark, ViolationSpec

BAR = 0.72
FOLDS = 5
SEED = 0
SPECS = (
    ViolationSpec("fight-picture", "picture"),
    ViolationSpec("fight-sound", "sound"),
    ViolationSpec("fight-both", "both"),
)


@dataclass
class Clip:
    """One clip, its label, and what was found about it."""

    file: str
    source: str
    fight: bool
    fold: int = -1
    features: str = ""
    length_s: float = 0.0
    has_sound: bool = False
    audible: bool = False
    scores: dict[str, float] | None = None


def prepare(file: Path) -> Path:
    """Extract one clip's features, unless the cache has them."""
    path = CACHE / "fights" / code_hash("ml/features", "ml/media") / f"{file.stem}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        save_features(extract(file), path)
    return path


def deal_folds(clips: Sequence[Clip]) -> None:
    """Give each source's clips one fold: largest source first, into the fold with the fewest clips."""
    sizes = {source: sum(c.source == source for c in clips) for source in sorted({c.source for c in clips})}
    load = [0] * FOLDS
    for source in sorted(sizes, key=lambda s: (-sizes[s], s)):
        fold = load.index(min(load))
        load[fold] += sizes[source]
        for clip in clips:
            if clip.source == source:
                clip.fold = fold


def example_of(clip: Clip) -> Example:
    """The clip's label as one annotation: a fight lasts as long as the clip."""
    whole = ((0.0, clip.length_s),)
    marks = tuple(Mark(spec.slug, 0.0, clip.length_s) for spec in SPECS) if clip.fight else ()
    slugs = tuple(spec.slug for spec in SPECS)
    return Example(
        clip.file,
        Path(clip.features),
        clip.source,
        "train",
        (Annotation("dataset", marks, whole, whole, slugs),),
    )


def score_fold(clips: Sequence[Clip], fold: int) -> None:
    """Train on the other folds and score this one's clips."""
    train = [example_of(clip) for clip in clips if clip.fold != fold]
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        train_bundle(train, violations=SPECS, out_dir=Path(folder) / "b", name=f"fold-{fold}", seed=SEED)
        bundle = load_bundle(Path(folder) / "b")
    for clip in clips:
        if clip.fold == fold:
            curves = analyse(load_features(Path(clip.features)), bundle).curves
            clip.scores = {slug: float(log_odds(curve).mean()) for slug, curve in curves.items()}


def read_clips(folder: Path) -> list[Clip]:
    """The labelled clips with their features and the confounds."""
    rows = json.loads((folder / "labels.json").read_text())
    clips = [Clip(row["file"], row["source"], bool(row["fight"])) for row in rows]
    for clip, path in zip(clips, in_parallel(prepare, [folder / c.file for c in clips]), strict=True):
        features = load_features(path)
        clip.features, clip.length_s = str(path), features.duration_s
        clip.has_sound, clip.audible = bool(features.sound_mask.any()), bool(audible(features).any())
    return clips


def main() -> int:
    """Run the bench."""
    folder = data_folder("fights")
    if folder is None:
        return skip("fights", "the real clips are not on this machine (set SPOTTER_DATA)")
    CACHE.mkdir(parents=True, exist_ok=True)
    clips = read_clips(folder)
    deal_folds(clips)
    for fold in range(FOLDS):
        score_fold(clips, fold)
    rows = {slug: _row(clips, slug) for slug in (spec.slug for spec in SPECS)}
    heard = [clip for clip in clips if clip.audible]
    rows["fight-sound"] = _row(heard, "fight-sound")
    rows["confound: length"] = _auc(clips, [c.length_s for c in clips])
    rows["confound: has a sound track"] = _auc(clips, [float(c.has_sound) for c in clips])
    for name, (auc, interval) in rows.items():
        bounds = "" if interval is None else f"  [{interval[0]:.3f}, {interval[1]:.3f}]"
        print(f"{name:28} AUC {auc:.3f}{bounds}")
    auc = rows["fight-picture"][0]
    figures = {
        "auc_picture": auc,
        "bar": BAR,
        "auc": {name: value for name, (value, _) in rows.items()},
        "clips": len(clips),
        "audible_clips": len(heard),
        "sources": len({c.source for c in clips}),
        "folds": FOLDS,
        "seed": SEED,
        "ok": auc >= BAR,
    }
    return close("fights", figures, [_item(clip) for clip in clips])


def _row(clips: Sequence[Clip], slug: str) -> tuple[float, tuple[float, float] | None]:
    return _auc(clips, [(clip.scores or {}).get(slug, 0.0) for clip in clips])


def _auc(clips: Sequence[Clip], scores: Sequence[float]) -> tuple[float, tuple[float, float] | None]:
    truth, score = np.array([c.fight for c in clips]), np.array(scores, dtype=np.float32)

    def statistic(rows: IntArray) -> float | None:
        return roc_auc(truth[rows], score[rows])

    auc = roc_auc(truth, score)
    return auc or 0.0, bootstrap_interval([c.source for c in clips], statistic, seed=SEED)


def _item(clip: Clip) -> dict[str, object]:
    return {key: value for key, value in asdict(clip).items() if key != "features"}


if __name__ == "__main__":
    sys.exit(main())
