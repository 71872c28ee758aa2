"""The cost bench's own sums: ratios, parts, bars, the stopwatch, repeated films and the reference."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from bench.analyse import (
    BARS,
    DESCRIBING,
    REDUCING,
    cost_figures,
    descriptor_figures,
    measure,
    missed,
    parts_of,
)
from bench.analyse_child import peak_mb, reference
from bench.long_films import repeat_packets
from bench.stopwatch import Stopwatch
from ml.media.frames import timed_pictures
from ml.media.probe import probe
from tests.ml.media.films import write_film


def _run(kind: str, number: int, cpu_s: float) -> dict[str, object]:
    return {"kind": kind, "round": number, "cpu_s": cpu_s}


def test_a_ratio_is_the_median_of_each_rounds_own() -> None:
    spent = {"reference": (10.0, 20.0, 10.0), "embedded": (11.0, 22.0, 30.0)}
    runs = [_run(kind, number, cpu_s) for kind, all_s in spent.items() for number, cpu_s in enumerate(all_s)]
    figures = cost_figures(runs, "720p", seconds=120)
    assert figures["ratio_embedded_720p"] == pytest.approx(1.1)
    assert figures["real_time_x_reference_720p"] == 12.0
    assert "ratio_pretrained_720p" not in figures


def test_parts_are_given_in_milliseconds_a_second_largest_first_and_the_rest_last() -> None:
    parts = parts_of({"cpu_s": 2.0, "parts": {"small": 0.5, "large": 1.0}}, seconds=100)
    assert list(parts.items()) == [("large", 10.0), ("small", 5.0), ("all the rest", 5.0)]


def test_descriptors_are_counted_without_and_with_reducing_frames() -> None:
    parts = {"light and flashes": 0.2, "edges and differences": 0.2, "optical flow": 0.4}
    parts |= {"sound: describing": 0.2, "picture: reducing frames": 1.0, "picture: decoding": 9.0}
    assert descriptor_figures(parts, seconds=100) == {
        "descriptors_x": 100.0,
        "descriptors_and_reducing_x": 50.0,
    }


def test_bars_are_missed_from_either_side_and_never_by_what_was_not_measured() -> None:
    figures = {"ratio_embedded_720p": 1.36, "descriptors_x": 99.0, "peak_mb": 600.0, "two_workers_x": 1.8}
    assert missed(figures) == ["ratio_embedded_720p", "descriptors_x"]
    assert missed({}) == []
    assert "ratio_pretrained_1080p" in BARS


def test_a_stopwatch_counts_each_part_without_what_it_calls() -> None:
    now = [0.0]

    class Work:
        def inner(self) -> None:
            now[0] += 2.0

        def outer(self) -> None:
            now[0] += 1.0
            self.inner()

        def items(self) -> list[int]:
            return [1, 2]

    watch = Stopwatch(clock=lambda: now[0])
    watch.function(Work, "inner", "inner")
    watch.function(Work, "outer", "outer")
    watch.iterator(Work, "items", "items")
    Work().outer()
    for _ in Work().items():
        now[0] += 5.0
    assert dict(watch.seconds) == {"inner": 2.0, "outer": 1.0, "items": 0.0}


def test_a_repeated_film_lasts_as_long_as_wished_and_its_time_rises(tmp_path: Path) -> None:
    part = write_film(tmp_path / "part.mp4", seconds=2.0)
    film = tmp_path / "film.mp4"
    repeat_packets(part, film, part_s=2, seconds=5)
    assert probe(film).duration_ms == pytest.approx(5000, abs=100)
    times = [time_s for time_s, _ in timed_pictures(film)]
    assert times == sorted(times)
    assert len(times) == pytest.approx(len([*timed_pictures(part)]) * 2.5, abs=2)


def test_the_reference_sees_four_pictures_a_second(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=3.0)
    assert reference(film) == pytest.approx(12, abs=1)
    with av.open(str(film)) as container:
        assert container.streams.video
        assert container.streams.audio


def test_peak_memory_is_in_megabytes() -> None:
    assert 10 < peak_mb() < 10_000


def test_every_part_of_an_extraction_has_a_name_and_a_time(tmp_path: Path) -> None:
    run = measure("embedded-parts", write_film(tmp_path / "film.mp4", seconds=3.0))
    assert {*DESCRIBING, REDUCING, "picture: decoding"} <= set(run["parts"])
    assert 0 < sum(run["parts"].values()) < run["cpu_s"] * 1.05
    assert run["peak_mb"] > 50
