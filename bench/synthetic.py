"""`make bench-synthetic`: learn from synthetic films, judge on others of another seed and other settings.

Twice: from 40 films with the truth as labels, and as the demo does, from the dozen films that its simulated
reviewers judged. The bar for both: an AUC per step of at least .85 for every violation type, near-misses
included. Steps at the very edge of an event count like all others. False hints, near-misses hinted and how
far a hint's bounds lie from the event's are counted and printed.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.common import CACHE, close, code_hash, in_parallel
from bench.demo_regime import demo_examples, reviewed_films
from ml.analyse import AnalysisResult, analyse
from ml.bundle import load_bundle
from ml.evaluate import evaluate_bundle
from ml.features import extract, load_features, save_features
from ml.hints import ProposedHint
from ml.judging import truth_of
from ml.metrics import t_iou
from ml.train import train_bundle
from ml.types import Annotation, Example, Mark, Split, ViolationSpec
from simulation.catalogue import POLICIES
from simulation.films import DEFAULT, OTHER_SETTINGS, FilmPlan, FilmSettings, plan_films, render_film
from worker.rendering import SETTINGS as DEMO_SETTINGS

BAR = 0.85
# Seeds 2 (the demo), 5, 6 and 21 to 24 were looked at while settings were chosen (docs/log.md). Of the seeds
# after them, 9 is the first whose dozen films hold every kind of near-miss.
TRAIN_SEED, TEST_SEED = 1, 9
TRAIN_FILMS, TEST_FILMS = 40, 12
MATCHED_AT = 0.3  # tIoU from which a hint's bounds are compared with the event's
Job = tuple[str, FilmPlan, FilmSettings]


def violation_specs() -> tuple[ViolationSpec, ...]:
    """The demo's violation types as the model needs them."""
    return tuple(
        ViolationSpec(violation.slug, violation.modality, policy.severity)
        for policy in POLICIES
        for violation in policy.violation_types
    )


def prepare(job: Job) -> Path:
    """Render one film and extract its features, unless the cache has them."""
    kind, plan, settings = job
    made_by = f"{code_hash('simulation')}-{code_hash('ml/features', 'ml/media')}"
    path = CACHE / "synthetic" / made_by / f"{kind}-{plan.name}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            film = Path(folder) / "film.mp4"
            render_film(plan, film, settings=settings)
            save_features(extract(film), path)
    return path


def example_of(plan: FilmPlan, path: Path, split: Split, specs: Sequence[ViolationSpec]) -> Example:
    """The film's truth as the word of one annotator who watched all of it with sound."""
    whole = ((0.0, plan.duration_s),)
    marks = tuple(Mark(event.violation, event.start_s, event.end_s) for event in plan.events)
    slugs = tuple(spec.slug for spec in specs)
    truth = Annotation("truth", marks, whole, whole, slugs, settled=True, blind=True)
    return Example(plan.name, path, plan.name, split, (truth,))


def main() -> int:
    """Run the bench."""
    specs = violation_specs()
    plans = plan_films(seed=TRAIN_SEED, count=TRAIN_FILMS)
    demo = reviewed_films({spec.slug: spec.modality for spec in specs})
    tests = plan_films(seed=TEST_SEED, count=TEST_FILMS, settings=OTHER_SETTINGS)
    CACHE.mkdir(parents=True, exist_ok=True)
    jobs: list[Job] = [("train", plan, DEFAULT) for plan in plans]
    jobs += [("demo", plan, DEMO_SETTINGS) for plan, _, _ in demo]
    jobs += [("test", plan, OTHER_SETTINGS) for plan in tests]
    paths = in_parallel(prepare, jobs)
    train = [example_of(p, f, "train", specs) for p, f in zip(plans, paths[:TRAIN_FILMS], strict=True)]
    test = [
        example_of(p, f, "holdout", specs)
        for p, f in zip(tests, paths[TRAIN_FILMS + len(demo) :], strict=True)
    ]
    reviewed = demo_examples(demo, paths[TRAIN_FILMS : TRAIN_FILMS + len(demo)])
    items: list[dict[str, Any]] = []
    regimes = {
        name: _regime(name, examples, specs, tests, test, items)
        for name, examples in (("truth", train), ("demo", reviewed))
    }
    return _report(regimes, demo_films=len(demo), items=items)


