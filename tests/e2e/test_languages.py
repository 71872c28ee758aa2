"""The workbench in Chinese: everything a reviewer reads there, also for screen readers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench
from tools.environment import FRONTEND

CATALOGUE = FRONTEND / "src" / "pages" / "words" / "zh-hans.ts"
# What people and films are called, and what keys, units and this house are called everywhere.
READ_BY_ALL = """() => [...document.querySelectorAll('#workbench *, .topbar *')].flatMap((element) => [
  ...[...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent.trim()),
  ...['aria-label', 'title', 'placeholder'].map((name) => element.getAttribute(name) ?? ''),
]).filter(Boolean)"""


def english_said(file: Path) -> set[str]:
    """The English sentences that have a Chinese one, without those that are filled in."""
    keys = re.findall(
        r"^  (?:'((?:[^'\\]|\\.)+)'|\"([^\"]+)\"|([A-Za-z]+)):", file.read_text(encoding="utf-8"), re.M
    )
    said = {next(filter(None, key)) for key in keys}
    return {sentence for sentence in said if "{" not in sentence}


def test_a_reviewer_who_chose_chinese_meets_no_english(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("lin")
    page.goto("/preferences/")
    page.get_by_label("Language").select_option("zh-hans")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    bench = Workbench.take_next(page, stack.queues["Work"])
    expect(bench.get("submit")).to_contain_text("提交")
    bench.expect_saved()
    shoot(page, "workbench-chinese")
    read = set(page.evaluate(READ_BY_ALL))
    assert "提示" in " ".join(read)
    assert english_said(CATALOGUE) & read == set()
    bench.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("播放或暂停")
    shoot(page, "keys-chinese")
