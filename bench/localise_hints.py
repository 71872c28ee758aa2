"""`python -m bench.localise_hints`: what the rules of hints are worth, on the teaching half alone.

Each of the five parts that `bench.localise` teaches is scored by a bundle that learned from the other four;
then hints are made along the same curves by different rules. Rules may be chosen by this, not by the tests.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.localise import PARTS, taught, teaching_half
from bench.splicing import SPECS, SplicedFilm
from ml.analyse import hints_along, thresholds_of
from ml.bundle import Bundle
from ml.features import Features, Tier, load_features
from ml.floors import FLOORS
from ml.hints import HintKnobs, ProposedHint
from ml.metrics import Interval, matched_pairs, t_iou
from ml.scoring import score
from ml.types import FloatArray

USUAL = 0.7
RULES: dict[str, tuple[float, HintKnobs]] = {
    "as it is": (USUAL, HintKnobs()),
    **{f"bounds reach {s:g} s": (USUAL, HintKnobs(bounds_reach_s=s)) for s in (0.0, 0.5, 0.75, 1.5)},
    **{f"floor {floor:g}": (floor, HintKnobs()) for floor in FLOORS},
    **{f"smoothed over {n}": (USUAL, HintKnobs(smooth_steps=n)) for n in (1, 5, 7)},
    **{f"held to {share:g}": (USUAL, HintKnobs(hold_ratio=share)) for share in (0.4, 0.8)},
    **{f"drawn in to {share:g}": (USUAL, HintKnobs(bound_ratio=share)) for share in (0.0, 0.2, 0.6)},
    **{f"at least {s:g} s": (USUAL, HintKnobs(min_s=s)) for s in (1.0, 2.0)},
    "gaps left open": (USUAL, HintKnobs(merge_share=0.0)),
    **{f"more from {share:g}": (USUAL, HintKnobs(more_share=share)) for share in (0.0, 0.1, 0.3, 0.5)},
}


@dataclass(frozen=True)
class Scored:
    """A film and its curves by a bundle that saw none of its material."""

    film: SplicedFilm
    features: Features
    bundle: Bundle
    curves: dict[str, FloatArray]


def scored_films(
    films: Sequence[SplicedFilm], examples: Sequence[Any], tier: Tier, seed: int
) -> list[Scored]:
    """Every film of the half, scored by the bundle of the four parts it is not in."""
    result = []
    for part in range(PARTS):
        bundle = taught([e for f, e in zip(films, examples, strict=True) if f.part != part], tier, seed)
        for film, example in zip(films, examples, strict=True):
            if film.part == part:
                features = load_features(example.features_path, tier=tier)
                result.append(Scored(film, features, bundle, score(features, bundle).curves))
    return result


def figures(films: Sequence[Scored], floor: float, knobs: HintKnobs) -> dict[str, Any]:
    """Counts and figures over all films and types; bounds (median seconds off) by modality."""
    hints = events = 0
    matched, met = dict.fromkeys((0.3, 0.5, 0.7), 0), 0
    off: dict[str, list[float]] = {
        f"{m} {side}": [] for m in ("picture", "sound") for side in ("start", "end")
    }
    for each in films:
        proposed = hints_along(
            each.curves, each.features, each.bundle, knobs=knobs, thresholds=thresholds_of(each.bundle, floor)
        )
        met += _met(each.film, _first(proposed, 5))
        for spec in SPECS:
            true = [(m.start_s, m.end_s) for m in each.film.marks if m.violation == spec.slug]
            shown = [(h.start_s, h.end_s) for h in proposed if h.violation == spec.slug and not h.capped]
            hints, events = hints + len(shown), events + len(true)
            for at in matched:
                pairs = matched_pairs(true, shown, at=at)
                matched[at] += len(pairs)
                if at == 0.3:
                    _note(off, spec.modality, pairs)
    return {
        "hints": hints,
        "precision": matched[0.3] / max(hints, 1),
        "recall": matched[0.3] / events,
        **{f"f1@{at}": 2 * found / (hints + events) for at, found in matched.items()},
        "met by five": met / events,
        **{name: float(np.median(values)) if values else float("nan") for name, values in off.items()},
    }


def _first(proposed: Sequence[ProposedHint], count: int) -> list[ProposedHint]:
    return sorted(proposed, key=lambda hint: (hint.capped, hint.rank))[:count]


def _met(film: SplicedFilm, hints: Sequence[ProposedHint]) -> int:
    """Events that one of these hints of their type overlaps at tIoU >= .3."""
    return sum(
        any(
            h.violation == m.violation and t_iou((h.start_s, h.end_s), (m.start_s, m.end_s)) >= 0.3
            for h in hints
        )
        for m in film.marks
    )


def _note(off: dict[str, list[float]], modality: str, pairs: Sequence[tuple[Interval, Interval]]) -> None:
    for true, shown in pairs:
        for side, place in (("start", 0), ("end", 1)):
            off[f"{modality} {side}"].append(abs(shown[place] - true[place]))


def say(name: str, row: Mapping[str, Any]) -> None:
    """One line of the table."""
    print(f"{name:22}" + " ".join(f"{value:{len(key) + 1}.3g}" for key, value in row.items()), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of all rules."""
    half = teaching_half("localise_hints", main.__doc__, arguments)
    if half is None:
        return 0
    tier, seed, films, examples = half
    scored = scored_films(films, examples, tier, seed)
    rows = {name: figures(scored, floor, knobs) for name, (floor, knobs) in RULES.items()}
    print(" " * 22 + " ".join(f" {key}" for key in rows["as it is"]))
    for name, row in rows.items():
        say(name, row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
