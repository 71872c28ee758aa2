"""A manifest file -> examples: a JSON list in the form of `ml.types.Example`, checked row by row."""

import json
from collections import Counter
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from ml.errors import TrainingDataError, first_few
from ml.types import Annotation, Example, Mark

SPLITS = ("train", "validation", "holdout")
Range = tuple[float, float]
Read = TypeVar("Read")


class _WrongError(Exception):
    """What is wrong in a row, beginning with the key's name."""


def read_manifest(path: Path) -> list[Example]:
    """Examples of a manifest; `features_path` is relative to the manifest's folder.

    Raises TrainingDataError: manifest_unreadable when it is no JSON list, or any row is no example (all are
    read, and the sentence counts them); manifest_empty; video_twice.
    """
    rows = _json(path)
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
        except _WrongError as error:
            wrong.append(f"Number {number}: {error}")
    if wrong:
        share = f"{len(wrong)} of {len(rows)} examples that cannot be read"
        raise _unreadable(path, f"is not a list of examples: it has {share}. {wrong[0]}")
    _check_once(path, examples)
    return examples


def _json(path: Path) -> Any:
    if not path.exists():
        raise TrainingDataError("manifest_unreadable", f'There is no file "{path}": name a manifest.')
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        why = "it is a folder" if path.is_dir() else f"it cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        why = "it is no text in UTF-8"
    except json.JSONDecodeError as error:
        why = f"it is no JSON from line {error.lineno} on"
    except (ValueError, RecursionError):
        why = "its JSON has a number too long or lists too deep to be meant"
    raise _unreadable(path, f"is not a list of examples: {why}")


def _check_once(path: Path, examples: list[Example]) -> None:
    """A video that counts twice would weigh twice in every figure."""
    times = Counter(example.video for example in examples)
    if twice := [video for video, count in times.items() if count > 1]:
        raise TrainingDataError(
            "video_twice",
            f'The manifest "{path.name}" lists {len(twice)} of its videos more than once: '
            f"{first_few(twice)}. List each once, with all its annotations.",
        )


def _unreadable(path: Path, what: str) -> TrainingDataError:
    return TrainingDataError("manifest_unreadable", f'The manifest "{path.name}" {what}.')


def _example(row: Any, folder: Path) -> Example:
    split = _value(row, "split")
    if split not in SPLITS:
        raise _WrongError(f'"split" is {_shown(split)}, not one of {", ".join(SPLITS)}')
    return Example(
        video=_text(row, "video"),
        features_path=folder / _text(row, "features_path"),
        group=_text(row, "group"),
        split=split,
        annotations=_each(row, "annotations", _annotation),
    )


def _annotation(row: Any) -> Annotation:
    return Annotation(
        annotator=_text(row, "annotator"),
        marks=_each(row, "marks", _mark),
        watched=_each(row, "watched", _range),
        unmuted=_each(row, "unmuted", _range),
        covers=_each(row, "covers", _slug),
        settled=_flag(row, "settled"),
        blind=_flag(row, "blind"),
        corrected=_each(row, "corrected", _range) if "corrected" in row else (),
    )


def _mark(row: Any) -> Mark:
    start, end = (_seconds(_value(row, key), f'"{key}"') for key in ("start_s", "end_s"))
    return Mark(_text(row, "violation"), start, end)


def _range(row: Any) -> Range:
    if not isinstance(row, list) or len(row) != 2:
        raise _WrongError(f"is {_shown(row)}, not a start and an end in seconds")
    return _seconds(row[0], "its start"), _seconds(row[1], "its end")


def _slug(row: Any) -> str:
    if not isinstance(row, str) or not row:
        raise _WrongError(f"is {_shown(row)}, not the name of a violation type")
    return row


def _seconds(value: Any, what: str) -> float:
    # A whole number of hundreds of digits is none either.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise _WrongError(f"{what} is {_shown(value)}, no number of seconds")
    return float(value)


def _flag(row: Any, name: str) -> bool:
    value = row.get(name, False)
    if not isinstance(value, bool):
        raise _WrongError(f'"{name}" is {_shown(value)}, neither true nor false')
    return value


def _text(row: Any, name: str) -> str:
    value = _value(row, name)
    if not isinstance(value, str) or not value:
        raise _WrongError(f'"{name}" is {_shown(value)}, no text')
    return value


def _each(row: Any, name: str, read: Callable[[Any], Read]) -> tuple[Read, ...]:
    """All entries of a list; what is wrong with one is said with its place."""
    entries, found = _value(row, name), []
    if not isinstance(entries, list):
        raise _WrongError(f'"{name}" is {_shown(entries)}, no list')
    for number, entry in enumerate(entries, start=1):
        try:
            found.append(read(entry))
        except _WrongError as error:
            raise _WrongError(f'"{name}" number {number}: {error}') from error
    return tuple(found)


def _value(row: Any, name: str) -> Any:
    if not isinstance(row, dict):
        raise _WrongError(f"{_shown(row)} is no object with keys")
    if name not in row:
        raise _WrongError(f'it lacks "{name}"')
    return row[name]


def _shown(value: Any) -> str:
    """The value as it stands in the file, cut short."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    if isinstance(value, float) and not isfinite(value):
        return "no finite number"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"
