"""A whole review without a mouse, and a video that really plays."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Recorder, Workbench, api

POSITION = "() => document.querySelector('video').currentTime"


def position(page: Page) -> float:
    return float(page.evaluate(POSITION))


def test_a_review_needs_no_mouse(stack: Stack, log_in: LogIn) -> None:
    page = log_in("kim")
    page.goto("/")
    start = page.locator(f"section[aria-labelledby=queue-{stack.queues['Work']}] [data-start]")
    start.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/reviews/*/")
    bench = Workbench(page)
    review_id, hints = bench.review_id, bench.hints()
    in_time = sorted(hints, key=lambda hint: int(hint["start_ms"]))
    bench.press("n", "a")
    bench.expect_outcome(in_time[0], "accepted")
    bench.press("n", "x")
    bench.expect_outcome(in_time[1], "rejected")
    bench.press("Control+z")
    bench.expect_outcome(in_time[1], "untouched")
    bench.press("Control+Shift+Z", "k")
    bench.expect_outcome(in_time[1], "rejected")
    mark_a_segment(bench)
    type_into_the_notes(bench)
    bench.press("v")
    expect(bench.get("verdict-violating")).to_be_checked()
    with page.expect_response(lambda response: response.url.endswith(f"/{review_id}/submit")) as answer:
        bench.press("Control+Enter")
    assert answer.value.ok, answer.value.text()
    done = api(page, f"/api/reviews/{review_id}")
    assert done["state"] == "submitted"
    assert done["draft"]["notes"] == "avnxs 123 ?"
    assert [each["origin"] for each in done["draft"]["segments"]].count("human") == 1


def mark_a_segment(bench: Workbench) -> None:
    """I, two seconds on, O, and the digit of a type that has room there."""
    start, _ = bench.free_place("distress-sound", 2200)
    bench.seek(start)
    bench.press("i", "ArrowRight", "ArrowRight")
    bench.page.wait_for_timeout(300)
    bench.press("o", "4")
    expect(bench.page.locator("li[data-origin=human]")).to_have_count(1)


def type_into_the_notes(bench: Workbench) -> None:
    """Every key there is a letter and nothing else."""
    before = bench.segments()
    bench.get("notes").focus()
    bench.page.keyboard.type("avnxs 123 ?")
    expect(bench.get("notes")).to_have_value("avnxs 123 ?")
    assert bench.segments() == before
    assert bench.page.locator("dialog[open]").count() == 0
    expect(bench.get("verdict-violating")).not_to_be_checked()
    bench.press("Escape")
    expect(bench.get("notes")).not_to_be_focused()


def test_a_guideline_moves_nothing_and_a_click_on_a_row_chooses_it(stack: Stack, log_in: LogIn) -> None:
    page = log_in("kim")
    bench = Workbench.take_next(page, stack.queues["Work"])
    segments = page.get_by_role("region", name="Segments")
    before = segments.bounding_box()
    bench.get("guideline-distress-sound").click()
    expect(bench.get("guideline")).to_be_in_viewport()
    assert segments.bounding_box() == before
    bench.press("Escape")
    expect(bench.get("guideline")).to_have_count(0)
    bench.add_by_keyboard("4", *bench.free_place("distress-sound"))
    row = page.locator("li[data-origin=human]")
    bench.press("Escape")
    row.click()
    bench.press("Delete")
    expect(row).to_have_count(0)


def test_the_video_plays_and_seeks_by_ranges(stack: Stack, log_in: LogIn) -> None:
    page = log_in("kim")
    heard = Recorder(page)
    bench = Workbench.take_next(page, stack.queues["Work"])
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    assert page.evaluate("() => document.querySelector('video').videoWidth") > 0
    bench.seek(0)
    bench.press("Space")
    page.wait_for_function("() => document.querySelector('video').currentTime > 1.2")
    bench.press("Space")
    page.wait_for_function("() => document.querySelector('video').paused")
    before = position(page)
    bench.press("Shift+ArrowRight")
    page.wait_for_function("(before) => document.querySelector('video').currentTime > before + 4", arg=before)
    bench.seek(0.5)
    assert abs(position(page) - 0.5) < 0.2, "a seek backwards must not jump to the start"
    assert heard.statuses(f"/media/reviews/{bench.review_id}/video") == {206}
    # What was played is known as watched.
    expect(bench.get("watched")).not_to_have_text("Watched 0 %")
    bench.get("notes").fill("Played.")
    bench.expect_saved()
    watched = bench.wire["draft"]["watched"]
    assert sum(each["end_ms"] - each["start_ms"] for each in watched) >= 1000
