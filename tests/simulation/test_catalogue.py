"""The demo's policies hold what reviewers and screens rely on."""

from __future__ import annotations

import pytest

from simulation.catalogue import MODALITIES, POLICIES
from simulation.story import VIOLATIONS

TYPES = [t for p in POLICIES for t in p.violation_types]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_the_catalogue_covers_exactly_what_films_can_show() -> None:
    assert set(MODALITIES) == set(VIOLATIONS)
    assert {MODALITIES[v] for v in VIOLATIONS} == {"picture", "sound", "both"}


def test_number_keys_run_from_one_to_four() -> None:
    assert sorted(t.key for t in TYPES) == ["1", "2", "3", "4"]


def test_colours_differ_between_types() -> None:
    assert len({t.colour for t in TYPES}) == len(TYPES)


@pytest.mark.parametrize("colour", sorted({t.colour for t in TYPES} | {p.colour for p in POLICIES}))
@pytest.mark.parametrize("ground", ["#ffffff", "#14171c"])
def test_colours_stand_out_as_graphics_on_light_and_dark(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3.0  # WCAG AA, 1.4.11


def test_each_guideline_says_what_counts_and_what_does_not() -> None:
    for violation in TYPES:
        assert violation.guideline.count(".") >= 3
        assert "Not " in violation.guideline
    assert all(p.guideline.count(".") >= 3 and p.severity > 0 for p in POLICIES)
