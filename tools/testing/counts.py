"""Adds up what the test runners wrote about their runs."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Counts:
    """How many tests did what."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def read_counts(report: Path) -> Counts:
    """From pytest's XML or vitest's JSON; nothing when the runner did not get that far."""
    try:
        text = report.read_text(encoding="utf-8")
        return _from_json(text) if report.suffix == ".json" else _from_xml(text)
    except (OSError, ValueError, KeyError, ElementTree.ParseError):
        return Counts()


def _from_xml(text: str) -> Counts:
    suites = list(ElementTree.fromstring(text).iter("testsuite"))

    def total(name: str) -> int:
        return sum(int(suite.get(name, "0")) for suite in suites)

    failed = total("failures") + total("errors")
    return Counts(total("tests") - failed - total("skipped"), failed, total("skipped"))


def _from_json(text: str) -> Counts:
    found = json.loads(text)
    return Counts(found["numPassedTests"], found["numFailedTests"], found["numPendingTests"])
