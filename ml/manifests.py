"""A manifest file -> examples: a JSON list in the form of `ml.types.Example`, checked row by row."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.errors import TrainingDataError
from ml.types import Annotation, Example, Mark

SPLITS = ("train", "validation", "holdout")
Range = tuple[float, float]


def read_manifest(path: Path) -> list[Example]:
    """Examples of a manifest; `features_path` is relative to the manifest's folder.

    Raises TrainingDataError: manifest_unreadable when it is no JSON list, or any row is no example (all are
    read, and the sentence counts them); manifest_empty.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise _unreadable(path, f"is not a list of examples: {why}") from error
    if not isinstance(rows, list):
        raise _unreadable(path, "is not a list of examples. Write one, in the form of ml.types.Example")
    if not rows:
        raise TrainingDataError(
            "manifest_empty", f'The manifest "{path.name}" holds no examples. Add the videos to measure on.'
        )
    examples, wrong = [], []
    for number, row in enumerate(rows, start=1):
        try:
            examples.append(_example(row, path.parent))
        except (ValueError, KeyError, TypeError) as error:
            wrong.append((number, _why(error)))
    if wrong:
        number, first = wrong[0]
        share = f"{len(wrong)} of {len(rows)} examples that cannot be read"
        raise _unreadable(path, f"is not a list of examples: it has {share}. Number {number}: {first}")
    return examples


def _unreadable(path: Path, what: str) -> TrainingDataError:
    return TrainingDataError("manifest_unreadable", f'The manifest "{path.name}" {what}.')


def _why(error: Exception) -> str:
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)


def _example(row: Any, folder: Path) -> Example:
    if not isinstance(row, dict):
        raise TypeError("it is not an object")
    if row["split"] not in SPLITS:
        raise ValueError(f"its split is {row['split']!r}, not one of {', '.join(SPLITS)}")
    return Example(
        video=_text(row, "video"),
        features_path=folder / _text(row, "features_path"),
        group=_text(row, "group"),
        split=row["split"],
        annotations=tuple(_annotation(each) for each in _list(row, "annotations")),
    )


def _annotation(row: Any) -> Annotation:
    if not isinstance(row, dict):
        raise TypeError("an annotation is not an object")
    return Annotation(
        annotator=_text(row, "annotator"),
        marks=tuple(_mark(mark) for mark in _list(row, "marks")),
        watched=_ranges(row, "watched"),
        unmuted=_ranges(row, "unmuted"),
        covers=tuple(str(slug) for slug in _list(row, "covers")),
        settled=bool(row.get("settled", False)),
        blind=bool(row.get("blind", False)),
        corrected=_ranges(row, "corrected") if "corrected" in row else (),
    )


def _mark(row: Any) -> Mark:
    if not isinstance(row, dict):
        raise TypeError("a mark is not an object")
    return Mark(_text(row, "violation"), _seconds(row["start_s"]), _seconds(row["end_s"]))


def _ranges(row: dict[str, Any], name: str) -> tuple[Range, ...]:
    return tuple((_seconds(start), _seconds(end)) for start, end in _list(row, name))


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number of seconds")
    return float(value)


def _text(row: dict[str, Any], name: str) -> str:
    if not isinstance(row[name], str) or not row[name]:
        raise TypeError(f"its {name} is no text")
    return str(row[name])


def _list(row: dict[str, Any], name: str) -> Sequence[Any]:
    if not isinstance(row[name], list):
        raise TypeError(f"its {name} is no list")
    return list(row[name])
