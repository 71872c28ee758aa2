"""From one review straight to the next, and nothing lost when the connection, the login or the lease goes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench, api

BAR_MS = 500
# Shared machines stall now and then; the bench measures the bar itself, by medians.
SLACK_MS = 500
# Far less than the two minutes after which a reservation ends by itself.
LET_GO_S = 15
# From the key itself to the first frame in which the next video can play, its curves are drawn and keys act.
# Kept on the page for wait_for_function, which has an end: evaluate would wait for a promise without one.
SWAPPED = """() => {
  const from = document.querySelector('video').getAttribute('src');
  addEventListener('keydown', () => {
    const began = performance.now();
    let blank = 0;
    const look = () => {
      const video = document.querySelector('video');
      if (!video) blank += 1;
      const next = video && video.getAttribute('src') !== from;
      if (next && video.readyState >= 3 && document.querySelector('[data-testid^=peak-]'))
        globalThis.swapped = { ms: performance.now() - began, blank };
      else requestAnimationFrame(look);
    };
    look();
  }, { capture: true, once: true });
}"""


def take_and_wait(page: Page, queue: int) -> tuple[Workbench, str]:
    """The next review, once the video of the one after it is there too; the latter's address."""
    asked: list[str] = []
    page.on("response", lambda response: asked.append(response.url))
    bench = Workbench.take_next(page, queue)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        page.wait_for_timeout(100)
        others = [url for url in asked if url.endswith("/video") and f"/{bench.review_id}/" not in url]
        if others:
            page.wait_for_timeout(1000)
            return bench, others[0]
    raise AssertionError("nothing was fetched ahead")


def submit_by_key(bench: Workbench) -> dict[str, Any]:
    """Ctrl+Enter; how long the swap took."""
    bench.verdict("unreviewable")
    bench.get("notes").fill("Too dark.")
    bench.expect_saved()
    bench.page.evaluate(SWAPPED)
    bench.page.keyboard.press("Control+Enter")
    found: dict[str, Any] = bench.page.wait_for_function("() => globalThis.swapped").json_value()
    return found


def test_a_submit_goes_straight_to_the_next_video_that_is_already_there(stack: Stack, log_in: LogIn) -> None:
    page = log_in("axel")
    bench, ahead = take_and_wait(page, stack.queues["Work"])
    first = bench.review_id
    title = bench.get("title").inner_text()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    took = submit_by_key(bench)
    page.wait_for_url(lambda url: f"/reviews/{first}/" not in url)
    assert took["blank"] == 0, "the screen went blank in between"
    assert took["ms"] < BAR_MS + SLACK_MS, took
    assert ahead.endswith(f"/media/reviews/{bench.review_id}/video"), "another review was opened"
    begun_anew = [line for line in asked if line == f"GET {ahead}" or "/curves" in line]
    assert begun_anew == [], "what was fetched ahead was fetched again"
    expect(bench.get("title")).not_to_have_text(title)
    expect(page).to_have_title(re.compile(re.escape(bench.get("title").inner_text())))
    expect(bench.get("workbench")).to_be_focused()
    expect(bench.get("messages")).to_contain_text(f"Submitted: {title}")
    assert api(page, f"/api/reviews/{first}")["state"] == "submitted"
    assert bench.wire["state"] == "leased"
    bench.press("n", "x")
    expect(page.locator("[data-outcome=rejected]").first).to_be_visible()
    page.go_back()
    expect(page.get_by_test_id("read-only")).to_be_visible()
    page.go_forward()
    expect(page.locator("[data-outcome=rejected]").first).to_be_visible()


def test_a_reservation_is_nobody_s_work_and_goes_with_the_page(stack: Stack, log_in: LogIn) -> None:
    page = log_in("axel")
    _, address = take_and_wait(page, stack.queues["Curves"])
    ahead = int(re.findall(r"/reviews/(\d+)/", address)[0])
    assert api(page, f"/api/reviews/{ahead}")["state"] == "reserved"
    assert [line["id"] for line in api(page, "/api/reviews?state=reserved")] == []
    page.goto("/")
    # A browser reports no answer to a page that has left: what counts is what the server knows, and soon.
    deadline = time.monotonic() + LET_GO_S
    while page.request.get(f"/api/reviews/{ahead}").status == 200:
        assert time.monotonic() < deadline, "still reserved"
        page.wait_for_timeout(100)
    assert page.request.get(f"/api/reviews/{ahead}").status == 404


def test_without_a_connection_work_goes_on_and_is_saved_when_it_is_back(stack: Stack, log_in: LogIn) -> None:
    page = log_in("axel")
    bench = Workbench.take_next(page, stack.queues["Blind"])
    page.context.set_offline(True)
    bench.get("notes").fill("Written in a tunnel.")
    status = bench.get("save-status")
    expect(status).to_have_attribute("data-status", "offline")
    expect(status).to_contain_text("Not saved yet")
    bench.get("notes").fill("Written in a tunnel, and on.")
    page.context.set_offline(False)
    began = time.monotonic()
    bench.expect_saved()
    assert time.monotonic() - began < 3, "back online, it waits"
    assert bench.wire["draft"]["notes"] == "Written in a tunnel, and on."


def test_logged_out_in_the_middle_this_page_goes_on_after_a_login_in_another(
    stack: Stack, log_in: LogIn, context_make: Callable[..., BrowserContext]
) -> None:
    context = context_make()
    page = log_in("axel", context)
    bench = Workbench.take_next(page, stack.queues["Blind"])
    bench.expect_saved()
    other = context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Log out").click()
    other.wait_for_url("**/login/**")
    bench.get("notes").fill("Written after the session ended.")
    expect(page.get_by_test_id("save-stuck")).to_contain_text("Log in again")
    log_in("axel", context)
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    bench.expect_saved()
    expect(page.get_by_test_id("save-stuck")).to_have_count(0)
    assert bench.wire["draft"]["notes"] == "Written after the session ended."
