"""`make bench-train`: how long a training takes, and the model along an hour, from cached features.

2,000 labelled video-minutes (200 made-up films of ten minutes, seen by two of twelve people each) become a
trained, calibrated and evaluated bundle; then one hour of cached features is analysed with it. On two cores,
every training in a process of its own; the pretrained tier must stay within the bars. Beside it: the same
training begun at the weights of a bundle that nine tenths of its films taught.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np

import bench.made_up
from bench.common import CACHE, PROCESSES, close, in_parallel
from bench.made_up import SPECS, Job, example_of, make
from ml.analyse import analyse
from ml.bundle import Bundle, load_bundle
from ml.evaluate import evaluate_bundle
from ml.features import Tier, load_features
from ml.train import train_bundle
from ml.types import Example, Split

BAR_TRAINING_S, BAR_HOUR_S = 120.0, 1.0
FILMS, MINUTES, SEED = 200, 10.0, 4
SPLITS: tuple[Split, ...] = (*(("train",) * 7), "validation", "validation", "holdout")
TIERS: tuple[Tier, ...] = ("pretrained", "embedded")
HOUR = 999  # the number of the film that is an hour long
HOURS_ANALYSED = 5


def jobs(films: int) -> list[Job]:
    """The films, and last the hour; their names say what made them."""
    made_by = hashlib.sha256(Path(bench.made_up.__file__).read_bytes()).hexdigest()[:12]
    folder = CACHE / "train" / made_by
    short = [Job(folder / f"{n:03d}.safetensors", SEED, n, MINUTES) for n in range(films)]
    return [*short, Job(folder / "hour.safetensors", SEED, HOUR, 60.0)]


def examples_of(films: list[Job]) -> list[Example]:
    """Seven tenths teach, two validate, one is kept to evaluate on."""
    return [example_of(job, SPLITS[job.number % len(SPLITS)]) for job in films]


def measured(tier: Tier, films: int, folder: Path) -> dict[str, Any]:
    """One training and evaluation, and the hour, in this process: what it took."""
    *short, hour = jobs(films)
    examples = examples_of(short)
    begun, cpu = time.perf_counter(), time.process_time()
    stages: list[tuple[str, float]] = []
    metrics = train_bundle(
        examples,
        violations=SPECS,
        out_dir=folder / "bundle",
        name="bench-train",
        tier=tier,
        on_progress=lambda _done, stage, _figures: stages.append((stage, time.perf_counter())),
    )
    trained = time.perf_counter()
    bundle = load_bundle(folder / "bundle")
    judged = evaluate_bundle(bundle, [e for e in examples if e.split == "holdout"])
    done = time.perf_counter()
    cpu_s = time.process_time() - cpu
    return {
        "seconds": round(done - begun, 2),
        "cpu_seconds": round(cpu_s, 2),
        "training_seconds": round(trained - begun, 2),
        "evaluating_seconds": round(done - trained, 2),
        "stages": _by_stage(stages, trained),
        "steps": metrics["steps"],
        "macro_auc": judged["macro_auc"],
        "digest": metrics["digest"],
        "memory_mb": _peak_mb(),
        "hour": [_hour(hour, tier, folder / "bundle") for _ in range(HOURS_ANALYSED)],
    }


def _by_stage(stages: list[tuple[str, float]], end: float) -> dict[str, float]:
    """Seconds from the first word of each stage to that of the next."""
    firsts: dict[str, float] = {}
    for stage, at in stages:
        firsts.setdefault(stage, at)
    ends = [*list(firsts.values())[1:], end]
    return {stage: round(until - at, 2) for (stage, at), until in zip(firsts.items(), ends, strict=True)}


def _hour(job: Job, tier: Tier, bundle_folder: Path) -> dict[str, float]:
    bundle = load_bundle(bundle_folder)
    begun, cpu = time.perf_counter(), time.process_time()
    analyse(load_features(job.path, tier=tier), bundle)
    return {
        "seconds": round(time.perf_counter() - begun, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def warm(films: int, folder: Path) -> dict[str, Any]:
    """The pretrained training begun at what nine tenths of its films taught, and the same begun at zero."""
    examples = examples_of(jobs(films)[:-1])
    taken: dict[str, dict[str, Any]] = {}
    older: Bundle | None = None
    for name, part, start in (("older", 9, False), ("cold", 10, False), ("warm", 10, True)):
        fitted_from: list[float] = []

        def listen(
            _done: float, stage: str, _figures: dict[str, float], told: list[float] = fitted_from
        ) -> None:
            if stage != "reading features":
                told.append(time.process_time())

        metrics = train_bundle(
            examples[: len(examples) * part // 10],
            violations=SPECS,
            out_dir=folder / name,
            name=name,
            tier="pretrained",
            on_progress=listen,
            warm_from=older if start else None,
        )
        if name == "older":
            older = load_bundle(folder / name)
        taken[name] = {
            "fitting_cpu_seconds": round(fitted_from[-1] - fitted_from[0], 2),
            "evaluations": _evaluations(metrics),
            "macro_auc": metrics["macro_auc"],
        }
    return {"cold": taken["cold"], "warm": taken["warm"]}


def _evaluations(metrics: dict[str, Any]) -> int:
    """How often the loss over all rows was asked for, in all heads and types."""
    return sum(note["evaluations"] for m in metrics["violations"].values() for note in m["fit"].values())


def in_child(tier: Tier | Literal["warm"], films: int) -> dict[str, Any]:
    """The same in a process of its own on PROCESSES cores, so that its memory is its own."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        words = ["--child", tier, "--films", str(films), "--folder", folder]
        done = subprocess.run(
            [sys.executable, "-m", "bench.train", *words], check=True, capture_output=True, text=True
        )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def summary_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians of runs; a bundle that differs from run to run would be said here."""
    middle = sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]
    hours = [hour for run in runs for hour in run["hour"]]
    kept = ("training_seconds", "evaluating_seconds", "stages", "steps", "macro_auc")
    return {
        "seconds": float(np.median([run["seconds"] for run in runs])),
        "cpu_seconds": float(np.median([run["cpu_seconds"] for run in runs])),
        **{key: middle[key] for key in kept},
        "memory_mb": max(run["memory_mb"] for run in runs),
        "hour_seconds": float(np.median([hour["seconds"] for hour in hours])),
        "hour_cpu_seconds": float(np.median([hour["cpu_seconds"] for hour in hours])),
        "same_bytes": len({run["digest"] for run in runs}) == 1,
    }


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(prog="make bench-train")
    parser.add_argument("--runs", type=int, default=3, help="trainings of each tier; medians count")
    parser.add_argument("--films", type=int, default=FILMS, help="fewer, for a look; the bars are for 200")
    parser.add_argument("--child", choices=(*TIERS, "warm"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSES])
    if chosen.child:
        work = warm(chosen.films, chosen.folder) if chosen.child == "warm" else None
        print(json.dumps(work or measured(chosen.child, chosen.films, chosen.folder)))
        return 0
    in_parallel(make, jobs(chosen.films))
    runs = {tier: [in_child(tier, chosen.films) for _ in range(chosen.runs)] for tier in TIERS}
    tiers = {tier: summary_of(of_tier) for tier, of_tier in runs.items()}
    whole = tiers["pretrained"]
    ok = whole["seconds"] <= BAR_TRAINING_S and whole["hour_seconds"] <= BAR_HOUR_S
    figures = {
        "seconds": whole["seconds"],
        "bar_seconds": BAR_TRAINING_S,
        "hour_seconds": whole["hour_seconds"],
        "bar_hour_seconds": BAR_HOUR_S,
        "video_minutes": chosen.films * MINUTES,
        "cores": len(os.sched_getaffinity(0)),
        "seeds": {"films": SEED, "fit": 0},
        "tiers": tiers,
        "warm_start": in_child("warm", chosen.films),
        "ok": ok and chosen.films >= FILMS,
    }
    return close("train", figures, [{"tier": tier, **run} for tier in TIERS for run in runs[tier]])


if __name__ == "__main__":
    sys.exit(main())
