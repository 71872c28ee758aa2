"""Label files: which file shows which violation, read strictly and told in sentences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from review.models import ViolationType
from review.services.labels import LabelSegment
from review.services.policies import types_in_use


class UnableToReadLabels(Exception):
    """`str(error)` says what is wrong with the label file."""


@dataclass(frozen=True)
class Label:
    """What the label file says about one file."""

    path: Path
    name: str
    source: str
    title: str
    segments: tuple[LabelSegment, ...]


@dataclass(frozen=True)
class LabelFile:
    """All labels, and the violation types they answer for: what is not marked there is known to be absent."""

    labels: dict[Path, Label]
    covers: tuple[ViolationType, ...]


def labels_read(file: Path, *, violation_type: str) -> LabelFile:
    """Rows `{file, source, fight}` (whole clips of `violation_type`) or `{file, source, segments: [...]}`."""
    rows = _rows(file)
    labels = [_label(row, file, violation_type) for row in rows]
    slugs = {segment.violation_type for label in labels for segment in label.segments}
    if any("fight" in row for row in rows):
        slugs.add(violation_type)
    return LabelFile({label.path: label for label in labels}, _known(slugs))


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnableToReadLabels(f"The label file {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UnableToReadLabels(f"The label file {file} is not JSON: {error}.") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnableToReadLabels(f"The label file {file} must be a list of objects, one for each video.")
    return rows


def _label(row: dict[str, Any], file: Path, violation_type: str) -> Label:
    name = row.get("file")
    if not isinstance(name, str) or not name:
        raise UnableToReadLabels(f'A row of {file} names no "file".')
    try:
        segments = _segments(row, violation_type)
    except (KeyError, TypeError, ValueError) as error:
        raise UnableToReadLabels(
            f'The row of "{name}" needs "fight": true or false, or "segments" with violation_type, start_ms '
            f"and a later end_ms ({type(error).__name__}: {error})."
        ) from error
    path = (file.parent / name).resolve()
    return Label(path, name, str(row.get("source", "")), str(row.get("title", "")), segments)


def _segments(row: dict[str, Any], violation_type: str) -> tuple[LabelSegment, ...]:
    if "segments" not in row:
        if not isinstance(row["fight"], bool):
            raise TypeError("fight is neither true nor false")
        return (LabelSegment(violation_type, 0, None),) if row["fight"] else ()
    segments = [
        LabelSegment(str(each["violation_type"]), int(each["start_ms"]), int(each["end_ms"]))
        for each in row["segments"]
    ]
    for segment in segments:
        if not 0 <= segment.start_ms < (segment.end_ms or 0):
            raise ValueError(f"{segment.start_ms} to {segment.end_ms} is no interval")
    return tuple(segments)


def _known(slugs: set[str]) -> tuple[ViolationType, ...]:
    kinds = types_in_use().filter(slug__in=slugs).order_by("slug")
    missing: Sequence[str] = sorted(slugs - {kind.slug for kind in kinds})
    if missing:
        known = ", ".join(types_in_use().values_list("slug", flat=True)) or "none"
        raise UnableToReadLabels(
            f'There is no violation type "{missing[0]}" here (there are: {known}). '
            "Make it under Policies first, or choose one with --violation-type."
        )
    return tuple(kinds)
