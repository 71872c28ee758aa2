"""Films measured from the files that were written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from simulation.films import OTHER_SETTINGS, FilmSettings, plan_films, render_film
from simulation.rhythm import shots_fired, strobe_of
from simulation.story import PICTURE_NEAR_MISSES, SCENES, VIOLATIONS, Incident
from tests.simulation.measure import (
    SMALL,
    SPAN,
    decode_sound,
    loudness,
    most_flashes_in_a_second,
    motion,
    one_incident,
)

BEFORE = (0.0, 2.0)


def film(
    tmp_path: Path, kind: str, *, seed: int = 3, scene: str = "street", settings: FilmSettings = SMALL
) -> Path:
    path = tmp_path / f"{kind}-{seed}-{scene}.mp4"
    plan = one_incident(kind, seed=seed, scene=scene, violation=kind in VIOLATIONS)
    render_film(plan, path, settings=settings)
    return path


def test_the_same_plan_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first = film(tmp_path, "gunfire").read_bytes()
    assert film(tmp_path, "gunfire").read_bytes() == first
    assert film(tmp_path, "gunfire", seed=4).read_bytes() != first


@pytest.mark.parametrize(
    "settings", [SMALL, replace(SMALL, width=200, height=360, fps=25, sample_rate=44100)]
)
def test_a_film_is_h264_and_aac_of_the_size_rate_and_length_asked_for(
    tmp_path: Path, settings: FilmSettings
) -> None:
    path = film(tmp_path, "applause", settings=settings)
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height) == (settings.width, settings.height)
        assert video.average_rate is not None
        assert float(video.average_rate) == settings.fps
        assert video.pix_fmt == "yuv420p"
        assert audio.sample_rate == settings.sample_rate
        assert sum(1 for _ in container.decode(video=0)) == 8 * settings.fps
    rate, samples = decode_sound(path)
    assert abs(len(samples) / rate - 8.0) < 0.1


def test_the_index_comes_before_the_media_so_that_a_browser_can_start_at_once(tmp_path: Path) -> None:
    data = film(tmp_path, "applause").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_failed_rendering_leaves_nothing_behind(tmp_path: Path) -> None:
    plan = replace(
        one_incident("applause"), shots=(replace(one_incident("applause").shots[0], scene="moon"),)
    )
    with pytest.raises(KeyError):
        render_film(plan, tmp_path / "film.mp4", settings=SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", range(6))
def test_flashing_exceeds_three_flashes_a_second_inside_and_none_before(tmp_path: Path, seed: int) -> None:
    path = film(tmp_path, "photosensitive-flashing", seed=seed, scene=SCENES[seed])
    assert most_flashes_in_a_second(path) > 3
    assert most_flashes_in_a_second(path, BEFORE) <= 1


def test_flashing_comes_in_white_and_red_whole_and_part() -> None:
    strobes = [strobe_of(Incident("photosensitive-flashing", 0, 5, (seed, 7, 0))) for seed in range(40)]
    assert {s.red for s in strobes} == {True, False}
    areas = {round(s.area[2] * s.area[3], 2) for s in strobes}
    assert 1.0 in areas
    assert 0.25 < min(areas) < 1.0


@pytest.mark.parametrize("scene", ["street", "stage"])
@pytest.mark.parametrize("kind", [*PICTURE_NEAR_MISSES, "physical-fight", "gunfire"])
def test_nothing_else_flashes_more_than_three_times_a_second(tmp_path: Path, kind: str, scene: str) -> None:
    assert most_flashes_in_a_second(film(tmp_path, kind, scene=scene)) <= 3


def test_a_camera_flashes_exactly_once(tmp_path: Path) -> None:
    assert most_flashes_in_a_second(film(tmp_path, "camera_flash", scene="room")) == 1


@pytest.mark.parametrize("kind", ["physical-fight", "fast_pan", "gunfire"])
def test_what_moves_much_moves_more_than_the_quiet_before_it(tmp_path: Path, kind: str) -> None:
    path = film(tmp_path, kind, scene="room")
    assert motion(path) > 3 * motion(path, BEFORE)


def test_a_fight_moves_more_than_a_dance(tmp_path: Path) -> None:
    fight, dance = (film(tmp_path, kind, scene="park") for kind in ("physical-fight", "dancing"))
    assert motion(fight) > 1.5 * motion(dance)


@pytest.mark.parametrize(
    "kind", ["gunfire", "distress-sound", "loud_music", "applause", "cheering", "singing"]
)
def test_what_is_loud_is_louder_than_the_place(tmp_path: Path, kind: str) -> None:
    path = film(tmp_path, kind, scene="workshop")
    assert loudness(path) > 1.5 * loudness(path, BEFORE)


@pytest.mark.parametrize("kind", ["photosensitive-flashing", "fast_pan", "slow_lights"])
def test_what_only_shows_does_not_sound(tmp_path: Path, kind: str) -> None:
    path = film(tmp_path, kind, scene="workshop")
    assert loudness(path) < 1.5 * loudness(path, BEFORE)


def test_each_shot_is_heard_when_it_is_fired(tmp_path: Path) -> None:
    plan = one_incident("gunfire", scene="workshop", violation=True)
    rate, samples = decode_sound(film(tmp_path, "gunfire", scene="workshop"))
    for time in shots_fired(plan.incidents()[0]):
        after = np.abs(samples[round((time - 0.01) * rate) : round((time + 0.06) * rate)]).max()
        assert after > 0.3
    assert np.abs(samples[: round(SPAN[0] * rate)]).max() < 0.3


def test_a_scream_glides_higher_than_song(tmp_path: Path) -> None:
    def centre_hz(kind: str) -> float:
        rate, samples = decode_sound(film(tmp_path, kind, scene="workshop"))
        part = samples[round(SPAN[0] * rate) : round(SPAN[1] * rate)]
        power = np.abs(np.fft.rfft(part)) ** 2
        return float((power * np.fft.rfftfreq(len(part), 1 / rate)).sum() / power.sum())

    assert centre_hz("distress-sound") > 1.5 * centre_hz("singing")


def test_films_differ_in_loudness(tmp_path: Path) -> None:
    levels = [loudness(film(tmp_path, "applause", seed=seed, scene="workshop"), BEFORE) for seed in range(4)]
    assert max(levels) > 1.2 * min(levels)


def test_a_planned_film_of_the_other_settings_holds_what_its_truth_says(tmp_path: Path) -> None:
    settings = replace(OTHER_SETTINGS, width=240, height=180)
    plan = next(
        p for p in plan_films(seed=1, count=24, settings=settings)
        if any(e.violation == "photosensitive-flashing" for e in p.events)
    )  # fmt: skip
    path = tmp_path / "other.mp4"
    render_film(plan, path, settings=settings)
    for event in plan.events:
        flashes = most_flashes_in_a_second(path, (event.start_s, event.end_s))
        assert (flashes > 3) == (event.violation == "photosensitive-flashing")
    for miss in plan.near_misses:
        assert most_flashes_in_a_second(path, (miss.start_s, miss.end_s)) <= 3
