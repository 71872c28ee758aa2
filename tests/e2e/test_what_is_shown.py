"""What a review may show: nothing of the model when blind, and a plain sentence when there is no hint."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Recorder, Workbench

OF_THE_MODEL = ("hints", "curves", "bundle", "thresholds", "score", "rank", "band")


def said_of_the_model(value: Any, path: str = "") -> list[str]:
    """Where in this JSON something of the model is said: a name of OF_THE_MODEL that is not empty."""
    if isinstance(value, dict):
        here = [f"{path}.{name}" for name in OF_THE_MODEL if value.get(name)]
        return here + [
            at for name, inner in value.items() for at in said_of_the_model(inner, f"{path}.{name}")
        ]
    if isinstance(value, list):
        return [at for inner in value for at in said_of_the_model(inner, f"{path}[]")]
    return []


def test_a_blind_review_receives_nothing_of_the_model(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("blanca")
    heard = Recorder(page)
    bench = Workbench.take_next(page, stack.queues["Blind"])
    page.wait_for_load_state("networkidle")
    assert bench.arm == "blind"
    assert bench.wire["hintless"] is None, "blind is an arm, not a lack of hints"
    jsons = heard.bodies("json")
    assert any("/api/reviews/" in url for url, _ in jsons)
    for url, body in jsons:
        assert said_of_the_model(json.loads(body)) == [], url
    octets = {url.rsplit("/", 1)[1] for url, _ in heard.bodies("octet-stream")}
    assert octets <= {"waveform", "frames", "cuts"}, "only what the file itself says, whatever model there is"
    assert stack.bundle not in page.content()
    assert stack.bundle not in page.request.get(page.url).text()
    refused = page.request.get(f"/api/reviews/{bench.review_id}/curves")
    assert refused.status in {403, 404}, "the curves are there for who asks by hand"
    assert page.get_by_test_id("score-slider").count() == 0
    assert page.locator("[data-peak]").count() == 0
    shoot(page, "workbench-blind")


def test_curves_alone_show_no_hint(stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]) -> None:
    page = log_in("vera")
    bench = Workbench.take_next(page, stack.queues["Curves"])
    assert bench.arm == "level1"
    wire = bench.wire
    assert wire["curves"]
    assert (wire["hints"], wire["thresholds"]) == ([], {})
    expect(bench.get("arm-note")).to_contain_text("without a threshold")
    slider = page.get_by_test_id("score-slider")
    slider.focus()
    page.keyboard.press("PageUp")
    bench.expect_saved()
    after = bench.wire
    assert after["draft"]["score_threshold"] is not None, "the line is kept"
    assert (after["hints"], after["draft"]["shown"]) == ([], [])
    assert page.locator("[data-testid^=hint-], [data-testid^=timeline-hint-]").count() == 0
    expect(page.get_by_label("Hints", exact=True)).to_have_count(0)
    shoot(page, "workbench-curves")


def test_a_peak_opens_into_its_prefilled_segments(stack: Stack, log_in: LogIn) -> None:
    page = log_in("pete")
    bench = Workbench.take_next(page, stack.queues["Work"])
    hint = bench.hints()[0]
    expect(page.locator(f"[data-testid^=peak-{hint['violation_type']}-]").first).to_be_visible()
    peak = peak_over(page, hint)
    peak.click()
    row = bench.get(f"hint-{hint['id']}")
    expect(row).to_have_class(re.compile(r"\bchosen\b"))
    expect(row).to_have_class(re.compile(r"\blit\b"))
    expect(bench.get(f"timeline-hint-{hint['id']}")).to_be_visible()
    at = page.evaluate("() => document.querySelector('video').currentTime * 1000")
    assert abs(at - hint["start_ms"]) < 100
    bench.press("a")
    bench.expect_outcome(hint, "accepted")


def peak_over(page: Page, hint: dict[str, Any]) -> Locator:
    """The peak of the hint's lane that lies over the hint on the screen."""
    drawn = page.get_by_test_id(f"timeline-hint-{hint['id']}").bounding_box()
    assert drawn is not None
    for peak in page.locator(f"[data-testid^=peak-{hint['violation_type']}-]").all():
        box = peak.bounding_box()
        assert box is not None
        if box["x"] < drawn["x"] + drawn["width"] and drawn["x"] < box["x"] + box["width"]:
            return peak
    pytest.fail("no peak lies over the hint")


def test_what_waits_behind_show_more_counts_as_shown_only_once_it_was_opened(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    bench = Workbench.take_next(log_in("mora"), stack.queues["Work"])
    weak = {hint["id"] for hint in bench.wire["hints"] if hint["capped"]}
    strong = {hint["id"] for hint in bench.wire["hints"]} - weak
    assert weak
    assert strong
    assert {hint["id"] for hint in bench.hints()} == strong
    expect(bench.get("shown-count")).to_contain_text(f"{len(weak)} hidden")
    bench.press("n", "x")
    bench.expect_saved()
    assert set(bench.wire["draft"]["shown"]) == strong
    bench.press("h")
    bench.expect_saved()
    assert {hint["id"] for hint in bench.hints()} == weak | strong
    shoot(bench.page, "workbench-more")
    bench.press("h")
    bench.expect_saved()
    assert {hint["id"] for hint in bench.hints()} == strong
    assert set(bench.wire["draft"]["shown"]) == weak | strong, "hiding it again does not unsee it"


def test_before_the_first_bundle_a_sentence_says_so(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page = log_in("early")
    page.goto(f"/reviews/{stack.early_review}/")
    bench = Workbench(page)
    expect_plain(bench, "no_bundle", "There is no model yet.")
    shoot(page, "workbench-no-model")


@pytest.mark.parametrize(
    ("queue", "code", "words"),
    [("Refused", "refused", "could not be analysed"), ("Failed", "failed", "The analysis failed")],
)
def test_a_video_without_an_analysis_is_reviewed_plainly(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None], queue: str, code: str, words: str
) -> None:
    page = log_in("odd")
    bench = Workbench.take_next(page, stack.queues[queue])
    expect_plain(bench, code, words)
    shoot(page, f"workbench-{code}")


def expect_plain(bench: Workbench, code: str, words: str) -> None:
    notice = bench.get("hintless")
    expect(notice).to_have_attribute("data-code", code)
    expect(notice).to_contain_text(words)
    expect(bench.get("arm")).to_have_text("No hints")
    assert bench.wire["hints"] == []
    expect(bench.get("submit")).to_be_enabled()
