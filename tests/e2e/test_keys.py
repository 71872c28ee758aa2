"""The keyboard: a person's own keys, what never is a key, loops, and how few presses a review takes."""

from __future__ import annotations

from itertools import pairwise

from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Json, Workbench

COUNT_PRESSES = """() => {
  globalThis.presses = { keys: [], pointers: 0 };
  addEventListener('keydown', (event) => { if (!event.repeat) presses.keys.push(event.key); }, true);
  addEventListener('pointerdown', () => (presses.pointers += 1), true);
}"""
# Where the picture is, sampled while it plays.
WATCH = """async (seconds) => {
  const video = document.querySelector('video');
  const seen = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    seen.push(video.currentTime * 1000);
    await new Promise((go) => setTimeout(go, 40));
  }
  return seen;
}"""


def in_time(bench: Workbench) -> list[Json]:
    return sorted(bench.hints(), key=lambda hint: int(hint["start_ms"]))


def bind(bench: Workbench, action: str, key: str) -> None:
    """By the sheet: find the action, choose its key, press another."""
    bench.press("?")
    bench.get("help-search").fill(action.replace("_", " "))
    bench.get(f"key-{action}-change").click()
    bench.press(key)


def test_own_keys_survive_a_reload_and_come_along_to_another_browser(stack: Stack, log_in: LogIn) -> None:
    page = log_in("keya")
    bench = Workbench.take_one_with_hints(page, stack.queues["Work"], 3)
    first, second = in_time(bench)[:2]
    bind(bench, "accept", "x")
    expect(bench.get("keys-sentence")).to_contain_text("X is the key for “Reject the hint”")
    bench.press("Control+w")
    expect(bench.get("keys-sentence")).to_contain_text("belongs to the browser")
    with page.expect_response(lambda response: "/api/me/preferences" in response.url):
        bench.press("Shift+K")
    expect(bench.get("keys-sentence")).to_contain_text("Shift + K is now the key")
    bench.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    bench.press("n", "a")
    bench.expect_outcome(first, "untouched")
    bench.press("Shift+K")
    bench.expect_outcome(first, "accepted")
    bench.expect_saved()

    page.reload()
    bench = Workbench(page)
    bench.press("n", "Shift+K")
    bench.expect_outcome(second, "accepted")
    bench.expect_saved()

    elsewhere = log_in("keya")
    other = Workbench.take_next(elsewhere, stack.queues["Work"])
    other.press("?")
    expect(other.get("key-accept")).to_contain_text("Shift + K")
    with elsewhere.expect_response(lambda response: "/api/me/preferences" in response.url):
        other.get("keys-reset").click()
    expect(other.get("key-accept-change")).to_have_text("A")
    other.press("Escape", "Control+z", "Control+z", "n", "a")
    other.expect_outcome(first, "accepted")


def test_the_keys_of_via_3_play_jump_and_merge(stack: Stack, log_in: LogIn) -> None:
    page = log_in("keya")
    bench = Workbench.take_next(page, stack.queues["Work"])
    bench.press("?")
    bench.get("keys-preset").select_option("via3")
    bench.press("Escape", "Escape")
    start, end = bench.free_place("physical-fight", 3000)
    bench.seek(start)
    bench.press("a")
    bench.seek(end)
    bench.press("Shift+A", "1")
    row = page.locator("li[data-origin=human]").first
    expect(row).to_have_attribute("data-start", str(round(start * 1000)))
    bench.press("s")
    page.wait_for_function(f"() => Math.abs(document.querySelector('video').currentTime - {start}) < 0.1")
    bench.press("Space")
    page.wait_for_function("() => !document.querySelector('video').paused")
    page.wait_for_function("() => document.querySelector('video').paused")
    at = page.evaluate("() => document.querySelector('video').currentTime")
    assert abs(at - end) < 0.5, "Space plays the segment and stops at its end"
    bench.press("l")
    expect(row).not_to_have_attribute("data-start", str(round(start * 1000)))
    bench.press("?")
    with page.expect_response(lambda response: "/api/me/preferences" in response.url):
        bench.get("keys-preset").select_option("spotter")


