"""`make bench-ui`: how fast the workbench is, in a real Chromium against a real, running Spotter.

Ten hours of video, twenty lanes at 4 Hz with band, 2,000 segments and 500 hints, at 1440x900 with software
rendering; films of a minute for the way from one review to the next. How each figure is taken stands with its
scene in bench/ui_scenes.py. Beside them, the frames of an empty page driven by the same events: a slow or
busy machine shows there. `ui.items.jsonl` holds every raw sample.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser

from bench import ui_scenes as scenes
from bench.common import ROOT, close
from bench.ui_browser import context_of, logged_in
from bench.ui_made import SHORTS, TEN_HOURS, film_made, stress_files
from tools.testing.chromium import chromium
from tools.testing.spotter import RunningSpotter, running_spotter

BARS = {
    "first_paint_ms": 1_500.0,
    "frame_median_ms": 17.5,
    "frame_p95_ms": 33.0,
    "memory_mb": 300.0,
    "key_ms": 50.0,
    "next_task_ms": 500.0,
    "bundle_kb": 120.0,
    "keystrokes": 17,
}
ENTRIES = ("src/pages/app.ts", "src/pages/workbench.ts")
GESTURES = ("panning", "zooming", "dragging")
BUSY_SHARE = 0.5  # of a gesture's frames must have changed something
FILL_SECONDS = 120

Items = list[dict[str, Any]]


@contextmanager
def filled_spotter() -> Iterator[tuple[RunningSpotter, dict[str, Any]]]:
    """A Spotter of its own with the bench's reviews in it, and their ids."""
    made = stress_files()
    plan = {
        "ten_hours": str(made / "ten-hours"),
        "minute": str(made / "minute"),
        "long_film": str(film_made(TEN_HOURS)),
        "short_films": [str(film_made(short)) for short in SHORTS],
    }
    with tempfile.TemporaryDirectory(prefix="spotter-bench-") as folder:
        wanted, facts = Path(folder) / "plan.json", Path(folder) / "facts.json"
        wanted.write_text(json.dumps(plan), encoding="utf-8")
        quiet = {"TRAINING_AUTOMATIC": "0", "WORKER_PROCESSES": "1"}
        with running_spotter(Path(folder) / "home", extra=quiet) as spotter:
            command = [sys.executable, "-m", "bench.ui_fill", str(wanted), str(facts)]
            subprocess.run(command, cwd=ROOT, env=dict(spotter.env), timeout=FILL_SECONDS, check=True)
            yield spotter, json.loads(facts.read_text(encoding="utf-8"))


def measured(browser: Browser, url: str, facts: dict[str, Any], runs: int) -> Items:
    """Every scene, in an order that keeps them out of each other's way; one item a sample."""
    people = {name: logged_in(browser, url, name, "correct horse battery") for name in ("tess", "flo", "kay")}
    items: Items = []

    def note(scene: str, sample: dict[str, Any]) -> None:
        load = round(os.getloadavg()[0], 2)
        items.append({"scene": scene, "load": load, **sample})
        print(scene, {key: value for key, value in sample.items() if key not in ("intervals", "requests")})

    stage = Stage(browser, url, people, runs, note)
    note_opening(stage, facts["review"])
    note_ten_hours(stage, facts["review"])
    note_empty_page(stage)
    note_flow(stage, facts["queues"]["Minutes"])
    note("bundle", {"files": bundle(items)})
    return items


@dataclass(frozen=True)
class Stage:
    """Where scenes are played: who is logged in, how often each is, and who writes down what it took."""

    browser: Browser
    url: str
    people: dict[str, Any]
    runs: int
    note: Callable[[str, dict[str, Any]], None]


def note_opening(stage: Stage, review: int) -> None:
    """The server's first answer is no warm one: it is asked for once more than is counted."""
    scenes.opening(stage.browser, stage.url, stage.people["tess"], review)
    for _ in range(stage.runs):
        stage.note("opening", scenes.opening(stage.browser, stage.url, stage.people["tess"], review))


def note_ten_hours(stage: Stage, review: int) -> None:
    """Gestures and keys, then the memory of the page that has been through all of them."""
    with scenes.page_of(stage.browser, stage.url, stage.people["tess"]) as page:
        scenes.opened(page, review)
        for _ in range(stage.runs):
            for name, gesture in scenes.gestures(page).items():
                stage.note(name, gesture())
        for _ in range(stage.runs):
            for key, timed in scenes.keys(page).items():
                stage.note("key", {"key": key, **timed})
        stage.note("memory", scenes.memory(page))


def note_empty_page(stage: Stage) -> None:
    """What the machine can do at all at this moment."""
    context = context_of(stage.browser, stage.url)
    page = context.new_page()
    for _ in range(stage.runs):
        stage.note("empty page", scenes.empty_page(page))
    context.close()


def note_flow(stage: Stage, queue: int) -> None:
    """From one review to the next, and the presses that one takes."""
    with scenes.page_of(stage.browser, stage.url, stage.people["flo"]) as page:
        scenes.queue_entered(page, queue)
        for _ in range(stage.runs):
            stage.note("next task", scenes.submit_to_next(page))
    with scenes.page_of(stage.browser, stage.url, stage.people["kay"]) as page:
        scenes.queue_entered(page, queue)
        stage.note("keystrokes", scenes.keystrokes(page))


