"""The workbench bench's figures follow from its samples alone."""

from __future__ import annotations

from typing import Any

import pytest

from bench.ui import BARS, empty_page_misses, figures_of, missed, needed
from bench.ui_scenes import outcomes, was_reserved

MANIFEST = {
    "app.ts": {"file": "app.js", "css": ["app.css"], "imports": ["_shared"]},
    "work.ts": {"file": "work.js", "imports": ["_shared"], "dynamicImports": ["later.ts"]},
    "_shared": {"file": "shared.js", "imports": ["_deep"]},
    "_deep": {"file": "deep.js", "imports": ["_shared"]},
    "later.ts": {"file": "later.js"},
}


def _items(
    *,
    interval: float = 16.7,
    first: float = 20.0,
    adjusted: int = 1,
    changed: int = 290,
    reserved: bool = True,
) -> list[dict[str, Any]]:
    frames = {"intervals": [interval] * 300, "changed": changed}
    drawn = [{"scene": "opening", "interactive": ms, "drawn": ms - 90} for ms in (700, 900, 4_000)]
    moved = [{"scene": name, **frames} for name in ("panning", "zooming", "dragging", "empty page")]
    pressed = [{"scene": "key", "key": key, "first": first, "last": first + 5} for key in ("accept", "undo")]
    parts = {"objects": 30.0, "embedder": 40.0, "buffers": 20.0, "sum": 90.0}
    answers = {"accepted": 3, "adjusted": adjusted, "rejected": 1, "played": 5}
    return [
        *drawn,
        *moved,
        *pressed,
        {"scene": "memory", **parts},
        {"scene": "next task", "ms": 200.0, "reserved": reserved},
        {"scene": "bundle", "files": {"a.js": 40_000, "b.css": 8_000}},
        {"scene": "keystrokes", "presses": ["n", "a"] * 6, **answers},
    ]


def test_a_workbench_within_all_bars_misses_none() -> None:
    figures = figures_of(_items())
    assert missed(figures) == []
    assert figures["first_paint_ms"] == 900
    assert figures["bundle_kb"] == 48
    assert set(BARS) <= set(figures)


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"interval": 40.0}, ["frame_median_ms", "frame_p95_ms"]),
        ({"first": 60.0}, ["key_ms"]),
        ({"adjusted": 0}, ["answered"]),
        ({"reserved": False}, ["reserved"]),
        ({"changed": 20}, ["panning", "zooming", "dragging"]),
    ],
)
def test_what_is_too_slow_or_was_not_done_is_named(changed: dict[str, Any], names: list[str]) -> None:
    assert missed(figures_of(_items(**changed))) == names


def test_one_slow_frame_in_a_hundred_misses_no_bar_but_is_told() -> None:
    items = _items()
    next(each for each in items if each["scene"] == "panning")["intervals"][150] = 120.0
    figures = figures_of(items)
    assert missed(figures) == []
    assert figures["frames"]["panning"]["worst_ms"] == 120


def test_a_machine_too_busy_for_an_empty_page_is_told_of_and_no_bar_is_loosened_for_it() -> None:
    assert not empty_page_misses(figures_of(_items()))
    busy = figures_of(_items(interval=40.0))
    assert empty_page_misses(busy)
    assert missed(busy) == ["frame_median_ms", "frame_p95_ms"]


def test_a_next_task_was_reserved_if_its_video_came_before_it_was_opened_and_not_again() -> None:
    ahead, opened = ["/api/reviews/8", "/media/reviews/8/video"], "/api/reviews/8/open"
    assert was_reserved(ahead, ["/api/reviews/7/submit", opened])
    assert not was_reserved(ahead, [opened, "/media/reviews/8/video"])
    assert not was_reserved(ahead, ["/api/reviews/9/open"])
    assert not was_reserved(ahead, ["/api/queues/1/next", "/api/reviews/8"])


def test_an_entry_needs_all_it_imports_at_once_and_nothing_later() -> None:
    assert needed(MANIFEST, ["app.ts", "work.ts"]) == {"app.js", "app.css", "work.js", "shared.js", "deep.js"}


def test_answers_are_read_from_what_the_server_holds() -> None:
    hint = {"id": 7, "start_ms": 0, "end_ms": 900}
    other = {"id": 8, "start_ms": 2_000, "end_ms": 3_000}
    segments = [
        {"hint_ids": [7], "start_ms": 0, "end_ms": 900},
        {"hint_ids": [8], "start_ms": 2_000, "end_ms": 3_040},
        {"hint_ids": [], "start_ms": 5_000, "end_ms": 6_000},
    ]
    wire = {"hints": [hint, other], "draft": {"segments": segments, "rejected": [9], "played": [7, 8, 8]}}
    assert outcomes(wire) == {"accepted": 1, "adjusted": 1, "rejected": 1, "played": 2}
