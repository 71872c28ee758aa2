"""Gentle on people: from the first frame, clear only while held, breaks by one key, escalating by list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench, api

# Looks at every frame that the browser paints: was there ever a picture without its blur, or with its sound?
WATCH = """
window.bare = [];
const look = () => {
  for (const picture of document.querySelectorAll('video, .thumb')) {
    let blurred = false;
    for (let at = picture; at; at = at.parentElement)
      blurred ||= getComputedStyle(at).filter.includes('blur');
    if (!blurred) window.bare.push('clear ' + picture.className + ' ' + performance.now());
    if (picture.tagName === 'VIDEO' && !picture.muted && !picture.paused) window.bare.push('loud');
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@contextmanager
def defaults(admin: Page, *names: str) -> Iterator[None]:
    """The organisation chooses these, for as long as the block lasts: other tests meet none."""
    choose(admin, *names)
    try:
        yield
    finally:
        choose(admin)


def choose(admin: Page, *names: str) -> None:
    admin.goto("/people/")
    admin.get_by_role("link", name="Defaults for everybody").click()
    for name in ("Videos start muted", "Videos start blurred", "Blur clears only while a key is held"):
        admin.get_by_label(name).set_checked(name in names)
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("The defaults are saved")).to_be_visible()


def bare(bench: Workbench) -> list[str]:
    found: list[str] = bench.page.evaluate("window.bare")
    return found


def test_what_the_organisation_chose_holds_from_the_first_frame_and_a_key_clears_it_while_held(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    admin = log_in("admin")
    chosen = ("Videos start muted", "Videos start blurred", "Blur clears only while a key is held")
    with defaults(admin, *chosen):
        shoot(admin, "defaults")
        page = log_in("willa")
        page.add_init_script(WATCH)
        bench = Workbench.take_next(page, stack.queues["Work"])
        expect(bench.get("toggle-mute")).to_have_attribute("aria-pressed", "true")
        bench.seek(6.0)
        bench.press(" ")
        page.wait_for_timeout(700)
        bench.press(" ")
        page.mouse.move(*middle_of(bench, "timeline"))
        first = page.url
        skip(bench)
        expect(page).not_to_have_url(first)
        after = Workbench(page)
        page.wait_for_timeout(500)
        assert bare(after) == []

        page.keyboard.press(" ")
        page.wait_for_timeout(600)
        page.keyboard.down("d")
        expect(bench.get("toggle-blur")).to_have_attribute("aria-pressed", "false")
        page.wait_for_timeout(900)
        page.evaluate("window.dispatchEvent(new Event('blur'))")
        expect(bench.get("toggle-blur")).to_have_attribute("aria-pressed", "true")
        page.keyboard.up("d")
        page.wait_for_timeout(600)
        page.keyboard.press(" ")
        page.keyboard.press("b")
        expect(bench.get("toggle-blur")).to_have_attribute("aria-pressed", "true")
        bench.get("notes").fill("Seen.")
        bench.get("notes").blur()
        bench.expect_saved()
        watched = after.wire["draft"]["watched"]
        assert {part["muted"] for part in watched} == {True}
        assert [part["blurred"] for part in watched] == [True, False, True]

        # Her own choice goes before the organisation's, here and on the page, and can be taken back.
        page.keyboard.press("Shift+S")
        bench.get("setting-blurred").uncheck()
        expect(bench.get("follow-blurred")).to_be_visible()
        shoot(page, "settings")
        page.keyboard.press("Escape")
        expect(bench.get("toggle-blur")).to_have_attribute("aria-pressed", "false")
        page.wait_for_timeout(1000)
        assert api(page, "/api/me/preferences")["own"] == {"blurred": False}
        page.reload()
        expect(bench.get("toggle-blur")).to_have_attribute("aria-pressed", "false")
        page.goto("/preferences/")
        shoot(page, "preferences")
        page.get_by_label("Videos start blurred").select_option("")
        page.get_by_role("button", name="Save").click()
        assert api(page, "/api/me/preferences")["own"] == {}


def middle_of(bench: Workbench, name: str) -> tuple[float, float]:
    box = bench.get(name).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def skip(bench: Workbench) -> None:
    """By keyboard: S, then the number of the reason."""
    bench.press("s")
    expect(bench.get("skip-dialog")).to_be_visible()
    bench.press("2")


def test_a_break_is_one_key_hides_everything_and_counts_nothing(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("wendy")
    bench = Workbench.take_next(page, stack.queues["Work"])
    title = page.title()
    bench.get("notes").fill("Half a thought")
    bench.get("notes").blur()
    bench.press(" ", "z")
    expect(bench.get("break")).to_be_visible()
    expect(bench.get("break-lease")).to_contain_text("waits for you until")
    assert page.evaluate("document.querySelector('video').paused")
    assert page.evaluate(
        """[[20, 20], [400, 300], [1300, 400], [700, 800]].every(([x, y]) =>
             document.elementFromPoint(x, y).closest('[data-testid=break]'))"""
    )
    assert page.title() != title
    bench.page.wait_for_timeout(300)
    shoot(page, "break")
    draft = bench.wire["draft"]
    assert draft["notes"] == "Half a thought"
    page.mouse.move(300, 300)
    page.wait_for_timeout(1500)
    bench.press("x", "a")
    expect(bench.get("break")).to_be_visible()
    for key in ("z", "Escape", " ", "Enter"):
        bench.press(key)
        expect(bench.get("break")).to_have_count(0)
        assert page.title() == title
        if key != "Enter":
            bench.press("z")
            expect(bench.get("break")).to_be_visible()
    bench.get("notes").fill("Back again")
    bench.expect_saved()
    assert bench.wire["draft"]["active_ms"] - draft["active_ms"] < 1400


def test_escalating_takes_a_reason_from_the_list_by_keyboard_and_the_senior_is_told(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("wim")
    bench = Workbench.take_next(page, stack.queues["Curves"])
    review = bench.review_id
    title = bench.wire["submission"]["title"]
    bench.press("v", "v", "v", "v")
    while bench.get("verdict-escalated").is_checked() is False:
        bench.press("v")
    bench.press("Control+Enter")
    expect(bench.get("escalate-dialog")).to_be_visible()
    shoot(page, "escalate")
    bench.press("Escape")
    bench.press("Shift+E", "3")
    expect(bench.get("escalation-reason")).to_contain_text("May be a matter for the law")
    bench.press("Control+Enter")
    page.wait_for_url(re.compile(rf"^(?!.*/reviews/{review}/)"))
    page.goto("/history/")
    row = page.get_by_role("row").filter(has_text=title).first
    expect(row).to_contain_text("May be a matter for the law")

    senior = log_in("selma")
    by_senior = Workbench.take_next(senior, stack.queues["Curves"])
    assert by_senior.wire["submission"]["title"] == title
    expect(by_senior.get("escalations")).to_contain_text("May be a matter for the law")
    shoot(senior, "escalated")
