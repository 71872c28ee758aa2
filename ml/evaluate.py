"""How good a bundle is on labelled videos.

`python -m ml.evaluate --bundle DIR --manifest FILE` prints it as a table, with `--json` as JSON.
The manifest is a JSON list of examples in the form of `ml.types.Example` (docs/learning.md).
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.analyse import printed, share
from ml.bundle import Bundle, load_bundle
from ml.errors import SpotterMLError, TrainingDataError
from ml.evaluation_table import as_table, flattery
from ml.figures import annotator_figures, figures_of, groups_of
from ml.gate import compare_bundles
from ml.judging import judged_videos, truth_tellers
from ml.manifests import SPLITS, read_manifest
from ml.resampling import ROUNDS
from ml.types import Example

CHANCE_DRAWS, CHANCE_VIDEOS = 4, 200  # random curves a video: several unless the videos are many themselves

__all__ = ["compare_bundles", "evaluate_bundle", "read_manifest"]


def evaluate_bundle(
    bundle: Bundle,
    examples: Sequence[Example],
    *,
    seed: int = 0,
    rounds: int = ROUNDS,
    precision_floor: float | None = None,
) -> dict[str, Any]:
    """Figures per violation type, of all types as one class and per annotator; JSON-safe.

    Each video is judged by its blind annotations when it has any, else by all of them. A figure that is
    undefined is None, and `undefined` says why. Labels of types the bundle does not know are passed over and
    counted in `unknown_types`. `precision_floor`, 0..1, is that of a queue whose hints are judged (None: what
    the bundle was trained for). Intervals hold 95 %, over `rounds` draws of whole split groups.

    Raises SpotterMLError when any video cannot be measured, with their number: features of another version,
    tier or shape (FeatureMismatch), labels outside the video (TrainingDataError).
    """
    draws = max(1, min(CHANCE_DRAWS, CHANCE_VIDEOS // max(len(examples), 1)))
    judged = list(
        judged_videos(bundle, examples, seed=seed, chance_draws=draws, precision_floor=precision_floor)
    )
    groups = groups_of([video.group for video in judged], seed=seed, rounds=rounds)
    violations = {slug: figures_of([v.types[slug] for v in judged], groups) for slug in bundle.slugs()}
    opinions = [opinion for video in judged for opinion in video.opinions]
    return {
        "bundle": bundle.name,
        "digest": bundle.digest,
        "tier": bundle.extractor.tier,
        "videos": len(judged),
        "splits": dict(sorted(Counter(e.split for e in examples if truth_tellers(e)).items())),
        "without_labels": len(examples) - len(judged),
        "groups": len(groups.number),
        "seed": seed,
        "precision_floor": precision_floor,
        "bootstrap_rounds": rounds,
        "macro_auc": mean_of([figures["auc"] for figures in violations.values()]),
        "violations": violations,
        "any_violation": figures_of([video.anything for video in judged], groups),
        "annotators": annotator_figures(opinions, bundle.annotators, groups),
        "unknown_types": dict(sum((video.unknown_types for video in judged), Counter[str]())),
    }


def mean_of(values: Sequence[float | None]) -> float | None:
    """Mean of what is defined; None when nothing is."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def check_types(bundle: Bundle, examples: Sequence[Example]) -> None:
    """Refuse labels of types the bundle was never asked to learn: more likely a misspelling than news.

    Raises TrainingDataError(unknown_violation), with every such type and how many labels name it.
    """
    known = {*bundle.slugs(), *bundle.left_out}
    labels = Counter(
        slug
        for example in examples
        for annotation in example.annotations
        for slug in (*(mark.violation for mark in annotation.marks), *annotation.covers)
        if slug not in known
    )
    if labels:
        named = ", ".join(f'"{slug}" ({count})' for slug, count in labels.most_common())
        raise TrainingDataError(
            "unknown_violation",
            f"The manifest names violation types the bundle does not know: {named}. It knows "
            f"{', '.join(bundle.slugs())}. Correct them or leave them out.",
        )


def of_split(examples: Sequence[Example], split: str) -> list[Example]:
    """Those of one split, or "all". Raises TrainingDataError(nothing_measured) when there are none."""
    chosen = [example for example in examples if split in ("all", example.split)]
    if not chosen:
        there = ", ".join(
            f"{count} {name}" for name, count in sorted(Counter(e.split for e in examples).items())
        )
        raise TrainingDataError(
            "nothing_measured",
            f"The manifest has no {split} videos, only {there}. Add some or choose another --split.",
        )
    return chosen


def check_measured(figures: Mapping[str, Any]) -> None:
    """Refuse figures of nothing: TrainingDataError(nothing_measured)."""
    if not figures["videos"]:
        raise TrainingDataError(
            "nothing_measured",
            "No video has an annotation, so there is nothing to measure on. Add to the manifest what people "
            "marked and watched.",
        )
    if not any(row["n_steps"] for row in figures["violations"].values()):
        raise TrainingDataError(
            "nothing_measured",
            "Nobody is known to have watched any step for a violation type of the bundle, or votes are tied "
            'on all. Fill in "watched", "unmuted" and "covers" of the annotations.',
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one bundle on the examples of a manifest."""
    parser = argparse.ArgumentParser(prog="python -m ml.evaluate", description=main.__doc__)
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR")
    parser.add_argument("--manifest", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--split", choices=(*SPLITS, "all"), default="all", help="which of the videos (default all)"
    )
    parser.add_argument("--json", action="store_true", help="everything as one JSON object, not as a table")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the intervals and the chance rows (default 0)"
    )
    parser.add_argument(
        "--precision-floor",
        type=share,
        metavar="SHARE",
        help="judge the hints of a queue with this floor, 0..1",
    )
    chosen = parser.parse_args(arguments)
    try:
        bundle, examples = load_bundle(chosen.bundle), read_manifest(chosen.manifest)
        check_types(bundle, examples)
        figures = evaluate_bundle(
            bundle,
            of_split(examples, chosen.split),
            seed=chosen.seed,
            precision_floor=chosen.precision_floor,
        )
        check_measured(figures)
    except SpotterMLError as refusal:
        print(refusal.sentence, file=sys.stderr)
        return 1
    if chosen.json and (warning := flattery(figures["splits"])):
        print(warning, file=sys.stderr)
    printed(json.dumps(figures, indent=1, allow_nan=False) if chosen.json else as_table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
