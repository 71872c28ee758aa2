"""`make bench-annotators`: does every annotator keep their voice, and does the consensus lose nothing by it?

Four regimes of made-up reviewers (bench/regimes.py), five seeds, all through `train_bundle`; judged on scenes
of other split groups by the truth and by each annotator's own labels. Beside it majority vote (the same
training on hardened labels, without annotators), and on fewer seeds heads and models of each annotator's own.

Bars: the consensus' AUC at most .01 below majority vote's in every regime; own labels predicted better by .10
where 8, and by .04 where 1,000 differ in taste; 1,000 annotators cost at most 1.3 times what 8 do, where the
scenes, the features and the number of opinions (8 a scene) are the same; the band shown where people differ
systematically and not where they are merely careless. Real fight clips' features under the same regimes are
reported where SPOTTER_DATA is there.
"""

import base64
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from bench.common import CACHE, PROCESSES, close
from bench.real_regimes import real_rows
from bench.regimes import REGIMES, STEPS, Opinions, Regime, Scenes, features_of, make_opinions, make_scenes
from ml.bundle import Bundle, load_bundle
from ml.features import STEP_S, save_features
from ml.metrics import roc_auc
from ml.models.heads import ANNOTATORS, Annotators
from ml.scoring import people_curves
from ml.train import train_bundle
from ml.types import Annotation, BoolArray, DoubleArray, Example, FloatArray, Mark, ViolationSpec

SEEDS = (0, 1, 2, 3, 4)
SEEDS_APART = (0,)  # of heads and models of their own: they take minutes where there are 1,000
MOST_BELOW_MAJORITY = 0.01
GAIN: dict[Regime, float] = {"subjective": 0.10, "crowd": 0.04}
MOST_COST = 1.3
COST_PEOPLE = (8, 1000)
COST_ROUNDS = 3
BAND_SHOWN: dict[Regime, bool] = {"noise": False, "threshold": True, "subjective": True, "crowd": True}
SPEC = ViolationSpec("scene", "both")
LENGTH_S = STEPS * STEP_S


@dataclass(frozen=True)
class Run:
    """One training, judged on scenes it had not seen."""

    regime: Regime
    seed: int
    way: Annotators
    truth_auc: float
    own_auc: float
    seconds: float  # of CPU, reading the features included
    size: int  # bytes on disk
    band: dict[str, Any]
    predictions: list[str]  # consensus, then each annotator where there are any: base64 of uint16


def examples_of(scenes: Scenes, opinions: Opinions, folder: Path) -> list[Example]:
    """Each scene a video of its own; who was not shown it says nothing."""
    names, whole = name_all(len(opinions.label)), ((0.0, LENGTH_S),)
    marked = (Mark(SPEC.slug, 0.0, LENGTH_S),)
    examples = []
    for number, group in enumerate(scenes.group.tolist()):
        words = tuple(
            Annotation(names[a], marked if opinions.label[a, number] else (), whole, whole, (SPEC.slug,))
            for a in np.flatnonzero(opinions.shown[:, number]).tolist()
        )
        path = folder / f"{number}.safetensors"
        if words:
            examples.append(Example(str(number), path, f"group-{group}", "train", words))
    return examples


def name_all(people: int) -> list[str]:
    """Names whose order is that of the numbers."""
    return [f"person-{number:04}" for number in range(people)]


def write_features(scenes: Scenes, folder: Path) -> Path:
    """One features file a scene."""
    for number in range(len(scenes.truth)):
        save_features(features_of(scenes, np.array([number])), folder / f"{number}.safetensors")
    return folder


def trained(examples: Sequence[Example], way: Annotators, folder: Path) -> tuple[Bundle, float, int]:
    """The bundle, CPU seconds of its training and its size in bytes."""
    begun = time.process_time()
    train_bundle(examples, violations=[SPEC], out_dir=folder, name=way, annotators=way)
    seconds = time.process_time() - begun
    return load_bundle(folder), seconds, sum(file.stat().st_size for file in folder.iterdir())


def packed(p: FloatArray) -> str:
    """(n,) probabilities in a form that takes little room; figures are computed from exactly this."""
    return base64.b64encode(_quantised(p).astype("<u2").tobytes()).decode()


def _quantised(p: FloatArray) -> DoubleArray:
    return np.asarray(np.round(p * 65535), dtype=np.float64)


def own_auc(labels: BoolArray, p: FloatArray) -> float:
    """Mean over annotators (A, n) of the AUC against their own labels; without who says one thing only."""
    aucs = [roc_auc(own, _quantised(row).astype(np.float32)) for own, row in zip(labels, p, strict=True)]
    return float(np.mean([auc for auc in aucs if auc is not None]))


