"""What was done is not lost: saved within a second, back after a reload or a crash, never overwritten."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench, api, behind


def saved_within(bench: Workbench, *, seconds: float, notes: str) -> float:
    """Seconds until the server's draft has these notes."""
    began = time.monotonic()
    while bench.wire["draft"]["notes"] != notes:
        assert time.monotonic() - began < seconds + 5, "the draft never arrived"
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_draft_is_saved_within_a_second_and_back_after_reload_and_crash(
    stack: Stack, log_in: LogIn, context_make: Callable[..., BrowserContext]
) -> None:
    context = context_make()
    page = log_in("drew", context)
    bench = Workbench.take_next(page, stack.queues["Work"])
    hint = bench.hints()[0]
    bench.get(f"hint-{hint['id']}-accept").click()
    start, end = bench.free_place("physical-fight")
    bench.add_by_keyboard("1", start, end)
    bench.get("notes").fill("Two people, left of the tree.")
    took = saved_within(bench, seconds=1.0, notes="Two people, left of the tree.")
    assert took < 1.0, f"the draft took {took:.2f} s"
    bench.expect_saved()
    there = bench.segments()
    assert len(there) == 2

    page.reload()
    again = Workbench(page)
    assert again.segments() == there
    expect(again.get("notes")).to_have_value("Two people, left of the tree.")

    # A crash: no page gets to say goodbye, and the other machine knows nothing.
    address = page.url
    context.close()
    elsewhere = log_in("drew")
    elsewhere.goto("/")
    elsewhere.get_by_role("link", name="Continue your review").first.click()
    elsewhere.wait_for_url(address)
    back = Workbench(elsewhere)
    assert back.segments() == there
    back.expect_outcome(hint, "accepted")


def test_leaving_at_once_loses_nothing_and_offers_nothing(stack: Stack, log_in: LogIn) -> None:
    page = log_in("drew")
    bench = Workbench.take_next(page, stack.queues["Work"])
    # Younger than the autosave's delay: what is sent on leaving has no page left to hear the answer.
    bench.get("notes").fill("Left at once.")
    page.reload()
    again = Workbench(page)
    expect(again.get("notes")).to_have_value("Left at once.")
    expect(again.get("leftover")).to_have_count(0)
    again.expect_saved()
    assert again.wire["draft"]["notes"] == "Left at once."


def test_a_skipped_task_goes_to_somebody_else(stack: Stack, log_in: LogIn) -> None:
    page = log_in("hank")
    bench = Workbench.take_next(page, stack.queues["Work"])
    skipped = bench.review_id
    bench.press("s")
    bench.get("skip-language").click()
    page.wait_for_url(lambda url: f"/reviews/{skipped}/" not in url)
    assert api(page, f"/api/reviews/{skipped}")["state"] == "skipped"
    page.goto(f"/reviews/{skipped}/")
    expect(page.get_by_test_id("read-only")).to_contain_text("You skipped this review.")
    expect(page.get_by_test_id("submit")).to_have_count(0)


def test_what_the_server_never_got_comes_back_after_a_crash(stack: Stack, log_in: LogIn) -> None:
    page = log_in("crash")
    bench = Workbench.take_next(page, stack.queues["Work"])
    bench.expect_saved()
    drafts = re.compile(r"/api/reviews/\d+/draft")
    page.context.route(drafts, lambda route: route.abort())
    bench.get("notes").fill("Written without a connection.")
    expect(bench.get("save-status")).to_have_attribute("data-status", "offline")
    assert bench.wire["draft"]["notes"] == ""
    other = page.context.new_page()
    page.close()  # without beforeunload: as when the browser dies
    page.context.unroute(drafts)
    other.goto(f"/reviews/{bench.review_id}/")
    back = Workbench(other)
    expect(back.get("notes")).to_have_value("Written without a connection.")
    back.expect_saved()
    assert back.wire["draft"]["notes"] == "Written without a connection."


def test_two_tabs_cannot_overwrite_each_other(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    first = log_in("tabby")
    one = Workbench.take_next(first, stack.queues["Work"])
    other = first.context.new_page()
    other.goto(first.url)
    two = Workbench(other)
    behind(other)
    one.get("notes").fill("From the first tab.")
    saved_within(one, seconds=1.0, notes="From the first tab.")
    behind(first)
    behind(other, hidden=False)

    with other.expect_response(lambda response: response.url.endswith("/draft")) as refused:
        two.get("notes").fill("From the second tab.")
    assert refused.value.status == 409
    problem = refused.value.json()
    assert problem["code"] == "draft_conflict"
    assert problem["current_draft"]["notes"] == "From the first tab."
    expect(two.get("draft-conflict")).to_be_visible()
    shoot(other, "workbench-conflict")
    assert "From the second tab." in copies_in_the_browser(other, two.review_id)
    assert one.wire["draft"]["notes"] == "From the first tab."

    two.get("use-mine").click()
    two.expect_saved()
    assert two.wire["draft"]["notes"] == "From the second tab."
    # And the other way round: the first tab is now the older one, and may take what is newer.
    behind(other)
    behind(first, hidden=False)
    one.get("notes").fill("From the first tab, again.")
    expect(one.get("draft-conflict")).to_be_visible()
    one.get("use-theirs").click()
    expect(one.get("notes")).to_have_value("From the second tab.")


def copies_in_the_browser(page: Page, review_id: int) -> list[str]:
    """The notes of each draft of this review that the browser keeps beside the server's."""
    kept = page.evaluate(
        """() => Object.keys(localStorage).filter((key) => key.includes('draft'))
              .map((key) => localStorage.getItem(key))"""
    )
    copies = [json.loads(text) for text in kept]
    return [copy["draft"]["notes"] for copy in copies if copy["review_id"] == review_id]


def test_a_submitted_review_can_be_reopened_from_the_own_history(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("hank")
    bench = Workbench.take_next(page, stack.queues["Curves"])
    review_id = bench.review_id
    bench.verdict("clean")
    bench.insist()
    # The page goes on by itself, and would take the next address along.
    page.wait_for_url(lambda url: f"/reviews/{review_id}/" not in url)
    page.goto("/history/")
    row = page.locator("tbody tr", has=page.locator(f"a[href='/reviews/{review_id}/']"))
    expect(row).to_contain_text(re.compile("submitted", re.IGNORECASE))
    expect(row).to_contain_text(re.compile("clean", re.IGNORECASE))
    shoot(page, "history")
    page.goto(f"/reviews/{review_id}/")
    expect(page.get_by_test_id("read-only")).to_be_visible()
    page.goto("/history/")
    row.get_by_role("button", name="Reopen").click()
    page.get_by_role("dialog").get_by_role("button", name="Reopen").click()
    page.wait_for_url(re.compile(r"/reviews/\d+/"))
    again = Workbench(page)
    expect(again.get("verdict-clean")).to_be_checked()
    again.add_by_keyboard("4", 1.0, 3.0)
    again.verdict("violating")
    again.submit()
    found = api(page, f"/api/reviews/{again.review_id}")
    assert found["state"] == "submitted"
    assert found["draft"]["verdict"] == "violating"
    assert len(found["draft"]["segments"]) == 1
