"""The timeline by hand: dragging, snapping, lanes that stay, panning while the video plays."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench


def centre(page: Page, testid: str) -> tuple[float, float]:
    handle = page.get_by_test_id(testid)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def x_of(page: Page, ms: float) -> float:
    """Where a time of the whole video lies on the screen, while all of it is in view."""
    box = page.get_by_test_id("track").bounding_box()
    assert box is not None
    length = int(page.get_by_test_id("ruler").get_attribute("aria-valuemax") or 0)
    return float(box["x"] + box["width"] * ms / length)


def bounds(bench: Workbench, testid: str) -> tuple[int, int]:
    made = next(each for each in bench.segments() if each["testid"] == testid)
    return int(made["start"]), int(made["end"])


def marked(bench: Workbench, start_s: float, end_s: float) -> str:
    """A segment of distress sound made by hand; its name in the list."""
    before = {each["testid"] for each in bench.segments()}
    bench.add_by_keyboard("4", start_s, end_s)
    expect(bench.page.locator("li[data-testid^=segment-]")).to_have_count(len(before) + 1)
    (made,) = {str(each["testid"]) for each in bench.segments()} - before
    return made


def test_edges_and_bodies_are_dragged_snap_and_can_be_taken_back(stack: Stack, log_in: LogIn) -> None:
    page = log_in("tim")
    bench = Workbench.take_next(page, stack.queues["Work"])
    room, _ = bench.free_place("distress-sound", 4000)
    made = marked(bench, room + 1, room + 2)
    thing = f"timeline-{made}"
    start, end = bounds(bench, made)
    mouse = page.mouse

    # The playhead is a place worth meeting: near it the edge jumps there, and says so.
    bench.seek((end + 600) / 1000)
    head = int(bench.get("ruler").get_attribute("aria-valuenow") or 0)
    x, y = centre(page, f"{thing}-end")
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 8, y)
    mouse.move(x_of(page, head) + 3, y)
    expect(bench.get("snapped")).to_have_attribute("data-what", "playhead")
    mouse.up()
    assert bounds(bench, made) == (start, head)

    # Alt turns it off.
    x, y = centre(page, f"{thing}-end")
    page.keyboard.down("Alt")
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 8, y)
    mouse.move(x - 3, y)
    expect(bench.get("snapped")).to_have_count(0)
    mouse.up()
    page.keyboard.up("Alt")
    _, shortened = bounds(bench, made)
    assert shortened != head

    # Escape, before it is let go: nothing happened.
    x, y = centre(page, thing)
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 30, y)
    page.keyboard.press("Escape")
    mouse.up()
    assert bounds(bench, made) == (start, shortened)

    # The body moves as a whole.
    x, y = centre(page, thing)
    page.keyboard.down("Alt")
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 5, y)
    mouse.move(x + 12, y)
    mouse.up()
    page.keyboard.up("Alt")
    moved_start, moved_end = bounds(bench, made)
    assert moved_start > start
    assert moved_end - moved_start == shortened - start
    bench.expect_saved()


def test_a_segment_dragged_onto_its_like_is_refused_and_can_be_merged(stack: Stack, log_in: LogIn) -> None:
    page = log_in("tim")
    bench = Workbench.take_next(page, stack.queues["Work"])
    start, _ = bench.free_place("distress-sound", 4000)
    first = marked(bench, start + 0.5, start + 1.5)
    marked(bench, start + 2.5, start + 3.5)
    both = len(bench.segments())
    x, y = centre(page, f"timeline-{first}-end")
    target = x_of(page, (start + 3) * 1000)
    page.keyboard.down("Alt")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 6, y)
    page.mouse.move(target, y)
    page.mouse.up()
    page.keyboard.up("Alt")
    expect(bench.get("messages")).to_contain_text("overlaps a segment of the same type")
    assert len(bench.segments()) == both
    bench.get("message-action").last.click()
    expect(page.locator("li[data-testid^=segment-]")).to_have_count(both - 1)


def test_lanes_stay_or_go_as_chosen_and_that_is_remembered(stack: Stack, log_in: LogIn) -> None:
    page = log_in("tim")
    bench = Workbench.take_next(page, stack.queues["Work"])
    slug = bench.hints()[0]["violation_type"]
    expect(bench.get(f"lane-{slug}")).to_be_visible()
    other = next(each["slug"] for each in bench.wire["violation_types"] if each["slug"] != slug)
    bench.get("lane-menu").focus()
    page.keyboard.press("Enter")
    bench.get(f"lane-menu-{slug}-never").check()
    bench.get(f"lane-menu-{other}-always").check()
    expect(bench.get(f"lane-{slug}")).to_have_count(0)
    expect(bench.get(f"lane-{other}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(bench.get(f"lane-menu-{slug}-never")).to_have_count(0)
    expect(bench.get("lane-menu")).to_be_focused()
    expect(bench.get("empty-lanes")).to_contain_text("in it")

    page.reload()
    expect(bench.get(f"lane-{other}")).to_be_visible()
    expect(bench.get(f"lane-{slug}")).to_have_count(0)
    bench.get("empty-lanes").click()
    expect(bench.get(f"lane-{slug}")).to_be_visible()
    bench.get("lane-menu").click()
    expect(bench.get(f"lane-menu-{other}-always")).to_be_checked()
    bench.get(f"lane-menu-{slug}-auto").check()
    with page.expect_response(lambda answer: answer.url.endswith("/api/me/preferences") and answer.ok):
        bench.get(f"lane-menu-{other}-auto").check()


def test_panning_while_the_video_plays_is_not_snapped_back(stack: Stack, log_in: LogIn) -> None:
    page = log_in("tim")
    bench = Workbench.take_next(page, stack.queues["Work"])
    bench.press("+", "+", "+")
    expect(bench.get("playhead")).to_be_visible()
    follow = bench.get("follow")
    expect(follow).to_have_attribute("aria-pressed", "true")
    bench.press(" ")
    x, y = centre(page, "ruler")
    page.mouse.move(x, y + 60)
    page.mouse.wheel(1500, 0)
    expect(bench.get("playhead")).to_have_count(0)
    expect(follow).to_have_attribute("aria-pressed", "false")
    window = bench.get("minimap-window").get_attribute("style")
    page.wait_for_timeout(700)
    assert bench.get("minimap-window").get_attribute("style") == window, "the view moved under the hand"
    follow.click()
    expect(bench.get("playhead")).to_be_visible()
    expect(follow).to_have_attribute("aria-pressed", "true")
    expect(bench.get("play-pause")).to_have_attribute("aria-label", re.compile("Pause"))


def test_the_minimap_window_is_dragged_by_its_edges_and_its_middle(stack: Stack, log_in: LogIn) -> None:
    page = log_in("tim")
    bench = Workbench.take_next(page, stack.queues["Work"])
    window = bench.get("minimap-window")
    whole = window.bounding_box()
    assert whole is not None
    y = whole["y"] + whole["height"] / 2
    page.mouse.move(whole["x"] + whole["width"] - 2, y)
    page.mouse.down()
    page.mouse.move(whole["x"] + whole["width"] / 2, y, steps=3)
    page.mouse.up()
    half = window.bounding_box()
    assert half is not None
    assert abs(half["width"] - whole["width"] / 2) < 6
    page.mouse.move(half["x"] + half["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(half["x"] + half["width"] / 2 + 100, y, steps=3)
    page.mouse.up()
    moved = window.bounding_box()
    assert moved is not None
    assert abs(moved["x"] - half["x"] - 100) < 3
    assert abs(moved["width"] - half["width"]) < 2