def test_typing_never_triggers_a_key(stack: Stack, log_in: LogIn) -> None:
    page = log_in("keya")
    bench = Workbench.take_next(page, stack.queues["Work"])
    bench.press("n")
    before, asked = bench.segments(), bench.get("open-hints").inner_text()

    def nothing_happened() -> None:
        assert bench.segments() == before
        expect(bench.get("open-hints")).to_have_text(asked)
        expect(page.locator("dialog[open]")).to_have_count(0)

    words = "axnv sz123?"
    bench.get("notes").focus()
    page.keyboard.type(words)
    expect(bench.get("notes")).to_have_value(words)
    nothing_happened()
    page.evaluate(
        """() => {
          const place = document.createElement('div');
          place.innerHTML = '<p contenteditable="true" id="rich"><b>x</b></p>'
            + '<input type="number" id="number">';
          document.body.append(place);
        }"""
    )
    page.locator("#rich b").click()
    page.keyboard.type("axs")
    expect(page.locator("#rich")).to_contain_text("axs")
    page.locator("#number").focus()
    page.keyboard.type("123")
    expect(page.locator("#number")).to_have_value("123")
    bench.get("speed").focus()
    bench.press("a", "x")
    nothing_happened()
    bench.press("Escape")
    # An input method, and AltGr on a European keyboard.
    page.evaluate(
        """() => {
          const press = (more) => document.body.dispatchEvent(
            new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...more }));
          press({ key: 'a', code: 'KeyA', isComposing: true });
          press({ key: 'a', code: 'KeyA', keyCode: 229 });
          press({ key: '@', code: 'KeyA', ctrlKey: true, altKey: true });
        }"""
    )
    nothing_happened()
    # In a dialog keys belong to the dialog.
    bench.press("?", "Tab", "a")
    bench.get("help-search").fill("")
    page.keyboard.type("x")
    bench.press("Escape", "Escape")
    nothing_happened()


def test_a_held_key_answers_one_hint_and_submits_nothing(stack: Stack, log_in: LogIn) -> None:
    page = log_in("keya")
    bench = Workbench.take_next(page, stack.queues["Work"])
    there = page.url
    for hint in bench.hints():
        clear = bench.get(f"hint-{hint['id']}-clear")
        if clear.count():
            clear.click()
    bench.press("n")
    for _ in range(6):
        page.keyboard.down("a")
    page.keyboard.up("a")
    expect(page.locator("[data-testid^=hint-][data-outcome=accepted]")).to_have_count(1)
    bench.press("v")
    page.keyboard.down("Control")
    page.keyboard.down("s")
    page.keyboard.up("s")
    page.keyboard.up("Control")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.url == there


def test_a_hint_is_looped_until_it_is_stopped(stack: Stack, log_in: LogIn) -> None:
    page = log_in("keya")
    bench = Workbench.take_next(page, stack.queues["Work"])
    start, end = bench.free_place("distress-sound", 1500)
    bench.add_by_keyboard("4", start, end)
    bench.press("q")
    seen = page.evaluate(WATCH, 5)
    backs = [after for before, after in pairwise(seen) if after < before - 300]
    assert len(backs) >= 2, f"no second round: {seen}"
    assert max(seen) < end * 1000 + 400
    assert all(abs(after - start * 1000) < 500 for after in backs)
    bench.press("q")
    page.wait_for_function("() => document.querySelector('video').paused")


def test_five_played_hints_take_few_keys_and_no_mouse(stack: Stack, log_in: LogIn) -> None:
    page = log_in("kit")
    bench = Workbench.take_one_with_hints(page, stack.queues["Work"], 5)
    review_id = bench.review_id
    page.evaluate(COUNT_PRESSES)
    bench.press("h")
    answers: dict[int, str] = {}
    for key, outcome in (("a", "accepted"),) * 3 + (("]", "adjusted"), ("x", "rejected")):
        bench.press("n")
        hint = playing(bench)
        bench.press(key)
        bench.expect_outcome(hint, outcome)
        answers[hint["id"]] = outcome
    bench.press("v")
    with page.expect_response(lambda response: response.url.endswith(f"/{review_id}/submit")) as answer:
        bench.press("Control+Enter")
    assert answer.value.ok, answer.value.text()
    presses = page.evaluate("() => globalThis.presses")
    assert presses["pointers"] == 0
    assert len(presses["keys"]) <= 17, presses["keys"]
    draft = page.request.get(f"/api/reviews/{review_id}").json()["draft"]
    assert set(answers) <= set(draft["played"])
    assert len(answers) == 5


def playing(bench: Workbench) -> Json:
    """The hint that was jumped to, once enough of it has run past the eyes."""
    page: Page = bench.page
    chosen = page.locator("[data-testid^=hint-].chosen")
    testid = chosen.get_attribute("data-testid") or ""
    hint: Json = next(each for each in bench.wire["hints"] if f"hint-{each['id']}" == testid)
    enough = min(2000, (hint["end_ms"] - hint["start_ms"]) / 2)
    page.wait_for_function(
        "(ms) => document.querySelector('video').currentTime * 1000 > ms",
        arg=hint["start_ms"] + enough + 300,
    )
    return hint
