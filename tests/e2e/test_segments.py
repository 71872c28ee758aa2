"""Segments by keyboard: cut, merge, duplicate, exact times; and undo that survives a reload."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import LogIn
from tests.e2e.stack import Stack
from tests.e2e.workbench import Workbench

FIGHT, SOUND = "physical-fight", "distress-sound"


@pytest.fixture
def bench(stack: Stack, log_in: LogIn) -> Workbench:
    """The same review for each test here, with nothing marked in it."""
    bench = Workbench.take_next(log_in("sage"), stack.queues["Work"])
    for row in reversed(bench.segments()):
        bench.get(f"{row['testid']}-remove").click()
    bench.press("Escape")
    return bench


def of_type(bench: Workbench, slug: str) -> list[tuple[int, int]]:
    rows = [row for row in bench.segments() if row["type"] == slug]
    return [(int(row["start"]), int(row["end"])) for row in rows]


def test_a_segment_is_cut_merged_and_duplicated_and_the_server_takes_it(bench: Workbench) -> None:
    start, end = bench.free_place(FIGHT, 3000)
    bench.add_by_keyboard("1", start, end)
    whole = of_type(bench, FIGHT)
    bench.seek((start + end) / 2)
    bench.press("c")
    expect(bench.get("segment-count")).to_have_text("2")
    bench.press("Shift+M")
    assert of_type(bench, FIGHT) == whole
    bench.press("Shift+D")
    expect(bench.page.get_by_text("Duplicate to: press its number")).to_be_visible()
    bench.press("4")
    assert of_type(bench, SOUND) == of_type(bench, FIGHT)
    bench.expect_saved()
    kinds = {each["violation_type"]: each for each in bench.wire["draft"]["segments"]}
    assert set(kinds) == {FIGHT, SOUND}
    assert all(each["origin"] == "human" and not each["hint_ids"] for each in kinds.values())


def test_an_overlap_is_refused_and_merged_by_the_key_of_the_offer(bench: Workbench) -> None:
    start, end = bench.free_place(FIGHT, 3000)
    bench.add_by_keyboard("1", start, start + 1.6)
    bench.add_by_keyboard("1", start + 1.2, end)
    expect(bench.get("messages")).to_contain_text("This overlaps a segment of the same type")
    [(first, last)] = of_type(bench, FIGHT)
    expect(bench.get("message-action")).to_contain_text("Y")
    bench.press("y")
    [(begins, ends)] = of_type(bench, FIGHT)
    assert begins == first
    assert ends > last + 1000
    # Between types they may overlap.
    bench.add_by_keyboard("4", start, end)
    assert len(bench.segments()) == 2
    bench.press("Shift+Digit1")
    expect(bench.get("messages")).to_contain_text("Merge them")
    bench.press("y")
    assert len(bench.segments()) == 1


def test_times_are_written_exactly(bench: Workbench) -> None:
    start, end = bench.free_place(FIGHT, 3000)
    bench.add_by_keyboard("1", start, end)
    [row] = bench.segments()
    last = int(row["end"])
    bench.press("t")
    field = bench.get(f"{row['testid']}-start")
    expect(field).to_be_focused()
    bench.page.keyboard.type("soon")
    bench.press("Enter")
    expect(bench.get("messages")).to_contain_text("“soon” is no time. Write it like 1:23.456.")
    expect(field).not_to_have_value("soon")
    assert bench.segments() == [row]
    wanted = round(start * 1000) + 321
    field.fill(f"{wanted / 1000:.3f}")
    bench.press("Enter")
    assert of_type(bench, FIGHT) == [(wanted, last)]
    expect(field).to_have_count(0)
    bench.press("t")
    bench.press("Tab", "Shift+ArrowDown")
    expect(bench.get(row["testid"])).to_have_attribute("data-end", str(last - 1000))
    bench.press("Escape")
    bench.press("]")
    expect(bench.get(row["testid"])).not_to_have_attribute("data-end", str(last - 1000))


def test_undo_and_redo_go_on_after_a_reload(
    bench: Workbench, log_in: LogIn, shoot: Callable[[Page, str], None]
) -> None:
    start, end = bench.free_place(FIGHT, 3000)
    bench.add_by_keyboard("1", start, end)
    made = of_type(bench, FIGHT)
    bench.press("Shift+ArrowUp", "[", "[", "Shift+D", "4")
    bench.press("Delete")
    bench.press("Control+z")
    done = bench.segments()
    shoot(bench.page, "segments")
    bench.expect_saved()
    page = bench.page
    page.reload()
    again = Workbench(page)
    assert again.segments() == done
    again.press("Control+Shift+Z")
    assert of_type(again, SOUND) == []
    again.press("Control+z", "Control+z", "Control+z")
    assert of_type(again, FIGHT) == made
    again.press("Control+Shift+Z", "Control+Shift+Z")
    assert again.segments() == done
    again.expect_saved()

    # Elsewhere the draft goes another way: what was kept here is then dropped rather than wrong.
    address = page.url
    page.goto("/")
    other = log_in("sage")
    other.goto(address)
    elsewhere = Workbench(other)
    expect(elsewhere.get("undo")).to_be_disabled()
    elsewhere.get(f"{done[0]['testid']}-remove").click()
    elsewhere.expect_saved()
    other.close()
    page.goto(address)
    back = Workbench(page)
    assert len(back.segments()) == len(done) - 1
    expect(back.get("undo")).to_be_disabled()
