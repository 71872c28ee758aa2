"""Issue 2, point 12: from logging in to the hints of the next bundle, in one go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench, api

TRAINING_MS = 180_000
REASON = "The browser test has looked at it."


def test_review_learn_promote_and_review_with_the_new_bundle(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("rita")
    shoot(page, "queues")
    before = insights(page)
    bench = Workbench.take_next(page, stack.queues["Work"])
    judge(bench, stack.bundle, shoot)
    bench.submit()
    # The next task comes by itself, with hints of the bundle that was live when it was taken.
    expect(page.get_by_test_id("no-segments")).to_be_visible()
    second = Workbench(page)
    assert second.wire["bundle"]["name"] == stack.bundle
    after = insights(page)
    compare(before, after)

    admin = log_in("admin")
    shoot(admin, "queues-admin")
    name = retrain_and_promote(admin, stack.bundle, shoot)
    wait_for_hints_of(admin, name, stack)

    # An open review keeps the hints it was given; the next one has the new ones.
    page.reload()
    assert Workbench(page).wire["bundle"]["name"] == stack.bundle
    answer_plainly(Workbench(page))
    third_sees_the_new_bundle(page, name, shoot)


def insights(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = api(page, "/api/insights")
    return found


def judge(bench: Workbench, bundle: str, shoot: Callable[[Page, str], None]) -> None:
    """See curves and hints; accept one, adjust one by dragging, reject one, add one by the keyboard."""
    page = bench.page
    assert bench.arm == "level2"
    expect(bench.get("timeline")).to_be_visible()
    hints = bench.hints()
    assert len(hints) >= 3, f"the film with the most events has only {len(hints)} hints"
    assert bench.wire["curves"]["count"] > 0
    assert curve_is_drawn(page)
    shoot(page, "workbench-fresh")
    accepted, adjusted, rejected = hints[:3]
    bench.get(f"hint-{accepted['id']}-accept").click()
    bench.expect_outcome(accepted, "accepted")
    bench.drag_edge(f"timeline-hint-{adjusted['id']}", "end", -25)
    bench.expect_outcome(adjusted, "adjusted")
    bench.get(f"hint-{rejected['id']}-play").click()
    bench.press("x")
    bench.expect_outcome(rejected, "rejected")
    start, end = bench.free_place("distress-sound")
    bench.add_by_keyboard("4", start, end)
    page.wait_for_timeout(100)
    made = [each for each in bench.segments() if each["origin"] == "human"]
    assert len(made) == 1, made
    bench.verdict("violating")
    bench.expect_saved()
    shoot(page, "workbench-judged")
    about = page.get_by_label("About this video")
    about.locator("summary").click()
    expect(about).to_contain_text(bundle)
    about.locator("summary").click()


def curve_is_drawn(page: Page) -> bool:
    """Whether the timeline's canvas holds anything but emptiness."""
    page.wait_for_timeout(400)
    return bool(
        page.get_by_test_id("timeline").evaluate(
            """(canvas) => {
              const { width, height } = canvas;
              const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
              return data.some((value, at) => at % 4 === 3 && value > 0);
            }"""
        )
    )


def compare(before: dict[str, Any], after: dict[str, Any]) -> None:
    """One review more, three answered hints more, one of them accepted unchanged, one adjusted."""
    old, new = before["acceptance"], after["acceptance"]
    assert after["reviews"] == before["reviews"] + 1
    assert new["outcomes"]["accepted"] == old["outcomes"]["accepted"] + 1
    assert new["outcomes"]["adjusted"] == old["outcomes"]["adjusted"] + 1
    assert new["outcomes"]["rejected"] == old["outcomes"]["rejected"] + 1
    assert after["model_created"]["total"] == before["model_created"]["total"] + 3


def retrain_and_promote(page: Page, live: str, shoot: Callable[[Page, str], None]) -> str:
    """By the pages: train, read what the gate says, and promote by hand when it did not by itself."""
    page.goto("/insights/")
    expect(page.get_by_role("heading", name="Per violation type")).to_be_visible()
    shoot(page, "insights")
    page.goto("/bundles/")
    page.get_by_role("button", name="Retrain now").click()
    page.get_by_role("dialog").get_by_role("button", name="Retrain now").click()
    expect(page.get_by_text("A training run is queued.")).to_be_visible()
    rows = page.locator("section[aria-labelledby=bundles] tbody tr")
    expect(rows).to_have_count(2, timeout=TRAINING_MS)
    shoot(page, "bundles")
    link = rows.first.get_by_role("link")
    name = link.inner_text()
    assert name != live
    link.click()
    expect(page.locator("section[aria-labelledby=gate] li").first).to_be_visible()
    shoot(page, "bundle")
    if page.get_by_role("heading", name="Promote by hand").is_visible():
        page.get_by_role("button", name="Promote", exact=True).click()
        assert page.get_by_label("Reason").evaluate("field => !field.checkValidity()"), (
            "no reason, no promotion"
        )
        page.get_by_label("Reason").fill(REASON)
        page.get_by_role("button", name="Promote", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Promote").click()
        expect(page.locator("section[aria-labelledby=promotions]")).to_contain_text(REASON)
    expect(page.locator("h1 [data-state=live]")).to_be_visible()
    return name


def wait_for_hints_of(page: Page, name: str, stack: Stack) -> None:
    """Until the waiting films are scored by the new bundle."""
    page.goto("/videos/")
    badges = page.locator("#videos-table .badge[data-state=running], #videos-table .badge[data-state=queued]")
    expect(badges).to_have_count(0, timeout=60_000)
    assert name


def answer_plainly(bench: Workbench) -> None:
    """Reject every hint, say clean without having watched anything, submit."""
    for hint in bench.hints():
        bench.get(f"hint-{hint['id']}-reject").click()
    bench.verdict("clean")
    bench.insist()


def third_sees_the_new_bundle(page: Page, name: str, shoot: Callable[[Page, str], None]) -> None:
    expect(page.get_by_test_id("save-status")).to_have_attribute("data-status", "saved")
    expect(page.get_by_test_id("verdict-clean")).not_to_be_checked()
    bench = Workbench(page)
    wire = bench.wire
    assert wire["bundle"]["name"] == name
    assert wire["curves"] is not None
    about = page.get_by_label("About this video")
    about.locator("summary").click()
    expect(about).to_contain_text(name)
    shoot(page, "workbench-next-bundle")