def bundle(items: Items) -> dict[str, int]:
    """Gzipped bytes by file: what the entries need by the build's manifest, and all that was loaded first."""
    dist = ROOT / "frontend" / "dist"
    manifest = json.loads((dist / ".vite" / "manifest.json").read_text(encoding="utf-8"))
    opening = next(item for item in items if item["scene"] == "opening")
    # What is asked for later, once the page has come to rest, nobody waited for.
    first = [each["path"] for each in opening["requests"] if each["from"] < opening["drawn"]]
    loaded = {path.removeprefix("/static/") for path in first if path.endswith((".js", ".css"))}
    files = sorted(loaded | needed(manifest, ENTRIES))
    return {file: len(gzip.compress((dist / file).read_bytes(), 9)) for file in files}


def needed(manifest: dict[str, Any], entries: Sequence[str]) -> set[str]:
    """Scripts and stylesheets of the entries and of everything they import at once, however deep."""
    seen: set[str] = set()
    left = list(entries)
    files: set[str] = set()
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        chunk = manifest[name]
        files |= {chunk["file"], *chunk.get("css", [])}
        left += chunk.get("imports", [])
    return files


def figures_of(items: Items) -> dict[str, Any]:
    """The figures, from the samples alone."""
    of = {name: [item for item in items if item["scene"] == name] for name in {i["scene"] for i in items}}
    frames = {name: frame_figures(of[name]) for name in (*GESTURES, "empty page")}
    by_key = {
        key: float(np.median([item["first"] for item in of["key"] if item["key"] == key]))
        for key in dict.fromkeys(item["key"] for item in of["key"])
    }
    answered = of["keystrokes"][0]
    return {
        "first_paint_ms": median(of["opening"], "interactive"),
        "curves_drawn_ms": median(of["opening"], "drawn"),
        "frame_median_ms": max(frames[name]["median_ms"] for name in GESTURES),
        "frame_p95_ms": max(frames[name]["p95_ms"] for name in GESTURES),
        "frames": frames,
        "memory_mb": of["memory"][0]["sum"],
        "memory": {key: of["memory"][0][key] for key in ("objects", "embedder", "buffers")},
        "key_ms": max(by_key.values()),
        "keys": by_key,
        "keys_settled": {
            key: float(np.median([item["last"] for item in of["key"] if item["key"] == key]))
            for key in by_key
        },
        "next_task_ms": median(of["next task"], "ms"),
        "next_task_reserved": [item["reserved"] for item in of["next task"]],
        "bundle_kb": round(sum(of["bundle"][0]["files"].values()) / 1000, 1),
        "keystrokes": len(answered["presses"]),
        "answered": {key: answered[key] for key in ("accepted", "adjusted", "rejected", "played")},
    }


def median(items: Items, name: str) -> float:
    return float(np.median([item[name] for item in items]))


def frame_figures(items: Items) -> dict[str, float]:
    """Of each run its median and 95th percentile; of those the medians. `busy`: share that changed."""
    runs = [item["intervals"] for item in items]
    busy = [item["changed"] / max(1, len(item["intervals"])) for item in items]
    return {
        "median_ms": round(float(np.median([np.median(run) for run in runs])), 2),
        "p95_ms": round(float(np.median([np.percentile(run, 95) for run in runs])), 2),
        "worst_ms": round(max(max(run) for run in runs), 1),
        "busy": round(float(np.median(busy)), 2),
    }


def missed(figures: dict[str, Any]) -> list[str]:
    """Names of the bars that are not met, and of what was not done as it must be.

    That is: gestures that moved nothing (no wonder that they were smooth), next tasks that were not reserved
    ahead, five hints answered in another way than asked.
    """
    names = [name for name, bar in BARS.items() if figures[name] > bar]
    asked = {"accepted": 3, "adjusted": 1, "rejected": 1, "played": 5}
    idle = [name for name in GESTURES if figures["frames"][name]["busy"] < BUSY_SHARE]
    done = {"reserved": all(figures["next_task_reserved"]), "answered": figures["answered"] == asked}
    return [*names, *idle, *(name for name, is_done in done.items() if not is_done)]


def empty_page_misses(figures: dict[str, Any]) -> bool:
    """The machine is too busy even for a page with nothing on it: its frames tell nothing of ours then."""
    empty = figures["frames"]["empty page"]
    return bool(empty["median_ms"] > BARS["frame_median_ms"] or empty["p95_ms"] > BARS["frame_p95_ms"])


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(prog="make bench-ui")
    parser.add_argument("--runs", type=int, default=5, help="samples of each scene; medians count")
    runs = min(parser.parse_args().runs, len(SHORTS) - 1)
    load_before = os.getloadavg()
    with filled_spotter() as (spotter, facts), chromium() as browser:
        version = browser.version
        items = measured(browser, spotter.url, facts, runs)
    figures = figures_of(items)
    lacking = missed(figures)
    if empty_page_misses(figures):
        print("This machine is too busy: a page with nothing on it misses the bars for frames, too.")
    whole = {
        **figures,
        **{f"bar_{name}": bar for name, bar in BARS.items()},
        "missed": lacking,
        "empty_page_misses": empty_page_misses(figures),
        "runs": runs,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "chromium": version,
        "nice": os.nice(0),
        "load_before": [round(each, 2) for each in load_before],
        "load_after": [round(each, 2) for each in os.getloadavg()],
        "seeds": {"stress": 5},
        "ok": not lacking,
    }
    return close("ui", whole, items)


if __name__ == "__main__":
    sys.exit(main())
