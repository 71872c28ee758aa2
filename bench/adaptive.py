"""What adaptive decoding saves on clean film and what it misses on the rest: a part of `make bench-analyse`.

The worst case is measured: films whose encoder put a key frame every ten seconds and none at a cut, so that a
look sees nothing of most inserts. A bundle learns from one half of the spliced films; the other half tells.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.common import CACHE
from bench.splicing import SIZE, SPECS, SplicedFilm, example_of, plan_films, prepared
from ml.adaptive import AdaptiveReport, extract_adaptive
from ml.analyse import analyse
from ml.bundle import Bundle, load_bundle
from ml.features import Features, extract
from ml.hints import ProposedHint
from ml.metrics import t_iou
from ml.train import train_bundle
from ml.types import Mark

SEED = 0
TEACHING, TESTING, CLEAN = 8, 6, 2
CLEAN_SIZE = (1280, 720)
MATCH = 0.3  # tIoU from which a hint has found an event


def adaptive_figures(data: Path, *, weights: Path | None = None) -> tuple[dict[str, Any], list[Any]]:
    """Figures by name, and one item a film."""
    bundle = _taught(data, weights)
    violent = plan_films(data, "test", films=TESTING, seed=SEED)
    clean = plan_films(data, "test", films=CLEAN, seed=SEED, clean=True)
    films = _on_disk(violent, weights, SIZE) + _on_disk(clean, weights, CLEAN_SIZE)
    items = [_item(film, path, bundle, weights) for film, path in films]
    calm = [item for item in items if not item["events"]]
    figures = {
        "speed_up_on_clean_film": _ratio(calm, "cpu_s_full", "cpu_s_adaptive"),
        "share_decoded_of_clean_film": _ratio(calm, "decoded_s", "length_s"),
        "share_decoded_of_violent_film": _ratio([i for i in items if i["events"]], "decoded_s", "length_s"),
        "hint_recall_full": _ratio(items, "found_full", "events"),
        "hint_recall_adaptive": _ratio(items, "found_adaptive", "events"),
        "false_hints_full": sum(item["false_full"] for item in items),
        "false_hints_adaptive": sum(item["false_adaptive"] for item in items),
        "events": sum(item["events"] for item in items),
        "tier": bundle.extractor.tier,
        "seed": SEED,
    }
    lost = figures["hint_recall_full"] - figures["hint_recall_adaptive"]
    return {**figures, "hint_recall_lost": round(lost, 4)}, items


def _taught(data: Path, weights: Path | None) -> Bundle:
    films = plan_films(data, "teach", films=TEACHING, seed=SEED)
    paths = prepared(films, weights=weights)
    examples = [example_of(film, features) for film, (_, features) in zip(films, paths, strict=True)]
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        train_bundle(examples, violations=SPECS, out_dir=Path(folder) / "b", name="spliced", seed=SEED)
        return load_bundle(Path(folder) / "b")


def _on_disk(
    films: Sequence[SplicedFilm], weights: Path | None, size: tuple[int, int]
) -> list[tuple[SplicedFilm, Path]]:
    paths = [path for path, _ in prepared(films, weights=weights, size=size)]
    return list(zip(films, paths, strict=True))


def _item(film: SplicedFilm, path: Path, bundle: Bundle, weights: Path | None) -> dict[str, Any]:
    cpu_full, full = _timed(lambda: extract(path, weights=weights))
    cpu_adaptive, (part, report) = _timed(lambda: extract_adaptive(path, bundle, weights=weights))
    return {
        "film": film.name,
        "length_s": film.length_s(),
        "events": len(film.marks),
        "marks": [asdict(mark) for mark in film.marks],
        "cpu_s_full": cpu_full,
        "cpu_s_adaptive": cpu_adaptive,
        "decoded_s": _decoded(report),
        **_found("full", film.marks, full, bundle),
        **_found("adaptive", film.marks, part, bundle),
    }


def _timed(work: Any) -> tuple[float, Any]:
    before = os.times()
    result = work()
    after = os.times()
    return round(after.user + after.system - before.user - before.system, 3), result


def _decoded(report: AdaptiveReport) -> float:
    return round(min(report.duration_s, report.looked_s + report.decoded_s), 3)


def _found(name: str, marks: Sequence[Mark], features: Features, bundle: Bundle) -> dict[str, Any]:
    hints = [hint for hint in analyse(features, bundle).hints if not hint.capped]
    found = [any(_hits(hint, mark) for hint in hints) for mark in marks]
    false = [not any(_hits(hint, mark) for mark in marks) for hint in hints]
    return {
        f"found_{name}": sum(found),
        f"false_{name}": sum(false),
        f"hints_{name}": [
            [h.violation, round(h.start_s, 2), round(h.end_s, 2), round(h.score, 4)] for h in hints
        ],
    }


def _hits(hint: ProposedHint, mark: Mark) -> bool:
    spans = (hint.start_s, hint.end_s), (mark.start_s, mark.end_s)
    return hint.violation == mark.violation and t_iou(*spans) >= MATCH


def _ratio(items: Sequence[dict[str, Any]], above: str, below: str) -> float:
    total = sum(float(item[above]) for item in items)
    return round(total / max(sum(float(item[below]) for item in items), 1e-9), 4)