def run_seed(job: tuple[Regime, int]) -> list[Run]:
    """All ways of one regime and seed."""
    regime, seed = job
    teach, test = make_scenes(seed)
    shown, judged = make_opinions(regime, teach, seed), make_opinions(regime, test, seed)
    film, names = features_of(test, np.arange(len(test.truth))), name_all(len(judged.label))
    runs = []
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as place:
        examples = examples_of(teach, shown, write_features(teach, Path(place)))
        for way in ANNOTATORS:
            if way in ("heads", "ensemble") and seed not in SEEDS_APART:
                continue
            bundle, seconds, size = trained(examples, way, Path(place) / way)
            # A scene's steps look alike: one of them tells it.
            p = people_curves(film, bundle, names)[SPEC.slug][:, ::STEPS]
            truth = roc_auc(test.truth, _quantised(p[0]).astype(np.float32)) or 0.5
            band = bundle.bands[SPEC.slug]
            told = {"shown": band.shown, "correlation": band.correlation, "interval": band.interval}
            rows = p if way != "majority" else p[:1]
            own = own_auc(judged.label, p[1:])
            runs.append(
                Run(regime, seed, way, truth, own, seconds, size, told, [packed(row) for row in rows])
            )
            print(
                f"{regime} {seed} {way}: truth {truth:.3f} own {own:.3f} {seconds:.1f} s {told}", flush=True
            )
    return runs


def cost_of_many() -> dict[str, Any]:
    """CPU seconds of trainings by 8 and by 1,000: same scenes, 8 opinions on each, people of one kind."""
    teach, _ = make_scenes(SEEDS[0])
    seconds: dict[int, list[float]] = {people: [] for people in COST_PEOPLE}
    with tempfile.TemporaryDirectory(dir=CACHE) as place:
        folder = write_features(teach, Path(place))
        several = {people: examples_of(teach, _eight_each(teach, people), folder) for people in COST_PEOPLE}
        for number in range(COST_ROUNDS):
            for people in COST_PEOPLE:
                _, spent, _ = trained(several[people], "low-rank", Path(place) / f"{people}-{number}")
                seconds[people].append(spent)
                print(f"{people} annotators: {spent:.1f} s", flush=True)
    few, many = (float(np.median(seconds[people])) for people in COST_PEOPLE)
    return {"seconds": {str(people): own for people, own in seconds.items()}, "ratio": many / few}


def _eight_each(scenes: Scenes, people: int) -> Opinions:
    """Subjective people of whom any eight were shown each scene."""
    said = make_opinions("subjective", scenes, SEEDS[0], people=people)
    chance = np.random.default_rng([SEEDS[0], 3]).random(said.label.shape)
    return Opinions(said.label, np.asarray(chance.argsort(axis=0).argsort(axis=0) < min(COST_PEOPLE)))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean of a few seeds, by Student's t."""
    spread = float(np.std(values, ddof=1)) / len(values) ** 0.5 * float(student.ppf(0.975, len(values) - 1))
    return float(np.mean(values)) - spread, float(np.mean(values)) + spread


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """By regime: every way's means, and what low rank differs from majority vote by, seed by seed."""
    table: dict[str, Any] = {}
    for regime in REGIMES:
        of = {way: [r for r in runs if r.regime == regime and r.way == way] for way in ANNOTATORS}
        rows = {way: _means(own) for way, own in of.items() if own}
        pairs = list(zip(of["low-rank"], of["majority"], strict=True))
        below = [vote.truth_auc - ours.truth_auc for ours, vote in pairs]
        gain = [ours.own_auc - vote.own_auc for ours, vote in pairs]
        table[regime] = {
            "chance": {"truth_auc": 0.5, "own_auc": 0.5},
            **rows,
            "below_majority": float(np.mean(below)),
            "below_majority_interval": interval(below),
            "own_gain": float(np.mean(gain)),
            "own_gain_interval": interval(gain),
            "bands_shown": [r.band["shown"] for r in of["low-rank"]],
            "band_correlations": [r.band["correlation"] for r in of["low-rank"]],
        }
    return table


def _means(runs: Sequence[Run]) -> dict[str, float | int]:
    figures = ("truth_auc", "own_auc", "seconds", "size")
    return {name: float(np.mean([getattr(run, name) for run in runs])) for name in figures} | {
        "seeds": len(runs)
    }


def met(table: dict[str, Any], ratio: float) -> dict[str, bool]:
    """Each bar, by what it asks."""
    bars = {
        f"{regime}: consensus at most {MOST_BELOW_MAJORITY} below majority": table[regime]["below_majority"]
        <= MOST_BELOW_MAJORITY
        for regime in REGIMES
    }
    bars |= {
        f"{regime}: own labels better by {least}": table[regime]["own_gain"] >= least
        for regime, least in GAIN.items()
    }
    bars |= {
        f"{regime}: band {'shown' if shown else 'not shown'}": set(table[regime]["bands_shown"]) == {shown}
        for regime, shown in BAND_SHOWN.items()
    }
    return bars | {f"1,000 annotators cost at most {MOST_COST} times 8": ratio <= MOST_COST}


def main() -> int:
    """Run the bench."""
    jobs = [(regime, seed) for seed in SEEDS for regime in REGIMES]
    with ProcessPoolExecutor(PROCESSES) as pool:
        runs = [run for found in pool.map(run_seed, jobs) for run in found]
    cost, table = cost_of_many(), summary(runs)
    bars = met(table, cost["ratio"])
    figures = {
        "regimes": table,
        "cost": cost,
        "real": real_rows(),
        "seeds": SEEDS,
        "seeds_apart": SEEDS_APART,
        "bars": bars,
        "ok": all(bars.values()),
    }
    for what, kept in bars.items():
        print(f"{'met   ' if kept else 'MISSED'} {what}")
    items = [
        {"regime": run.regime, "seed": run.seed, "way": run.way, "predictions": run.predictions}
        for run in runs
    ]
    return close("annotators", figures, items)


if __name__ == "__main__":
    sys.exit(main())
