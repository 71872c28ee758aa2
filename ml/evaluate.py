"""How good a bundle is on labelled videos.

`python -m ml.evaluate --bundle DIR --manifest FILE` prints it as JSON.
The manifest is a JSON list of examples in the form of `ml.types.Example`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import Bundle, load_bundle
from ml.errors import SpotterMLError, TrainingDataError
from ml.gate import compare_bundles
from ml.judging import Judged, judged_videos
from ml.metrics import (
    Interval,
    average_precision,
    bootstrap_interval,
    calibration_error,
    event_f1,
    match_events,
    recall_at,
    roc_auc,
)
from ml.types import Annotation, Example, IntArray, Mark

__all__ = ["compare_bundles", "evaluate_bundle", "read_manifest"]

RECALL_K = 5


def evaluate_bundle(bundle: Bundle, examples: Sequence[Example], *, seed: int = 0) -> dict[str, Any]:
    """Figures per violation type and overall, JSON-safe; None where a figure is undefined.

    Each video is judged by its blind annotations when it has any, else by all of them.
    """
    judged = list(judged_videos(bundle, examples, seed=seed))
    violations = {slug: _of_type([video[slug] for video in judged], seed) for slug in bundle.slugs()}
    return {
        "bundle": bundle.name,
        "digest": bundle.digest,
        "videos": len(judged),
        "groups": len({next(iter(video.values())).group for video in judged if video}),
        "macro_auc": mean_of([figures["auc"] for figures in violations.values()]),
        "violations": violations,
    }


def _of_type(videos: Sequence[Judged], seed: int) -> dict[str, Any]:
    if not videos:
        return {"n_videos": 0, "n_steps": 0, "n_positive_steps": 0, "n_events": 0, "auc": None}
    truth = np.concatenate([video.truth for video in videos])
    score = np.concatenate([video.score for video in videos])
    group = [video.group for video in videos for _ in range(len(video.truth))]

    def auc(rows: IntArray) -> float | None:
        return roc_auc(truth[rows], score[rows])

    return {
        "n_videos": len(videos),
        "n_steps": len(truth),
        "n_positive_steps": int(truth.sum()),
        "n_events": sum(len(video.events) for video in videos),
        "base_rate": float(truth.mean()) if len(truth) else None,
        "auc": roc_auc(truth, score),
        "auc_interval": bootstrap_interval(group, auc, seed=seed, rounds=200) if truth.any() else None,
        "ap": average_precision(truth, score),
        "calibration_error": calibration_error(truth, score),
        **_event_figures(videos, lambda video: video.hints),
        "chance": {
            "auc": 0.5,
            "ap": float(truth.mean()) if truth.any() else None,
            **_event_figures(videos, lambda video: video.chance_hints),
        },
    }


def _event_figures(
    videos: Sequence[Judged], hints_of: Callable[[Judged], tuple[Interval, ...]]
) -> dict[str, float | int | None]:
    truths = sum(len(video.events) for video in videos)
    found = sum(len(hints_of(video)) for video in videos)
    matched = {at: sum(match_events(v.events, hints_of(v), at=at) for v in videos) for at in (0.3, 0.5)}
    recalled = sum(recall_at(video.events, hints_of(video), k=RECALL_K) for video in videos)
    return {
        "hints": found,
        "event_f1_30": event_f1(matched[0.3], truths, found),
        "event_f1_50": event_f1(matched[0.5], truths, found),
        f"hint_recall_{RECALL_K}": recalled / truths if truths else None,
    }


def mean_of(values: Sequence[float | None]) -> float | None:
    """Mean of what is defined; None when nothing is."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def read_manifest(path: Path) -> list[Example]:
    """Examples from a JSON manifest; features paths are relative to the manifest's folder."""
    try:
        return [_example(row, path.parent) for row in json.loads(path.read_text())]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingDataError(
            "manifest_unreadable", f'The manifest "{path.name}" is not a list of examples: {error}.'
        ) from error


def _example(row: dict[str, Any], folder: Path) -> Example:
    annotations = tuple(
        Annotation(
            annotator=a["annotator"],
            marks=tuple(Mark(**mark) for mark in a["marks"]),
            watched=tuple((start, end) for start, end in a["watched"]),
            unmuted=tuple((start, end) for start, end in a["unmuted"]),
            covers=tuple(a["covers"]),
            settled=a.get("settled", False),
            blind=a.get("blind", False),
        )
        for a in row["annotations"]
    )
    return Example(row["video"], folder / row["features_path"], row["group"], row["split"], annotations)


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate one bundle on the examples of a manifest."""
    parser = argparse.ArgumentParser(prog="python -m ml.evaluate", description=main.__doc__)
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR")
    parser.add_argument("--manifest", type=Path, required=True, metavar="FILE")
    chosen = parser.parse_args(arguments)
    try:
        figures = evaluate_bundle(load_bundle(chosen.bundle), read_manifest(chosen.manifest))
    except SpotterMLError as refusal:
        print(refusal.sentence, file=sys.stderr)
        return 1
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
