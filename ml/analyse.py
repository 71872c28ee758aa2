"""Features + bundle -> curves, bands and hints. Also `python -m ml.analyse FILE --bundle DIR --json`."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import av

from ml.adaptive import extract_adaptive
from ml.bounds import places_of
from ml.bundle import Bundle, load_bundle
from ml.errors import SpotterMLError, WeightsRefused
from ml.features import Features, extract
from ml.floors import thresholds_at
from ml.hints import HintKnobs, ProposedHint, propose_hints
from ml.scoring import score
from ml.types import FloatArray
from ml.weights import how_to_fetch, present

_DEFAULT_KNOBS = HintKnobs()


@dataclass(frozen=True)
class AnalysisResult:
    """What one bundle says about one video; scores in [0, 1], one per step of `step_s` seconds.

    `bands` holds only the types whose band was shown to follow how far people really differ.
    """

    step_s: float
    curves: dict[str, FloatArray]
    bands: dict[str, tuple[FloatArray, FloatArray]]
    hints: list[ProposedHint]
    thresholds: dict[str, float]  # from which hints opened


def analyse(
    features: Features,
    bundle: Bundle,
    *,
    knobs: HintKnobs = _DEFAULT_KNOBS,
    severities: Mapping[str, float] | None = None,
    thresholds: Mapping[str, float] | None = None,
    precision_floor: float | None = None,
) -> AnalysisResult:
    """Score the whole video and propose hints.

    `severities` and `thresholds` override, type by type, what the bundle was trained with. `precision_floor`
    is the share of hints that should be right, 0..1 (None: what the bundle was trained for).
    """
    scores = score(features, bundle)
    opened_at = thresholds_of(bundle, precision_floor) | dict(thresholds or {})
    hints = hints_along(
        scores.curves, features, bundle, knobs=knobs, severities=severities, thresholds=opened_at
    )
    bands = {slug: (scores.low[slug], scores.high[slug]) for slug, band in bundle.bands.items() if band.shown}
    return AnalysisResult(features.step_s, scores.curves, bands, hints, opened_at)


def hints_along(
    curves: Mapping[str, FloatArray],
    features: Features,
    bundle: Bundle,
    *,
    knobs: HintKnobs = _DEFAULT_KNOBS,
    severities: Mapping[str, float] | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> list[ProposedHint]:
    """Hints from any curves (slug -> (T,)) over this video: its own, or random ones to compare with."""
    places = places_of(features)
    return propose_hints(
        curves,
        step_s=features.step_s,
        duration_s=features.duration_s,
        thresholds=dict(bundle.thresholds) | dict(thresholds or {}),
        severities={v.slug: v.severity for v in bundle.violations} | dict(severities or {}),
        knobs=knobs,
        modalities={v.slug: v.modality for v in bundle.violations},
        cuts=places.cuts.tolist(),
        onsets=places.onsets.tolist(),
        decays=places.decays.tolist(),
    )


def thresholds_of(bundle: Bundle, precision_floor: float | None) -> dict[str, float]:
    """Type -> the score from which hints open at this precision floor."""
    at_floor = {} if precision_floor is None else thresholds_at(bundle.floors, precision_floor)
    return dict(bundle.thresholds) | at_floor


def as_json(result: AnalysisResult, bundle: Bundle) -> str:
    """The result as one JSON object; scores rounded to what a reader can use."""
    return json.dumps(
        {
            "bundle": {"name": bundle.name, "digest": bundle.digest, "tier": bundle.extractor.tier},
            "step_s": result.step_s,
            "curves": {slug: _rounded(curve) for slug, curve in result.curves.items()},
            "bands": {slug: [_rounded(edge) for edge in band] for slug, band in result.bands.items()},
            "thresholds": result.thresholds,
            "hints": [asdict(hint) for hint in result.hints],
        }
    )


def _rounded(curve: FloatArray) -> list[float]:
    return [round(float(value), 4) for value in curve]


def _as_lines(result: AnalysisResult) -> str:
    shown = [hint for hint in result.hints if not hint.capped]
    lines = [f"{h.start_s:9.2f}  {h.end_s:9.2f}  {h.score:.2f}  {h.violation}" for h in shown]
    return "\n".join(lines) if lines else "No hints."


def weights_for(bundle: Bundle, folder: Path | None) -> Path | None:
    """Return what `extract` needs to make the features this bundle reads: `folder`, or None: embedded.

    Raises WeightsRefused(missing_weights) when a pretrained bundle's files are not in `folder`, and
    WeightsRefused(altered_weights) when they are not those it was trained with.
    """
    if bundle.extractor.tier == "embedded":
        return None
    found = present(folder)
    if found is None:
        where = "no folder with them was named" if folder is None else f'they are not all in "{folder}"'
        fetched = how_to_fetch("FOLDER" if folder is None else folder)
        raise WeightsRefused(
            "missing_weights",
            f'The bundle "{bundle.name}" needs the pretrained networks '
            f"({', '.join(sorted(bundle.extractor.weights))}), but {where}. "
            f"Run {fetched}, or name the folder with --weights or SPOTTER_WEIGHTS.",
        )
    if found != bundle.extractor.weights:
        raise WeightsRefused(
            "altered_weights",
            f'The bundle "{bundle.name}" was trained with other versions of the pretrained networks than '
            "those here. Train a new bundle, or use the weights its card names.",
        )
    return folder


def _features(file: Path, bundle: Bundle, weights: Path | None, *, adaptive: bool) -> Features:
    """The file's features; of an adaptive decoding it says on stderr how much was decoded."""
    if not adaptive:
        return extract(file, weights=weights)
    features, report = extract_adaptive(file, bundle, weights=weights)
    seen_s = min(report.duration_s, report.looked_s + report.decoded_s)
    print(f"Decoded {seen_s:.0f} of {report.duration_s:.0f} seconds of picture.", file=sys.stderr)
    return features


