"""Inviting people, the first-use tour, policies with versions, and types that the model does not know."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import PASSWORD, Stack
from tests.e2e.workbench import Workbench, api


def test_an_invited_senior_joins_and_sees_the_tour_once(
    log_in: LogIn, context_make: Callable[..., BrowserContext], shoot: Callable[[Page, str], None]
) -> None:
    admin = log_in("admin")
    admin.goto("/people/")
    invite = admin.locator("form", has=admin.get_by_role("button", name="Make an invitation link"))
    invite.get_by_label("Role").select_option("senior")
    invite.get_by_label("Email").fill("nadia@example.org")
    invite.get_by_role("button").click()
    link = admin.locator("#invitation-link").inner_text()
    shoot(admin, "people")
    admin.reload()
    expect(admin.locator("#invitation-link")).to_have_count(0)

    context = context_make()
    page = context.new_page()
    page.goto(link)
    shoot(page, "invitation")
    page.get_by_label("Name").fill("nadia")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url(re.compile(r"/$"))
    me = api(page, "/api/me")
    assert (me["username"], me["role"]) == ("nadia", "senior")
    take_the_tour(page, shoot)
    assert api(page, "/api/me")["tour_done"] is True

    # Dismissed for good: not on this machine, and not on another one either.
    page.reload()
    expect(page.locator(".tour")).to_have_count(0)
    elsewhere = log_in("nadia")
    elsewhere.wait_for_load_state("networkidle")
    expect(elsewhere.locator(".tour")).to_have_count(0)
    used = context_make().new_page()
    assert (answer := used.goto(link)) is not None
    assert answer.status == 404
    expect(used.get_by_role("heading", name="This invitation is no longer open")).to_be_visible()


def take_the_tour(page: Page, shoot: Callable[[Page, str], None]) -> None:
    """Step by step to its end."""
    tour = page.locator(".tour")
    expect(tour).to_be_visible()
    shoot(page, "tour")
    with page.expect_response(lambda response: response.url.endswith("/tour/done/")):
        for _ in range(10):
            done = tour.get_by_role("button", name="Done")
            if done.count():
                done.click()
                break
            tour.get_by_role("button", name="Next").click()
    expect(tour).to_have_count(0)


def test_an_edited_policy_gets_a_new_version(log_in: LogIn, shoot: Callable[[Page, str], None]) -> None:
    page = log_in("admin")
    page.goto("/policies/")
    shoot(page, "policies")
    card = page.locator(
        "section.card", has=page.get_by_role("heading", name=re.compile("^Distress|Distress$"))
    )
    expect(card.first).to_contain_text("version 1")
    card.first.get_by_role("link", name="Edit policy").click()
    page.get_by_label("Guideline").fill("Label each outburst. From today on, sighs do not count.")
    shoot(page, "policy-edit")
    page.get_by_role("button", name="Save as a new version").click()
    page.wait_for_url("**/policies/")
    expect(card.first).to_contain_text("version 2")
    card.first.get_by_role("link", name="Edit policy").click()
    versions = page.locator("section[aria-labelledby=versions] details")
    expect(versions).to_have_count(2)
    expect(versions.first).to_contain_text("in force")
    expect(versions.first.locator("dd").last).to_contain_text("sighs do not count")


def test_a_new_violation_type_is_unknown_to_the_live_bundle(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("admin")
    page.goto("/policies/")
    page.get_by_role("link", name="Add violation type").first.click()
    page.get_by_label("Name", exact=True).fill("Reckless driving")
    page.get_by_label("Short name").fill("reckless-driving")
    page.get_by_label("Key").select_option("7")
    page.get_by_role("button", name="Make the violation type").click()
    page.wait_for_url("**/policies/")
    cover(page, stack.queues["Work"])

    bench = Workbench.take_next(log_in("newt"), stack.queues["Work"])
    types = {kind["slug"]: kind for kind in bench.wire["violation_types"]}
    assert types["reckless-driving"]["known_to_model"] is False
    if not bench.get("lane-reckless-driving").count():
        bench.get("empty-lanes").click()
    expect(bench.get("lane-reckless-driving")).to_contain_text("does not know this type yet")
    bench.press("Escape")
    bench.add_by_keyboard("7", 2.0, 4.0)
    expect(bench.page.locator("li[data-type=reckless-driving]")).to_have_count(1)
    shoot(bench.page, "workbench-unknown-type")


def cover(page: Page, queue_id: int) -> None:
    """Let a queue cover the new type."""
    page.goto(f"/queues/{queue_id}/edit/")
    page.get_by_label("Reckless driving").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/policies/")
