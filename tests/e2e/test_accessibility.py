"""No serious fault that axe-core finds, on the main pages, in light and in dark."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench
from tools.environment import FRONTEND

AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ("/", "/history/", "/insights/", "/videos/", "/bundles/", "/bundles/1/", "/policies/", "/people/")


def faults(page: Page) -> list[str]:
    """What axe-core calls serious or critical: the rule and the first places."""
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate(
        "() => axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] })"
    )
    return [
        f"{page.url} {rule['id']}: " + "; ".join(str(node["html"])[:160] for node in rule["nodes"][:3])
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(stack: Stack, log_in: LogIn, scheme: str) -> None:
    page = log_in("admin", color_scheme=scheme)
    found = []
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        found += faults(page)
    bench = Workbench.take_next(page, stack.queues["Work"])
    expect(bench.get("open-hints")).to_be_visible()
    found += faults(page)
    bench.get("help").click()
    expect(page.get_by_test_id("help-sheet")).to_be_visible()
    found += faults(page)
    page.context.clear_cookies()
    page.goto("/login/")
    found += faults(page)
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_the_workbench_in_any_arm_with_everything_open(
    stack: Stack, log_in: LogIn, scheme: str
) -> None:
    found = []
    for name, queue in (("axel", "Work"), ("vera", "Curves"), ("blanca", "Blind")):
        page = log_in(name, color_scheme=scheme, reduced_motion="reduce")
        bench = Workbench.take_next(page, stack.queues[queue])
        expect(bench.get("coverage")).to_be_attached()
        page.locator("[data-testid^=guideline-]").first.click()
        if queue == "Work":
            bench.press("h", "n", "w", "x")
            expect(bench.get("why-here")).to_be_visible()
        bench.verdict("clean")
        bench.get("submit").click()
        expect(bench.get("submit-question")).to_be_visible()
        found += faults(page)
        bench.press("Escape", "s")
        expect(page.get_by_role("dialog")).to_be_visible()
        found += faults(page)
    assert found == []


def test_whatever_has_the_focus_shows_it(stack: Stack, log_in: LogIn) -> None:
    """Tab through the whole workbench: each stop has an outline, and none is hidden from sight."""
    bench = Workbench.take_next(log_in("axel"), stack.queues["Work"])
    page = bench.page
    page.locator("body").click(position={"x": 2, "y": 2})
    unseen, stops = [], set()
    for _ in range(70):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            continue
        stops.add(stop["name"])
        if not stop["visible"]:
            unseen.append(stop["name"])
    assert unseen == []
    assert len(stops) > 25, stops


FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const looks = [at, at.closest('label')].filter(Boolean).map((each) => getComputedStyle(each));
  const outlined = looks.some((one) => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) >= 1);
  const box = (at.closest('label') ?? at).getBoundingClientRect();
  const name = at.dataset.testid || at.getAttribute('aria-label') || at.textContent.trim() || at.tagName;
  return { name, visible: outlined && box.width > 0 && box.bottom > 0 && box.top < innerHeight };
}"""
