"""The decision panel and the seek bar: why a hint is here, what was watched, and one screen at every size."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench

NOW_MS = "() => document.querySelector('video').currentTime * 1000"


def test_why_a_hint_is_here_is_told_on_demand_and_follows_the_choice(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    bench = Workbench.take_next(log_in("axel"), stack.queues["Work"])
    expect(bench.get("why-here")).to_have_count(0)
    bench.press("n", "w")
    details = bench.get("why-here")
    expect(details).to_contain_text(re.compile(r"Highest at \d+:\d\d, with 0\.\d\d: "))
    expect(details).to_contain_text("that it had to reach")
    expect(details).to_contain_text(f"of {len(bench.wire['hints'])}: ")
    expect(bench.get("why")).to_have_attribute("aria-expanded", "true")
    shoot(bench.page, "workbench-why")
    first = details.inner_text()
    bench.press("n")
    expect(details).not_to_have_text(first)
    bench.press("w")
    expect(details).to_have_count(0)


def test_what_waits_behind_show_more_is_marked_for_what_it_is(stack: Stack, log_in: LogIn) -> None:
    bench = Workbench.take_next(log_in("axel"), stack.queues["Work"])
    expect(bench.page.locator("[data-held]")).to_have_count(0)
    expect(bench.get("weaker")).to_have_count(0)
    bench.press("h")
    wire = bench.wire
    for hint in wire["hints"]:
        below = hint["capped"] and hint["score"] < wire["thresholds"][hint["violation_type"]]
        held = ("weak" if below else "limit") if hint["capped"] else None
        assert bench.get(f"hint-{hint['id']}").get_attribute("data-held") == held
    expect(bench.get("weaker")).to_contain_text("below the threshold")
    ranks = bench.page.locator("[data-testid^=hint-] .rank").all_inner_texts()
    assert len(ranks) == len(wire["hints"])
    expect(bench.page.get_by_label("Hints", exact=True).get_by_text("100 %")).to_have_count(0)
    bench.press("h")
    bench.expect_saved()


def test_the_seek_bar_is_a_slider_for_hand_keyboard_and_screen_reader(stack: Stack, log_in: LogIn) -> None:
    bench = Workbench.take_next(log_in("axel"), stack.queues["Work"])
    page, duration_ms = bench.page, bench.wire["video"]["duration_ms"]
    bench.seek(0)
    bar = page.get_by_role("slider", name="Seek")
    box = bar.bounding_box()
    assert box is not None
    bar.hover(position={"x": box["width"] * 0.9, "y": 9})
    expect(bar.get_by_test_id("preview")).to_be_visible()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 9, steps=4)
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 9, steps=4)
    page.mouse.up()
    assert page.evaluate(NOW_MS) == pytest.approx(duration_ms * 0.6, abs=duration_ms * 0.02)
    bar.focus()
    page.keyboard.press("Home")
    expect(bar).to_have_attribute("aria-valuetext", re.compile(r"^0:00 of "))
    page.keyboard.press("ArrowRight")
    expect(bar).to_have_attribute("aria-valuenow", "1")
    page.keyboard.press("PageUp")
    assert page.evaluate(NOW_MS) == pytest.approx(1000 + duration_ms / 10, abs=200)
    page.keyboard.press("End")
    assert page.evaluate(NOW_MS) == pytest.approx(duration_ms, abs=200)


def test_a_clean_verdict_is_asked_about_by_exactly_what_was_not_seen(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    bench = Workbench.take_next(log_in("blanca"), stack.queues["Blind"])
    page = bench.page
    expect(bench.get("arm-note")).to_contain_text("A blind review")
    bench.press("w")
    expect(bench.get("why-here")).to_have_count(0)
    page.evaluate("() => { document.querySelector('video').muted = false }")
    bench.seek(0)
    bench.press("Space")
    page.wait_for_timeout(1800)
    bench.press("Space")
    expect(bench.get("coverage")).to_contain_text(re.compile(r"Watched \d+ %"))
    expect(bench.get("coverage-manners")).to_contain_text(re.compile(r"heard \d+ %"))
    unseen = page.locator("[data-testid^=unwatched-]").first
    expect(unseen).to_be_visible()
    bench.verdict("clean")
    bench.get("submit").click()
    question = bench.get("submit-question")
    expect(question).to_contain_text(
        re.compile(r"You have watched \d+ % of this video, not \d+:\d\d–\d+:\d\d")
    )
    expect(question).not_to_contain_text("hint")
    shoot(page, "workbench-coverage")
    assert bench.wire["state"] == "leased", "it was only asked"
    before = page.evaluate(NOW_MS)
    bench.press("u")
    page.wait_for_function(f"() => document.querySelector('video').currentTime * 1000 >= {before}")
    bench.press("Space")
    bench.verdict("violating")
    expect(question).to_have_count(0)


SIZES = {
    "small": (1024, 768),
    "usual": (1440, 900),
    "large": (2560, 1440),
    "usual at 200 %": (720, 450),
    "small at 200 %": (512, 384),
}


def test_everything_is_in_reach_at_every_size(stack: Stack, log_in: LogIn) -> None:
    """Zooming to 200 % halves the page's width and height, which is what these sizes stand for."""
    bench = Workbench.take_next(log_in("axel"), stack.queues["Work"])
    page = bench.page
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        wide = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{name}: the page is {wide} px too wide"
        for testid in ("seek-bar", "play-pause", "why", "submit", "notes", "score-slider", "undo", "minimap"):
            thing = bench.get(testid)
            thing.scroll_into_view_if_needed()
            box = thing.bounding_box()
            assert box is not None, f"{name}: {testid} is not there"
            assert box["width"] > 5, f"{name}: {testid} has no width"
            assert box["x"] >= 0, f"{name}: {testid} is cut off on the left"
            assert box["x"] + box["width"] <= width + 1, f"{name}: {testid} is cut off on the right"
            assert 0 <= box["y"] < height, f"{name}: {testid} cannot be scrolled to"
        row = page.locator("[data-testid^=hint-][data-outcome]").first
        row.scroll_into_view_if_needed()
        expect(row).to_be_in_viewport()
