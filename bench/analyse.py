"""`make bench-analyse`: what does an analysis cost beside plain decoding, and where does the time go?

CPU seconds (user and system) from probe to features, in a process of its own, imports excluded, against
decoding alone in the same run: `ffmpeg -threads 1 -i FILE -vf fps=4,scale=160:-2 -f null -`, or PyAV doing
the same where there is no ffmpeg. Runs alternate, medians over rounds. ARGS="--seconds 600 --rounds 1"
measures ten minutes instead of the first two; peak memory is always that of ten minutes. Pretrained rows
need SPOTTER_WEIGHTS or the weights of SPOTTER_DATA.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench.common import ROOT, close, data_folder, skip
from bench.long_films import long_film

LONG_S = 600
# Name -> (bar, whether more is better).
BARS: dict[str, tuple[float, bool]] = {
    "ratio_embedded_720p": (1.35, False),
    "ratio_embedded_1080p": (1.35, False),
    "ratio_pretrained_720p": (1.7, False),
    "ratio_pretrained_1080p": (1.4, False),
    "descriptors_x": (100.0, True),
    "peak_mb": (600.0, False),
    "two_workers_x": (1.8, True),
}
DESCRIBING = ("light and flashes", "edges and differences", "optical flow", "sound: describing")
REDUCING = "picture: reducing frames"
Run = dict[str, Any]  # what bench.analyse_child prints


def main(arguments: Sequence[str]) -> int:
    """Run the bench."""
    asked = _asked(arguments)
    ordinary = data_folder("ordinary")
    if ordinary is None:
        return skip("analyse", "the ordinary films are not on this machine (set SPOTTER_DATA)")
    weights = weights_folder()
    if weights is None:
        print("skipped the pretrained tier: no weights (set SPOTTER_WEIGHTS or SPOTTER_DATA)")
    load_before = os.getloadavg()[0]
    items: list[Run] = []
    figures: dict[str, Any] = {"seconds": asked.seconds, "rounds": asked.rounds, "cpus": os.cpu_count()}
    for height in (720, 1080):
        film = long_film(ordinary, height, asked.seconds)
        figures[f"kbit_s_{height}p"] = round(film.stat().st_size * 8 / asked.seconds / 1000)
        runs = _rounds(film, weights, asked.rounds)
        items += runs
        figures |= cost_figures(runs, f"{height}p", asked.seconds)
        figures |= _parts_figures(film, weights, height, asked.seconds)
    figures["peak_mb"] = _peak_mb(long_film(ordinary, 720, LONG_S), weights)
    figures["two_workers_x"] = _two_workers(ordinary, asked.seconds, asked.rounds)
    if asked.adaptive:
        from bench.adaptive import adaptive_figures  # trains a bundle: only where asked

        figures["adaptive"], films = adaptive_figures(ordinary.parent, weights=weights)
        items += films
    figures["load_before"], figures["load_after"] = round(load_before, 2), round(os.getloadavg()[0], 2)
    figures["reference"] = "ffmpeg" if shutil.which("ffmpeg") else "PyAV"
    figures["bars"] = {name: bar for name, (bar, _) in BARS.items() if name in figures}
    figures["missed"] = missed(figures)
    figures["ok"] = not figures["missed"]
    _print_table(figures)
    return close("analyse", figures, items)


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.analyse")
    parser.add_argument("--seconds", type=int, default=120, help="of film measured, up to 600")
    parser.add_argument("--rounds", type=int, default=3, help="of which the medians are taken")
    parser.add_argument(
        "--adaptive",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="measure adaptive decoding too (minutes)",
    )
    return parser.parse_args(arguments)


def weights_folder() -> Path | None:
    """Return the folder of the published weights, from SPOTTER_WEIGHTS or SPOTTER_DATA, if there is one."""
    named = os.environ.get("SPOTTER_WEIGHTS")
    return Path(named).resolve() if named else data_folder("weights")


def measure(kind: str, film: Path, *more: Path) -> Run:
    """Run one measurement in a process of its own."""
    return finished(start(kind, film, *more))


def start(kind: str, film: Path, *more: Path) -> "subprocess.Popen[str]":
    """Start one measurement."""
    words = [sys.executable, "-m", "bench.analyse_child", kind, str(film), *(str(path) for path in more)]
    single = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(words, cwd=ROOT, env=single, stdout=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> Run:
    """Wait for a measurement and return what it found."""
    text, _ = process.communicate()
    if process.returncode:
        raise SystemExit("A measurement failed; its words are above.")
    found: Run = json.loads(text.splitlines()[-1])
    return found


def _rounds(film: Path, weights: Path | None, rounds: int) -> list[Run]:
    """Measure the reference and each tier in turn, so that whatever else the machine does meets all."""
    reference = "ffmpeg" if shutil.which("ffmpeg") else "reference"
    runs = []
    for number in range(rounds):
        runs.append({"round": number, "kind": "reference", **measure(reference, film)})
        runs.append({"round": number, "kind": "embedded", **measure("embedded", film)})
        if weights:
            runs.append({"round": number, "kind": "pretrained", **measure("pretrained", film, weights)})
        told = ", ".join(f"{run['kind']} {run['cpu_s']:.1f} s" for run in runs if run["round"] == number)
        print(f"{film.name}, round {number + 1}: {told}", flush=True)
    return [{**run, "film": film.name} for run in runs]


def cost_figures(runs: Sequence[Run], size: str, seconds: float) -> dict[str, float]:
    """Return, of runs (kind, round, cpu_s), the medians as times real time and as ratios to the reference.

    The ratio is the median over rounds of each round's own ratio.
    """
    figures = {}
    by_kind = {
        kind: {run["round"]: run["cpu_s"] for run in runs if run["kind"] == kind}
        for kind in ("reference", "embedded", "pretrained")
    }
    for kind, spent in by_kind.items():
        if not spent:
            continue
        figures[f"real_time_x_{kind}_{size}"] = round(seconds / median(spent.values()), 1)
        if kind != "reference":
            ratios = [cpu_s / by_kind["reference"][number] for number, cpu_s in spent.items()]
            figures[f"ratio_{kind}_{size}"] = round(median(ratios), 3)
    return figures


def _parts_figures(film: Path, weights: Path | None, height: int, seconds: float) -> dict[str, Any]:
    """Return where the time goes, and of the 720p file how fast descriptors alone are."""
    plain = measure("embedded-parts", film)
    figures: dict[str, Any] = {f"parts_ms_per_s_embedded_{height}p": parts_of(plain, seconds)}
    if weights:
        learned = measure("pretrained-parts", film, weights)
        figures[f"parts_ms_per_s_pretrained_{height}p"] = parts_of(learned, seconds)
    if height == 720:
        figures |= descriptor_figures(plain["parts"], seconds)
    return figures


def parts_of(run: Run, seconds: float) -> dict[str, float]:
    """Return CPU milliseconds a second of film by part, largest first, what has no name last."""
    named = sorted(run["parts"].items(), key=lambda item: -item[1])
    rest = ("all the rest", run["cpu_s"] - sum(run["parts"].values()))
    return {name: round(spent * 1000 / seconds, 2) for name, spent in (*named, rest)}


def descriptor_figures(parts: Mapping[str, float], seconds: float) -> dict[str, float]:
    """Return how many times faster than real time frames and samples already in memory are described.

    descriptors_x: frames already reduced to the small pictures and cells that descriptors read;
    descriptors_and_reducing_x: from decoded frames of 720p.
    """
    describing = sum(parts[name] for name in DESCRIBING)
    return {
        "descriptors_x": round(seconds / describing, 1),
        "descriptors_and_reducing_x": round(seconds / (describing + parts[REDUCING]), 1),
    }


def _peak_mb(film: Path, weights: Path | None) -> float:
    """Return the most memory an extraction of ten minutes held, in the larger tier there is."""
    run = measure("pretrained", film, weights) if weights else measure("embedded", film)
    return float(round(run["peak_mb"], 1))


def _two_workers(ordinary: Path, seconds: int, rounds: int) -> float:
    """Return how much more two processes do than one, at best: other work on the machine only takes away."""
    film = long_film(ordinary, 720, seconds)
    best = max(_speed_up(film) for _ in range(rounds))
    return round(best, 2)


def _speed_up(film: Path) -> float:
    begun = time.perf_counter()
    measure("embedded", film)
    alone_s = time.perf_counter() - begun
    begun = time.perf_counter()
    for process in [start("embedded", film), start("embedded", film)]:
        finished(process)
    return 2 * alone_s / (time.perf_counter() - begun)


def missed(figures: Mapping[str, Any]) -> list[str]:
    """Return the names of the bars that figures miss; a figure that is not there misses nothing."""
    return [
        name
        for name, (bar, more_is_better) in BARS.items()
        if name in figures and (figures[name] < bar if more_is_better else figures[name] > bar)
    ]


def _print_table(figures: Mapping[str, Any]) -> None:
    for name, value in figures.items():
        if isinstance(value, dict) and name.startswith(("parts", "adaptive")):
            print(f"{name}: " + ", ".join(f"{part} {spent}" for part, spent in value.items()))
    for name, (bar, more_is_better) in BARS.items():
        if name in figures:
            print(f"{name:26} {figures[name]:8}   bar {'>=' if more_is_better else '<='} {bar}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
