"""`python -m bench.localise_errors`: where hints go wrong, on the teaching half of `bench.localise` alone.

Each of its five parts is analysed by a bundle that learned from the other four. Every shown hint is put down
to what it covers most, every event to why it was missed. Settings may be chosen by this, not by the tests.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.localise import PARTS, class_rows, say, taught, teaching_half
from bench.splicing import SPECS, SplicedFilm
from ml.analyse import AnalysisResult, analyse
from ml.bundle import Bundle
from ml.features import load_features
from ml.hints import ProposedHint
from ml.judging import JudgedVideo, judged_videos
from ml.metrics import matched_pairs, t_iou
from ml.types import Mark

MATCHED_AT = 0.3  # tIoU
BOXES = ("found", "bounds off", "another type", "harmless clip", "harmless sound", "ordinary film")
Span = tuple[str, float, float]


def inserts_of(film: SplicedFilm) -> list[Span]:
    """Everything put into the film: violations by their type, the rest as harmless clip or harmless sound."""
    spans: list[Span] = [(mark.violation, mark.start_s, mark.end_s) for mark in film.marks]
    marked, clock = {(mark.start_s, mark.end_s) for mark in film.marks}, 0.0
    for piece in film.pieces:
        span = (clock, clock + piece.length_s)
        clock = span[1]
        if "fights" in piece.path.parts and span not in marked:
            spans.append(("harmless clip", *span))
    for overlay in film.overlays:
        span = (overlay.at_s, overlay.at_s + overlay.length_s)
        if span not in marked:
            spans.append(("harmless sound", *span))
    return spans


def box_of(hint: ProposedHint, film: SplicedFilm) -> str:
    """What a hint turned out to be, one of BOXES."""
    own = (hint.start_s, hint.end_s)
    best = max((t_iou(own, span[1:]) for span in _of(film, hint.violation)), default=0.0)
    if best >= MATCHED_AT:
        return "found"
    if best > 0:
        return "bounds off"
    covered = {span[0]: min(own[1], span[2]) - max(own[0], span[1]) for span in inserts_of(film)}
    kind = max(covered, key=lambda name: covered[name], default="")
    if not kind or covered[kind] <= 0:
        return "ordinary film"
    return kind if kind.startswith("harmless") else "another type"


def _of(film: SplicedFilm, slug: str) -> list[Span]:
    return [(mark.violation, mark.start_s, mark.end_s) for mark in film.marks if mark.violation == slug]


def why_missed(mark: Mark, result: AnalysisResult) -> str:
    """Why no shown hint of its type fits an event."""
    own = (mark.start_s, mark.end_s)
    near = [h for h in result.hints if h.violation == mark.violation and t_iou((h.start_s, h.end_s), own) > 0]
    if any(not hint.capped for hint in near):
        return "bounds off"
    if near:
        return 'behind "show more"'
    curve = result.curves[mark.violation]
    inside = curve[int(mark.start_s / result.step_s) : max(1, int(np.ceil(mark.end_s / result.step_s)))]
    near_it = inside.max(initial=0.0) >= result.thresholds[mark.violation] / 2
    return "score near the threshold" if near_it else "score far below"


def part_errors(bundle: Bundle, films: Sequence[SplicedFilm], examples: Sequence[Any]) -> dict[str, Any]:
    """Boxes of hints, reasons of misses and bounds by type, over the films of one part."""
    boxes: dict[str, Counter[str]] = defaultdict(Counter)
    missed: dict[str, Counter[str]] = defaultdict(Counter)
    shifts: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for film, example in zip(films, examples, strict=True):
        result = analyse(load_features(example.features_path, tier=bundle.extractor.tier), bundle)
        shown = [hint for hint in result.hints if not hint.capped]
        for hint in shown:
            boxes[hint.violation][box_of(hint, film)] += 1
        for spec in SPECS:
            events = [mark for mark in film.marks if mark.violation == spec.slug]
            spans = [(mark.start_s, mark.end_s) for mark in events]
            own = [(h.start_s, h.end_s) for h in shown if h.violation == spec.slug]
            pairs = matched_pairs(spans, own, at=MATCHED_AT)
            shifts[spec.slug] += [(hint[0] - event[0], hint[1] - event[1]) for event, hint in pairs]
            matched = [event for event, _ in pairs]
            for mark, span in zip(events, spans, strict=True):
                why = "found" if span in matched else why_missed(mark, result)
                missed[spec.slug][why] += 1
    return {"boxes": boxes, "missed": missed, "shifts": shifts}


def main(arguments: Sequence[str] | None = None) -> int:
    """Cross-validate over the parts of the teaching half and print what went wrong."""
    half = teaching_half("localise_errors", main.__doc__, arguments)
    if half is None:
        return 0
    tier, seed, films, examples = half
    errors: list[dict[str, Any]] = []
    videos: list[JudgedVideo] = []
    for part in range(PARTS):
        held = [n for n, film in enumerate(films) if film.part == part]
        bundle = taught([e for n, e in enumerate(examples) if n not in held], tier, seed)
        errors.append(part_errors(bundle, [films[n] for n in held], [examples[n] for n in held]))
        videos += judged_videos(bundle, [examples[n] for n in held])
        print(
            f"part {part}: thresholds { ({k: round(v, 3) for k, v in bundle.thresholds.items()}) }",
            flush=True,
        )
    for name, row in class_rows(videos).items():
        say(f"{tier}, cross-validated: {name}", row)
    for spec in SPECS:
        boxes = sum((error["boxes"][spec.slug] for error in errors), Counter[str]())
        missed = sum((error["missed"][spec.slug] for error in errors), Counter[str]())
        shifts = np.array([shift for error in errors for shift in error["shifts"][spec.slug]]).reshape(-1, 2)
        print(f"{spec.slug}: hints { ({box: boxes[box] for box in BOXES}) }; events {dict(missed)}")
        if len(shifts):
            start, end = np.median(shifts, axis=0)
            print(
                f"  bounds: start {start:+.2f}, end {end:+.2f} s; off by {np.median(np.abs(shifts), axis=0)}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
