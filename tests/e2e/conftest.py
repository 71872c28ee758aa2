"""One Spotter and one browser for all tests here; a context of its own (cookies, storage) for each person."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.stack import Stack, password_of, running_stack
from tools.testing.chromium import chromium

SIZES = ((1440, 900), (1024, 768))
PATIENCE_MS = 15_000
# A busy machine is no fault: what is waited for may take as long as what is done.
expect.set_options(timeout=PATIENCE_MS)

LogIn = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if "tests/e2e/" in item.nodeid:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def context_make(browser: Browser, stack: Stack) -> Iterator[Callable[..., BrowserContext]]:
    """Another person, or the same one at another machine: a context with nothing in it."""
    made: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        width, height = SIZES[0]
        size = {"width": width, "height": height}
        context = browser.new_context(base_url=stack.url, **{"viewport": size, **options})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def log_in(context_make: Callable[..., BrowserContext]) -> LogIn:
    """Log somebody in through the login page; gives the page, on the queues."""

    def enter(name: str, context: BrowserContext | None = None, **options: object) -> Page:
        page = (context or context_make(**options)).new_page()
        page.goto("/login/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password_of(name))
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/")
        return page

    return enter


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Pictures for people, in both sizes, when SPOTTER_SHOTS names a folder."""
    folder = os.environ.get("SPOTTER_SHOTS")

    def take(page: Page, name: str) -> None:
        if not folder:
            return
        before = page.viewport_size
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(250)
            page.screenshot(path=Path(folder) / f"{name}-{width}.png")
        if before:
            page.set_viewport_size(before)

    return take
