"""`python -m bench.folds`: deal the folds that the benches read, once, and write them to bench/folds/.

Five seeds of five folds each. Fights: whole sources together, both classes spread. Sounds: kinds spread, and
clips that hold the same recording together; such clusters are found by their fingerprints.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from bench.common import ROOT, data_folder
from bench.sound_clips import read_sound
from ml.types import DoubleArray, FloatArray

FOLDER = ROOT / "bench" / "folds"
SEEDS = (0, 1, 2, 3, 4)
FOLDS = 5
RATE_HZ = 16_000
FRAME = 400  # samples: 25 ms
BANDS = 48
PATCH = 40  # frames: 1 s, shorter than the shortest clip
SAME = 0.75  # correlation of two patches from which clips count as one recording


def read_folds(name: str) -> dict[str, Any]:
    """The committed folds of a bench: `clips`, one row each with `folds` (one number a seed), and `seeds`."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return content


def deal(kinds: Sequence[str], groups: Sequence[str]) -> list[list[int]]:
    """For each clip its fold under each seed: groups stay whole, kinds are spread."""
    dealt = np.zeros((len(kinds), len(SEEDS)), dtype=np.int64)
    for column, seed in enumerate(SEEDS):
        splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for fold, (_, held) in enumerate(splitter.split(np.zeros(len(kinds)), kinds, groups)):
            dealt[held, column] = fold
    return [[int(fold) for fold in row] for row in dealt]


def fingerprint(samples: FloatArray) -> FloatArray:
    """(frames, BANDS) log energies of 25 ms frames in bands evenly spread over log frequency."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME) * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    edges = np.unique(np.geomspace(4, power.shape[1], BANDS + 1).astype(int))
    bands = np.add.reduceat(power, edges[:-1], axis=1)
    return np.asarray(np.log(bands + 1e-6 * bands.mean()), dtype=np.float32)


def _patches(prints: FloatArray) -> FloatArray:
    """Every PATCH frames in a row, of length 1: (positions, PATCH x BANDS)."""
    windows = np.lib.stride_tricks.sliding_window_view(prints, PATCH, axis=0)
    # Without each band's mean and each frame's: all bangs rise at once, that makes them no duplicates.
    centred = windows - windows.mean(axis=2, keepdims=True)
    centred = centred - centred.mean(axis=1, keepdims=True)
    flat = centred.reshape(len(windows), -1)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def likeness(sounds: Sequence[FloatArray]) -> DoubleArray:
    """(n, n): how well each clip's liveliest patch is found anywhere in the other clip."""
    prints = [fingerprint(samples) for samples in sounds]
    liveliest = []
    for one in prints:
        spread = np.lib.stride_tricks.sliding_window_view(one, PATCH, axis=0).std(axis=2).sum(axis=1)
        liveliest.append(_patches(one)[int(spread.argmax())])
    wanted = np.stack(liveliest)
    found = np.stack([(_patches(one) @ wanted.T).max(axis=0) for one in prints])
    return np.asarray(np.maximum(found, found.T), dtype=np.float64)


def clusters(alike: DoubleArray, at: float = SAME) -> list[int]:
    """Number of the cluster of each clip: what is alike, also through others, is one."""
    number = list(range(len(alike)))
    for i, j in zip(*np.nonzero(np.triu(alike >= at, 1)), strict=True):
        keep, drop = sorted((number[i], number[j]))
        number = [keep if n == drop else n for n in number]
    return number


def _write(name: str, rows: list[dict[str, Any]], folds: list[list[int]]) -> None:
    clips = [row | {"folds": own} for row, own in zip(rows, folds, strict=True)]
    lines = ",\n".join(f"  {json.dumps(clip)}" for clip in clips)
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = f'{{"seeds": {json.dumps(SEEDS)}, "folds": {FOLDS}, "clips": [\n{lines}\n]}}\n'
    (FOLDER / f"{name}.json").write_text(text)


def _fights(folder: Path) -> None:
    rows = json.loads((folder / "labels.json").read_text())
    rows = [{"file": row["file"], "source": row["source"], "fight": bool(row["fight"])} for row in rows]
    folds = deal([str(row["fight"]) for row in rows], [row["source"] for row in rows])
    _write("fights", rows, folds)


def _sounds(folder: Path) -> None:
    rows = json.loads((folder / "labels.json").read_text())
    number = clusters(likeness([read_sound(folder / row["file"])[0] for row in rows]))
    rows = [
        {"file": row["file"], "kind": row["kind"], "cluster": f"cluster-{n:03}"}
        for row, n in zip(rows, number, strict=True)
    ]
    _write("sounds", rows, deal([row["kind"] for row in rows], [row["cluster"] for row in rows]))
    print(f"sounds: {len(rows)} clips in {len(set(number))} clusters")


def main() -> int:
    """Write both files."""
    fights, sounds = data_folder("fights"), data_folder("sounds")
    if fights is None or sounds is None:
        print("The real clips are not on this machine (set SPOTTER_DATA).")
        return 1
    _fights(fights)
    _sounds(sounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
