"""Frame truth in a real browser: numbers burnt into the picture against steps and stored times."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import LogIn
from tests.e2e.numbered import READ_NUMBER
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench
from tools.environment import ROOT

PERSON = "vera"
FIRST_BYTES = 100_000  # the head of a film of the seed and some seconds of it
BY_PROXY = {"mpeg-4.avi", "b-frames.mp4", "variable.webm", "far.mp4"}
# The clock says a frame's time once the browser has told of the frame, some paints later on a busy machine.
# Both are read when neither has changed over eight paints.
SETTLED = f"""async () => {{
  const read = {READ_NUMBER};
  const clock = () => document.querySelector('[data-testid=clock] strong').textContent;
  const video = document.querySelector('video');
  let last = '', same = 0;
  for (let look = 0; look < 200 && same < 8; look += 1) {{
    await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 5)));
    const now = video.seeking ? '' : `${{read()}} ${{clock()}}`;
    same = now && now === last ? same + 1 : 0;
    last = now;
  }}
  return last;
}}"""


@dataclass
class Film:
    """One open film, its frames' times, and how many seeks the page made."""

    name: str
    page: Page
    times_us: list[int]

    def now(self) -> tuple[int, int]:
        """The number that the picture shows, and the clock's time in ms."""
        number, clock = str(self.page.evaluate(SETTLED)).split(" ")
        *minutes, seconds = clock.split(":")
        whole = sum(int(part) * 60**power for power, part in enumerate(reversed(minutes), start=1))
        return int(number), round(1000 * (whole + float(seconds)))

    def expect_frame(self, number: int, why: str) -> None:
        wanted = (number, round(self.times_us[number] / 1000))
        assert self.now() == wanted, f"{self.name}: {why}"

    def frame_at(self, seconds: float) -> int:
        return max(n for n, time in enumerate(self.times_us) if time <= seconds * 1e6)

    def step(self, key: str, seeks: int = 1) -> None:
        before = int(self.page.evaluate("window.seeks"))
        self.page.keyboard.press(key)
        self.page.evaluate(SETTLED)
        made = int(self.page.evaluate("window.seeks")) - before
        assert made == seeks, f"{self.name}: {made} seeks for one step, now {self.now()}"


def films_of(stack: Stack, folder: Path) -> dict[str, Any]:
    """Put the films under review by the running Spotter."""
    facts = folder / "frames.json"
    command = [sys.executable, "-m", "tests.e2e.seed_frames", str(facts), PERSON]
    env = dict(stack.spotter.env)
    ended = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    found: dict[str, Any] = json.loads(facts.read_text(encoding="utf-8"))
    return found


def test_each_step_shows_the_next_real_frame_and_each_stored_time_is_the_files_own(
    stack: Stack, log_in: LogIn, tmp_path: Path
) -> None:
    known = films_of(stack, tmp_path)
    assert {name for name, facts in known.items() if facts["is_proxy"]} == BY_PROXY
    page = log_in(PERSON)
    for name, facts in known.items():
        film = opened(page, name, facts)
        bench = Workbench(page)
        stepping_after_a_seek(film, bench)
        the_ends(film, bench)
        playing_and_pausing(film, bench)
        what_is_stored(film, bench)


def test_a_slow_seek_dims_the_old_picture_and_says_where_it_goes(
    stack: Stack, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    page, held = log_in("pete"), list[Route]()
    page.route("**/media/reviews/*/video", lambda route: only_the_beginning(route, held))
    bench = Workbench.take_next(page, stack.queues["Work"])
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    bench.press("Shift+ArrowRight", "Shift+ArrowRight")
    expect(bench.get("player-waiting")).to_have_text(re.compile("Going to 0:1"))
    expect(bench.get("video")).to_have_css("opacity", "0.35")
    shoot(page, "seeking")
    page.unroute("**/media/reviews/*/video")  # lets go of those that wait, too
    expect(bench.get("player-waiting")).to_have_count(0)
    expect(bench.get("video")).to_have_css("opacity", "1")


def only_the_beginning(route: Route, held: list[Route]) -> None:
    """Answer the first request by a piece of the file, and leave all others waiting."""
    if held or route.request.headers.get("range", "bytes=0-") != "bytes=0-":
        held.append(route)
        return
    answer = route.fetch(headers={**route.request.headers, "range": f"bytes=0-{FIRST_BYTES - 1}"})
    route.fulfill(response=answer)


def opened(page: Page, name: str, facts: dict[str, Any]) -> Film:
    with page.expect_response(lambda response: response.url.endswith("/frames")) as answer:
        page.goto(f"/reviews/{facts['review']}/")
    assert answer.value.ok
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    page.evaluate(
        "window.seeks = 0; document.querySelector('video').addEventListener('seeking', () => window.seeks++)"
    )
    return Film(name, page, facts["times_us"])


def stepping_after_a_seek(film: Film, bench: Workbench) -> None:
    bench.seek(1.234)
    here = film.now()[0]
    assert abs(here - film.frame_at(1.234)) <= 1, f"{film.name}: a seek lands at the frame sought"
    film.expect_frame(here, "the clock says the time of the frame that is shown")
    for number in range(here + 1, here + 7):
        film.step(".")
        film.expect_frame(number, "a step forward shows the next frame")
    for number in range(here + 5, here - 5, -1):
        film.step(",")
        film.expect_frame(number, "a step back shows the frame before")


def the_ends(film: Film, bench: Workbench) -> None:
    last = len(film.times_us) - 1
    bench.seek(film.times_us[last - 1] / 1e6 + 0.005)
    film.expect_frame(last - 1, "a seek right behind a frame's beginning shows that frame")
    film.step(".")
    film.expect_frame(last, "the last frame is reached")
    film.step(".", seeks=0)
    film.expect_frame(last, "and nothing lies behind it")
    bench.seek(0)
    film.expect_frame(0, "the first frame")
    film.step(",", seeks=0)
    film.expect_frame(0, "and nothing lies before it")


def playing_and_pausing(film: Film, bench: Workbench) -> None:
    bench.press("Space")
    film.page.wait_for_function("() => document.querySelector('video').currentTime > 0.4")
    bench.press("Space")
    film.page.wait_for_function("() => document.querySelector('video').paused")
    number, _ = film.now()
    film.expect_frame(number, "after playing the clock says the frame that is really shown")
    film.step(".")
    film.expect_frame(number + 1, "and a step goes on from there")


def what_is_stored(film: Film, bench: Workbench) -> None:
    bench.seek(0.8)
    start = film.now()[0]
    bench.press("i")
    for _ in range(3):
        film.step(".")
    bench.press("o", "1")
    row = film.page.locator("li[data-origin=human]")
    expect(row).to_have_count(1)
    bench.expect_saved()
    [stored] = bench.wire["draft"]["segments"]
    wanted = [round(film.times_us[number] / 1000) for number in (start, start + 3)]
    assert [stored["start_ms"], stored["end_ms"]] == wanted, film.name
