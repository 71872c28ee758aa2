"""What is measured of the workbench, scene by scene: raw samples, of which bench/ui.py makes figures."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from bench.ui_browser import PATIENCE_MS, SIZE, context_of, frames_while, heap_mb, press

GESTURE_S = 5.0
DRAWN = "performance.getEntriesByName('curves-drawn').length > 0"
PLAYABLE = "document.querySelector('[data-testid=video]')?.readyState >= 3"
# As much as a reviewer sees of a hint before answering: what counts as played, and the run-up.
LOOK_MS = 3_000
RESERVE_MS = 5_000

Sample = dict[str, Any]


@contextmanager
def page_of(browser: Browser, url: str, state: Any) -> Iterator[Page]:
    """A page with nothing in its cache; an error in it ends the bench."""
    context = context_of(browser, url, state)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    if errors:
        raise RuntimeError(f"The page broke: {errors[0]}")


# --- Opening ------------------------------------------------------------------------------------------------


def opening(browser: Browser, url: str, state: Any, review: int) -> Sample:
    """A cold browser opens the review; all times are milliseconds from the start of the navigation.

    `drawn`: the curves of all lanes are painted (the page marks that moment). Only then a real key is
    pressed, zooming in, and `interactive` is when the frame that it changed was handed over: a real press
    comes over the browser's own wire, so it can only be later than the page was ready for it.
    """
    with page_of(browser, url, state) as page:
        page.goto(f"/reviews/{review}/", wait_until="commit")
        page.wait_for_function(DRAWN)
        page.keyboard.press("+")
        page.wait_for_function("benchProbe.key?.first")
        times: Sample = page.evaluate(
            """() => ({
              drawn: performance.getEntriesByName('curves-drawn')[0].startTime,
              interactive: benchProbe.key.at + benchProbe.key.first,
              requests: performance.getEntriesByType('resource').map((each) => ({
                path: new URL(each.name).pathname,
                from: Math.round(each.startTime),
                first_byte: Math.round(each.responseStart),
                until: Math.round(each.responseEnd),
                bytes: each.encodedBodySize,
              })),
            })"""
        )
        return {
            "drawn": round(times["drawn"], 1),
            "interactive": round(times["interactive"], 1),
            **_rest(times),
        }


def _rest(times: Sample) -> Sample:
    paths = [each["path"] for each in times["requests"]]
    if not any(path.endswith("/curves") for path in paths):
        raise RuntimeError("The curves were never asked for.")
    return {"requests": times["requests"]}


# --- Gestures -----------------------------------------------------------------------------------------------


def opened(page: Page, review: int) -> None:
    """The review on the screen, quiet: curves drawn, video there and paused."""
    page.goto(f"/reviews/{review}/")
    page.wait_for_function(DRAWN)
    page.wait_for_function(PLAYABLE)
    page.wait_for_timeout(1_500)


def zoomed(page: Page, steps: int) -> None:
    """From the whole video inwards; six in ten remain at each step."""
    for key in ("f", *("+" for _ in range(steps))):
        page.keyboard.press(key)
        page.wait_for_timeout(60)
    # What can be pointed at is laid over the picture once it stands still.
    page.wait_for_timeout(800)


def gestures(page: Page) -> dict[str, Callable[[], Sample]]:
    """Each frames sample by name: 5 s of real input events, sixty a second."""
    return {
        "panning": lambda: panning(page),
        "zooming": lambda: zooming(page),
        "dragging": lambda: dragging(page),
    }


def panning(page: Page) -> Sample:
    """Three quarters of an hour in sight, pushed sideways by the wheel, to and fro."""
    zoomed(page, 5)
    over_lanes(page)
    turn = count()
    return frames_while(page, lambda: page.mouse.wheel(40 if next(turn) % 150 < 75 else -40, 0), GESTURE_S)


def zooming(page: Page) -> Sample:
    """From ten hours to a minute and back by the wheel, round the pointer."""
    zoomed(page, 0)
    over_lanes(page)
    turn = count()
    return frames_while(page, lambda: page.mouse.wheel(0, -60 if next(turn) % 90 < 45 else 60), GESTURE_S)


def dragging(page: Page) -> Sample:
    """Ten minutes in sight; one segment is taken by its body and moved to and fro, with snapping."""
    zoomed(page, 8)
    x, y = segment_in_sight(page)
    page.mouse.move(x, y)
    page.mouse.down()
    turn = count(1)
    sample = frames_while(page, lambda: page.mouse.move(x + 150 * math.sin(next(turn) / 20), y), GESTURE_S)
    page.mouse.move(x, y)
    page.mouse.up()
    return sample


def over_lanes(page: Page) -> None:
    """The pointer over the middle of the lanes."""
    box = page.get_by_test_id("timeline").bounding_box()
    assert box is not None
    bottom = min(box["y"] + box["height"], SIZE["height"])
    page.mouse.move(box["x"] + box["width"] / 2, (box["y"] + bottom) / 2)


def segment_in_sight(page: Page) -> tuple[float, float]:
    """The middle of a segment that can be taken hold of, away from the edges of the screen."""
    for each in page.locator(
        "[data-testid^=timeline-segment-]:not([data-testid$=start],[data-testid$=end])"
    ).all():
        box = each.bounding_box()
        if box is None or box["width"] < 8:
            continue
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        if 400 < x < SIZE["width"] - 300 and y < SIZE["height"] - 30:
            return x, y
    raise RuntimeError("No segment is in sight to take hold of.")


def empty_page(page: Page) -> Sample:
    """The same events over a page with nothing on it: what this machine can do at all."""
    page.mouse.move(SIZE["width"] / 2, SIZE["height"] / 2)
    turn = count()
    return frames_while(page, lambda: page.mouse.wheel(0, -60 if next(turn) % 90 < 45 else 60), GESTURE_S)


# --- Keys ---------------------------------------------------------------------------------------------------


def keys(page: Page) -> dict[str, Sample]:
    """The next hint is played and stopped; then each key is pressed on a quiet page, and all is undone."""
    page.keyboard.press("n")
    page.wait_for_timeout(400)
    page.keyboard.press("k")
    page.wait_for_timeout(900)
    before = segment_count(page)
    timed = {"accept": press(page, "a")}
    if segment_count(page) != before + 1:
        raise RuntimeError("The key A accepted no hint.")
    timed["nudge"] = press(page, "]")
    timed["zoom"] = press(page, "+")
    press(page, "-")
    timed["undo"] = press(page, "Control+z")
    press(page, "Control+z")
    if segment_count(page) != before:
        raise RuntimeError("Undo did not take the accepted hint back.")
    return timed


def segment_count(page: Page) -> int:
    return int(re.sub(r"\D", "", page.get_by_test_id("segment-count").inner_text()))


# --- The flow -----------------------------------------------------------------------------------------------


def queue_entered(page: Page, queue: int) -> None:
    page.goto("/")
    page.locator(f"section[aria-labelledby=queue-{queue}] [data-start]").click()
    page.wait_for_url(re.compile(r"/reviews/\d+/"))
    page.wait_for_function(DRAWN)
    page.wait_for_function(PLAYABLE)


def submit_to_next(page: Page) -> Sample:
    """Accept a hint, say violating, submit; until the next video can play and its curves are drawn.

    Before, the page has had the seconds that any review takes to reserve the next one and lay it ready.
    Whether it did is told by its requests: `reserved` is a review opened whose video had been fetched.
    """
    page.evaluate("performance.clearResourceTimings()")
    page.wait_for_timeout(RESERVE_MS)
    for key in ("n", "k", "a", "v"):
        page.keyboard.press(key)
        page.wait_for_timeout(700)
    left = urlsplit(page.url).path
    ahead = requests_of(page)
    page.evaluate("(benchProbe.answer = null, performance.clearResourceTimings())")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("globalThis.benchProbe?.answer", timeout=PATIENCE_MS)
    answer: Sample = page.evaluate("benchProbe.answer")
    after = requests_of(page)
    sample = {"ms": round(answer["ms"], 1), "same_document": answer["sameDocument"], "left": left}
    return {**sample, "reserved": was_reserved(ahead, after), "requests": {"ahead": ahead, "after": after}}


def requests_of(page: Page) -> list[str]:
    """Paths that the page asked for since it was last made to forget."""
    paths: list[str] = page.evaluate(
        "performance.getEntriesByType('resource').map((each) => new URL(each.name).pathname)"
    )
    return paths


def was_reserved(ahead: list[str], after: list[str]) -> bool:
    """The review that was opened after the submit had its video fetched before, and not once more."""
    opened = next((path for path in after if re.fullmatch(r"/api/reviews/\d+/open", path)), None)
    if opened is None:
        return False
    video = f"/media/reviews/{opened.split('/')[3]}/video"
    return video in ahead and video not in after


# --- Keystrokes ---------------------------------------------------------------------------------------------

# N plays the next hint; A accepts, ] moves its end by a frame, X rejects; V says what is suggested.
ANSWERS = (("a",), ("a",), ("a",), ("]", "]", "]"), ("x",))
LAST = ("v", "Control+Enter")


def keystrokes(page: Page) -> Sample:
    """Five hints, each played before it is answered, and submit: key presses, a held modifier as one more."""
    review = int(page.url.rstrip("/").rsplit("/", 1)[1])
    pressed: list[str] = []

    def stroke(chord: str) -> None:
        page.keyboard.press(chord)
        pressed.extend(chord.split("+"))

    for answer in ANSWERS:
        stroke("n")
        page.wait_for_timeout(LOOK_MS)
        for chord in answer:
            stroke(chord)
    stroke(LAST[0])
    with page.expect_response(
        lambda response: response.url.endswith(f"/api/reviews/{review}/submit")
    ) as sent:
        stroke(LAST[1])
    if not sent.value.ok:
        raise RuntimeError(f"The submit was refused: {sent.value.text()[:300]}")
    wire = page.request.get(f"/api/reviews/{review}").json()
    return {"presses": pressed, **outcomes(wire)}


def outcomes(wire: Sample) -> Sample:
    """What the server holds of a submitted review: how its hints were answered, and how many were played."""
    hints = {each["id"]: each for each in wire["hints"]}
    draft = wire["draft"]
    bounds = ("start_ms", "end_ms")
    kept = [(each, hints[each["hint_ids"][0]]) for each in draft["segments"] if each["hint_ids"]]
    moved = [any(segment[name] != hint[name] for name in bounds) for segment, hint in kept]
    return {
        "accepted": moved.count(False),
        "adjusted": moved.count(True),
        "rejected": len(draft["rejected"]),
        "played": len(set(draft["played"])),
    }


def memory(page: Page) -> Sample:
    return heap_mb(page)