def _sentence(error: Exception, file: Path) -> str:
    """What a person can do about it."""
    if isinstance(error, SpotterMLError):
        return error.sentence
    if isinstance(error, MemoryError):
        return f'"{file}" needs more memory than there is: analyse it on a larger machine.'
    if isinstance(error, OSError) and file.is_dir():
        return f'"{file}" is a folder: name one file in it.'
    if isinstance(error, OSError) and not file.is_file():
        return f'There is no file "{file}": name one that is there.'
    if isinstance(error, OSError):
        return f'"{error.filename or file}" cannot be read or written ({error.strerror}).'
    return f'"{file}" is too damaged to be analysed.'


def printed(text: str) -> None:
    """Print the result; a reader who has seen enough (`| head`) ends it quietly."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Python flushes once more at its end: into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def share(text: str) -> float:
    """A share between 0 and 1, as a command line names it. Raises argparse.ArgumentTypeError."""
    try:
        named = float(text)
    except ValueError:
        named = -1.0
    if not 0 <= named <= 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a share between 0 and 1, such as 0.7')
    return named


def main(arguments: Sequence[str] | None = None) -> int:
    """Analyse one file on the command line."""
    parser = argparse.ArgumentParser(prog="python -m ml.analyse", description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="DIR",
        default=os.environ.get("SPOTTER_WEIGHTS") or None,
        help="folder of the pretrained networks' files, for bundles of that tier (default: SPOTTER_WEIGHTS)",
    )
    parser.add_argument(
        "--adaptive",
        action="store_true",
        help="decode the picture only where key frames and sound leave doubt: quicker, may miss some",
    )
    parser.add_argument(
        "--precision-floor",
        type=share,
        metavar="SHARE",
        help="share of the hints that should be right, between 0 and 1 (default: what the bundle learned)",
    )
    parser.add_argument("--json", action="store_true", help="curves, bands and hints as one JSON object")
    chosen = parser.parse_args(arguments)
    try:
        bundle = load_bundle(chosen.bundle)
        weights = weights_for(bundle, chosen.weights)
        features = _features(chosen.file, bundle, weights, adaptive=chosen.adaptive)
        result = analyse(features, bundle, precision_floor=chosen.precision_floor)
    except (SpotterMLError, av.error.FFmpegError, OSError, MemoryError) as error:
        print(_sentence(error, chosen.file), file=sys.stderr)
        return 1
    printed(as_json(result, bundle) if chosen.json else _as_lines(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
