"""The workbench as a person meets it: named steps over what is on the screen."""

from __future__ import annotations

import re
from typing import Any, Literal

from playwright.sync_api import Locator, Page, Response, expect

Json = dict[str, Any]


def api(page: Page, path: str) -> Any:
    """What the API answers to the person of this page."""
    answer = page.request.get(path)
    assert answer.ok, f"{path}: {answer.status} {answer.text()[:300]}"
    return answer.json()


class Workbench:
    """One open review."""

    def __init__(self, page: Page) -> None:
        self.page = page
        expect(page.get_by_test_id("workbench")).to_be_visible()

    @classmethod
    def take_next(cls, page: Page, queue_id: int) -> Workbench:
        """From the queues page into the next task of a queue."""
        page.goto("/")
        card = page.locator(f"section[aria-labelledby=queue-{queue_id}]")
        card.locator("[data-start]").click()
        page.wait_for_url(re.compile(r"/reviews/\d+/"))
        return cls(page)

    @classmethod
    def take_one_with_hints(cls, page: Page, queue_id: int, count: int) -> Workbench:
        """From the queues page into the first task that has so many hints; those before it are skipped."""
        bench = cls.take_next(page, queue_id)
        while len(bench.wire["hints"]) < count:
            skipped = f"/reviews/{bench.review_id}/"
            bench.press("s")
            bench.get("skip-language").click()
            page.wait_for_url(re.compile(rf"^(?!.*{skipped}).*/reviews/"))
            bench = cls(page)
        return bench

    @property
    def review_id(self) -> int:
        return int(self.page.url.rstrip("/").rsplit("/", 1)[1])

    @property
    def wire(self) -> Json:
        """The review as the server has it now."""
        found: Json = api(self.page, f"/api/reviews/{self.review_id}")
        return found

    @property
    def arm(self) -> str | None:
        return self.page.get_by_test_id("workbench").get_attribute("data-arm")

    def get(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    def hints(self) -> list[Json]:
        """The hints drawn, by rank."""
        drawn = [hint for hint in self.wire["hints"] if self.get(f"hint-{hint['id']}").count()]
        return sorted(drawn, key=lambda hint: int(hint["rank"]))

    def segments(self) -> list[Json]:
        """The segments in the list: id, type, origin and bounds."""
        rows = self.page.locator("li[data-testid^=segment-]").all()
        names = ("data-testid", "data-type", "data-origin", "data-start", "data-end")
        return [{name.removeprefix("data-"): row.get_attribute(name) for name in names} for row in rows]

    def expect_outcome(self, hint: Json, outcome: str) -> None:
        expect(self.get(f"hint-{hint['id']}")).to_have_attribute("data-outcome", outcome)

    def expect_saved(self) -> None:
        expect(self.get("save-status")).to_have_attribute("data-status", "saved")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def drag_edge(self, thing: str, edge: Literal["start", "end"], dx: float) -> None:
        """Take hold of one edge on the timeline and move it sideways by the mouse, without snapping."""
        handle = self.get(f"{thing}-{edge}")
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        self.page.keyboard.down("Alt")
        for step in range(1, 6):
            mouse.move(x + dx * step / 5, y)
        mouse.up()
        self.page.keyboard.up("Alt")

    def seek(self, seconds: float) -> None:
        """Put the playhead somewhere, as the player itself would."""
        self.page.evaluate(
            """async (seconds) => {
              const video = document.querySelector('video');
              video.pause();
              const loaded = new Promise((go) => video.addEventListener('loadedmetadata', go));
              if (video.readyState < 1) await loaded;
              const there = new Promise((go) => video.addEventListener('seeked', go, { once: true }));
              video.currentTime = seconds;
              await there;
              await new Promise((go) => setTimeout(go, 120));
            }""",
            seconds,
        )

    def add_by_keyboard(self, digit: str, start_s: float, end_s: float) -> None:
        """I where it starts, O where it ends, the digit of its type."""
        self.seek(start_s)
        self.press("i")
        self.seek(end_s)
        self.press("o", digit)

    def free_place(self, slug: str, length_ms: int = 1500) -> tuple[float, float]:
        """Seconds where neither a hint nor a segment of this type lies."""
        wire = self.wire
        taken = [
            (int(each["start_ms"]), int(each["end_ms"]))
            for each in (*wire["hints"], *wire["draft"]["segments"])
            if each["violation_type"] == slug
        ]
        last = int(wire["video"]["duration_ms"]) - length_ms
        for start in range(500, last, 250):
            if all(start + length_ms < a or b < start for a, b in taken):
                return start / 1000, (start + length_ms) / 1000
        raise AssertionError(f"no free place for {slug}")

    def verdict(self, name: str) -> None:
        radio = self.get(f"verdict-{name}")
        self.page.locator("label", has=radio).click()
        expect(radio).to_be_checked()

    def insist(self) -> None:
        """Submit a doubtful "clean": the first press only asks, and sends nothing."""
        self.get("submit").click()
        expect(self.get("submit-question")).to_contain_text("Press Submit again")
        self.submit()

    def submit(self) -> None:
        """Submit and wait for the answer of the server."""
        path = f"/api/reviews/{self.review_id}/submit"
        with self.page.expect_response(lambda response: path in response.url) as answer:
            self.get("submit").click()
        assert answer.value.ok, answer.value.text()


def behind(page: Page, *, hidden: bool = True) -> None:
    """Tell a page that another tab lies over it, or no longer: a headless browser shows all tabs at once."""
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event('visibilitychange'));
        }""",
        hidden,
    )


class Recorder:
    """Everything the server sent to a page."""

    def __init__(self, page: Page) -> None:
        self.responses: list[Response] = []
        page.on("response", lambda response: self.responses.append(response))

    def bodies(self, kind: str) -> list[tuple[str, bytes]]:
        """Address and content of what came as this content type."""
        return [
            (response.url, response.body())
            for response in self.responses
            if kind in response.headers.get("content-type", "") and response.status == 200
        ]

    def statuses(self, part: str) -> set[int]:
        return {response.status for response in self.responses if part in response.url}