def _regime(
    name: str,
    examples: Sequence[Example],
    specs: Sequence[ViolationSpec],
    plans: Sequence[FilmPlan],
    test: Sequence[Example],
    items: list[dict[str, Any]],
) -> dict[str, Any]:
    """Train on the examples, judge on the test films; appends one item a film, and prints the figures."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        started = time.monotonic()
        metrics = train_bundle(examples, violations=specs, out_dir=Path(folder) / "bundle", name=name)
        train_s = time.monotonic() - started
        bundle = load_bundle(Path(folder) / "bundle")
    figures = evaluate_bundle(bundle, test)
    results = [analyse(load_features(example.features_path), bundle) for example in test]
    items += [
        _item(name, plan, example, result, bundle.violations)
        for plan, example, result in zip(plans, test, results, strict=True)
    ]
    shown = [[hint for hint in result.hints if not hint.capped] for result in results]
    aucs = {spec.slug: figures["violations"].get(spec.slug, {}).get("auc") for spec in specs}
    summary = {
        "auc": aucs,
        "macro_auc": figures["macro_auc"],
        "hint_recall_5": {slug: v["hint_recall_5"] for slug, v in figures["violations"].items()},
        "thresholds": dict(bundle.thresholds),
        "left_out": metrics["left_out"],
        **hint_figures(plans, shown),
        **near_misses_hinted(plans, shown),
        "train_s": round(train_s, 1),
        "ok": all(auc is not None and auc >= BAR for auc in aucs.values()),
    }
    _print(name, summary, figures, metrics)
    return summary


def _item(
    regime: str,
    plan: FilmPlan,
    example: Example,
    result: AnalysisResult,
    violations: Sequence[ViolationSpec],
) -> dict[str, Any]:
    """Everything said and true about one film: from these lines anyone can compute the figures again."""
    truth = truth_of(example.annotations, violations, load_features(example.features_path))
    return {
        "regime": regime,
        "film": plan.name,
        "film_seed": plan.seed,
        "step_s": result.step_s,
        "duration_s": plan.duration_s,
        "events": [asdict(event) for event in plan.events],
        "near_misses": [asdict(miss) for miss in plan.near_misses],
        "truth": {v.slug: (truth.label[:, k] >= 0.5).astype(int).tolist() for k, v in enumerate(violations)},
        "known": {v.slug: (truth.weight[:, k] > 0).astype(int).tolist() for k, v in enumerate(violations)},
        "score": {slug: [round(float(p), 6) for p in curve] for slug, curve in result.curves.items()},
        "hints": [asdict(hint) for hint in result.hints],
    }


def hint_figures(plans: Sequence[FilmPlan], shown: Sequence[Sequence[ProposedHint]]) -> dict[str, Any]:
    """Hints, those that touch no event of their type, and how far the bounds of the others are off."""
    false, off = 0, []
    for plan, hints in zip(plans, shown, strict=True):
        false += sum(_is_false(hint, plan) for hint in hints)
        for event in plan.events:
            same = [(h.start_s, h.end_s) for h in hints if h.violation == event.violation]
            span = (event.start_s, event.end_s)
            best = max(same, key=lambda hint: t_iou(hint, span), default=None)
            if best is not None and t_iou(best, span) >= MATCHED_AT:
                off.append((best[0] - span[0], best[1] - span[1]))
    start, end = np.array(off).reshape(-1, 2).T
    return {
        "hints": sum(map(len, shown)),
        "false_hints": false,
        "matched": len(off),
        "start_off_s": round(float(np.median(start)), 3) if off else None,
        "end_off_s": round(float(np.median(end)), 3) if off else None,
        "bounds_off_s": round(float(np.median(np.abs([start, end]))), 3) if off else None,
    }


def near_misses_hinted(plans: Sequence[FilmPlan], shown: Sequence[Sequence[ProposedHint]]) -> dict[str, Any]:
    """How many near-misses a false hint fell on, by kind."""
    near, hit = Counter[str](), Counter[str]()
    for plan, hints in zip(plans, shown, strict=True):
        wrong = [hint for hint in hints if _is_false(hint, plan)]
        for miss in plan.near_misses:
            near[miss.kind] += 1
            hit[miss.kind] += any(_overlaps(hint, miss.start_s, miss.end_s) for hint in wrong)
    return {
        "near_misses": near.total(),
        "near_misses_hinted": hit.total(),
        "by_kind": {kind: f"{hit[kind]}/{near[kind]}" for kind in sorted(near)},
    }


def _is_false(hint: ProposedHint, plan: FilmPlan) -> bool:
    return not any(e.violation == hint.violation and _overlaps(hint, e.start_s, e.end_s) for e in plan.events)


def _overlaps(hint: ProposedHint, start_s: float, end_s: float) -> bool:
    return min(hint.end_s, end_s) > max(hint.start_s, start_s)


def _report(regimes: dict[str, dict[str, Any]], *, demo_films: int, items: list[dict[str, Any]]) -> int:
    summary = {
        "auc": regimes["truth"]["auc"],
        "auc_demo": regimes["demo"]["auc"],
        "bar": BAR,
        "train_films": TRAIN_FILMS,
        "demo_films": demo_films,
        "test_films": TEST_FILMS,
        "seeds": {"train": TRAIN_SEED, "test": TEST_SEED, "fit": 0},
        "regimes": regimes,
        "ok": all(regime["ok"] for regime in regimes.values()),
    }
    return close("synthetic", summary, items)


def _print(name: str, summary: dict[str, Any], figures: dict[str, Any], metrics: dict[str, Any]) -> None:
    print(f"labels: {name}")
    print(f"{'violation':28} {'AUC':>6} {'own':>6} {'AP':>6} {'F1@.3':>6} {'F1@.5':>6} {'rec@5':>6} chance")
    for slug, auc in summary["auc"].items():
        row = figures["violations"].get(slug, {})
        own = metrics["violations"].get(slug, {}).get("auc")
        cells = [auc, own, *(row.get(key) for key in ("ap", "event_f1_30", "event_f1_50", "hint_recall_5"))]
        chance = row.get("chance", {}).get("event_f1_30")
        print(f"{slug:28} " + " ".join(_cell(value) for value in cells) + f"  F1@.3 {_cell(chance)}")
    print(f"hints: {summary['hints']}, of them false: {summary['false_hints']}")
    print(f"bounds off by (median, s): {summary['bounds_off_s']}")
    near, hinted = summary["near_misses"], summary["near_misses_hinted"]
    print(f"near-misses hinted: {hinted} of {near}: {summary['by_kind']}")


def _cell(value: float | None) -> str:
    return f"{'–' if value is None else format(value, '.3f'):>6}"


if __name__ == "__main__":
    sys.exit(main())
