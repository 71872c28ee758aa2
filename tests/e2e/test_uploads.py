"""Uploading in the browser: several files, odd files, known files; and the retry of a failed analysis."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from simulation.films import FilmSettings, plan_films, render_film
from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack

SMALL = FilmSettings(width=160, height=120, fps=12, min_s=18.0, max_s=18.0)
ANALYSIS_MS = 90_000


def films(folder: Path, count: int) -> list[Path]:
    files = []
    for plan in plan_films(seed=77, count=count, settings=SMALL):
        files.append(folder / f'{plan.name} "quoted" \U0001f3ac.mp4')
        render_film(plan, files[-1], settings=SMALL)
    return files


def send(page: Page, *files: Path) -> None:
    page.get_by_test_id("file-input").set_input_files(list(files))
    page.get_by_test_id("upload-start").click()


def test_files_are_uploaded_analysed_and_recognised(
    stack: Stack, log_in: LogIn, tmp_path: Path, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("selma")
    page.goto("/videos/")
    one, two = films(tmp_path, 2)
    text = tmp_path / "notes.mp4"
    text.write_text("These are only words. " * 400, encoding="utf-8")
    shoot(page, "videos")
    page.evaluate(
        """() => {
          window.seen = [];
          new MutationObserver(() => {
            const bar = document.querySelector('[aria-label=Upload] progress');
            if (bar) window.seen.push(bar.value);
          }).observe(document.getElementById('upload'), { childList: true, subtree: true, attributes: true });
        }"""
    )
    send(page, one, two, text)
    rows = page.locator("li[data-testid^=upload-][data-state=done]")
    expect(rows).to_have_count(3)
    assert page.evaluate("window.seen.length") > 0, "no progress was shown"
    expect(page.get_by_test_id("in-work")).to_be_visible()
    shoot(page, "videos-uploading")
    # The refused one was never called a video and keeps its sentence; the good ones end up in the table.
    refused = rows.filter(has_text="Refused")
    expect(refused).to_have_count(1, timeout=ANALYSIS_MS)
    sentence = refused.locator(".state").inner_text().removeprefix("Refused")
    assert re.fullmatch(r"[A-Z][^\n]+\.", sentence.strip()), sentence
    assert "Traceback" not in sentence
    expect(rows.get_by_text("Received", exact=True)).to_have_count(2, timeout=ANALYSIS_MS)
    table = page.locator("#videos-table")
    for file in (one, two):
        row = table.locator("tr", has_text=file.stem)
        expect(row.locator(".badge[data-state=done]")).to_be_visible(timeout=ANALYSIS_MS)
    expect(table.locator("tr", has_text="notes").first).to_contain_text("refused")

    send(page, one)
    expect(page.get_by_text("Received: a known video")).to_be_visible()
    expect(page.get_by_test_id("in-work")).to_have_count(0, timeout=ANALYSIS_MS)
    shoot(page, "videos-known")


def test_what_the_server_would_refuse_for_its_size_is_not_sent(stack: Stack, log_in: LogIn) -> None:
    page = log_in("selma")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.route("**/videos/", lambda route: route.fulfill(body=with_most_bytes(route.fetch().text(), 1000)))
    page.goto("/videos/")
    page.get_by_test_id("file-input").set_input_files(
        [
            FilePayload(name="large.mp4", mimeType="video/mp4", buffer=b"x" * 2000),
            FilePayload(name="empty.mp4", mimeType="video/mp4", buffer=b""),
        ]
    )
    expect(page.get_by_text("This file has 2.0 kB; at most 1.0 kB can be sent.")).to_be_visible()
    expect(page.get_by_text("The file is empty.")).to_be_visible()
    expect(page.get_by_test_id("upload-start")).to_have_count(0)
    assert sent == []


def with_most_bytes(html: str, most: int) -> str:
    return re.sub(r'data-max-bytes="\d+"', f'data-max-bytes="{most}"', html)


def test_a_failed_analysis_is_retried_from_its_page(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("selma")
    page.goto("/videos/?state=failed")
    page.get_by_role("link", name="A film to analyse again").click()
    expect(page.get_by_text("its worker was stopped three times")).to_be_visible()
    shoot(page, "video-failed")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("The analysis is queued again.")).to_be_visible()
    done = page.locator("#analysis-region .card__head .badge[data-state=done]")
    expect(done).to_be_visible(timeout=ANALYSIS_MS)
    shoot(page, "video-done")
