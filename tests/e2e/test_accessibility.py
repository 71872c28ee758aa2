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
