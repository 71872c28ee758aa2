"""The browser that tests and benches drive."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine, painting in software."""
    named = os.environ.get("SPOTTER_CHROMIUM") or os.environ.get("CHROMIUM")
    program = named or shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        raise RuntimeError(
            "No Chromium was found: install the package chromium, or name it by SPOTTER_CHROMIUM."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield browser
        browser.close()
