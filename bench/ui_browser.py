"""Chromium as the bench drives it: real input events, and a probe in the page that watches from outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

SIZE = {"width": 1440, "height": 900}
PATIENCE_MS = 30_000
PROBE = Path(__file__).with_name("ui_probe.js")
INPUT_EVERY_S = 1 / 60


def context_of(browser: Browser, url: str, state: Any = None) -> BrowserContext:
    """Cookies of `state`, and nothing in the cache."""
    context = browser.new_context(base_url=url, viewport=SIZE, storage_state=state)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(path=PROBE)
    return context


def logged_in(browser: Browser, url: str, name: str, password: str) -> Any:
    """The cookies of a person who has logged in."""
    context = context_of(browser, url)
    page = context.new_page()
    page.goto("/login/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/")
    state = context.storage_state()
    context.close()
    return state


def press(page: Page, key: str) -> dict[str, float | None]:
    """Press a key; milliseconds to the first and the last frame that it changed, once all is still again."""
    page.keyboard.press(key)
    page.wait_for_timeout(350)
    timed: dict[str, float | None] = page.evaluate("benchProbe.key")
    return timed


def frames_while(page: Page, gesture: Callable[[], None], seconds: float) -> dict[str, Any]:
    """Intervals of animation frames while `gesture` (one input event) is done again and again."""
    page.evaluate("benchProbe.frames = { times: [], changed: 0 }")
    end = due = time.monotonic()
    end += seconds
    while (now := time.monotonic()) < end:
        if now < due:
            time.sleep(due - now)
        gesture()
        due = max(due + INPUT_EVERY_S, now)
    taken = page.evaluate(
        "(() => { const got = benchProbe.frames; benchProbe.frames = null; return got; })()"
    )
    times = taken["times"]
    intervals = [round(b - a, 2) for a, b in pairwise(times)]
    return {"intervals": intervals, "changed": taken["changed"]}


def heap_mb(page: Page) -> dict[str, float]:
    """The page's heap in MB after a collection: objects, what the browser holds for them, ArrayBuffers."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    session.detach()
    names = {
        "objects": "usedSize",
        "embedder": "embedderHeapUsedSize",
        "buffers": "backingStorageSize",
    }
    parts = {name: round(float(usage.get(key, 0)) / 1e6, 1) for name, key in names.items()}
    return {**parts, "sum": round(sum(parts.values()), 1)}
