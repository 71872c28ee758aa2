"""The middle of a file, reached by seeking, is what a full pass sees there; key frames alone are cheap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.media.frames import timed_pictures
from ml.media.opening import Tally
from ml.media.seeking import keyframe_times, keyframes
from tests.ml.media.films import moving, write_film

KINDS: dict[str, dict[str, Any]] = {
    "plain.mp4": {},
    "b-frames.mp4": {"b_frames": 3},
    "b-frames.mkv": {"b_frames": 3},
    "b-frames.ts": {"b_frames": 3},
    "b-frames.mov": {"b_frames": 3, "rotation": -90},
    "b-frames.avi": {"b_frames": 3},
    "b-frames.mpg": {"b_frames": 3},
    "late.mkv": {"picture_starts": 1.3},
    "clock.ts": {"picture_starts": 500.0, "sound_starts": 499.0, "sound": "tone"},
    "variable.mp4": {"times": [0.0, 0.1, 0.15, 1.4, 1.45, 1.9, 2.6, 2.64, 3.7, 3.8, 3.9, 4.9]},
    "mpeg4.avi": {"codec": "mpeg4"},
}


@pytest.fixture(scope="module", params=sorted(KINDS))
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = {"seconds": 5.0, "picture": moving, **KINDS[request.param]}
    if settings.get("sound") == "tone":
        del settings["sound"]
    else:
        settings["sound"] = None
    return write_film(tmp_path_factory.mktemp("films") / request.param, **settings)


def _pictures(film: Path, **span: float) -> list[tuple[float, np.ndarray]]:
    return [(t, frame.to_ndarray(format="gray")) for t, frame in timed_pictures(film, **span)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 1.0), (0.4, 0.5), (2.0, 3.1), (2.97, 9.0), (4.6, 4.7)])
def test_a_stretch_is_what_a_full_pass_sees_there(film: Path, start_s: float, end_s: float) -> None:
    expected = [(t, image) for t, image in _pictures(film) if start_s <= t < end_s]
    found = _pictures(film, start_s=start_s, end_s=end_s)
    assert [t for t, _ in found] == [t for t, _ in expected]
    assert all((image == other).all() for (_, image), (_, other) in zip(found, expected, strict=True))


def test_a_stretch_after_the_end_is_empty(film: Path) -> None:
    assert _pictures(film, start_s=60.0) == []


def test_key_frames_alone_have_their_own_times_and_pictures(film: Path) -> None:
    every = dict(_pictures(film))
    keys = {t: frame.to_ndarray(format="gray") for t, frame in keyframes(film)}
    assert list(keys) == keyframe_times(film)
    assert 1 <= len(keys) < len(every)
    if not film.name.endswith((".avi", ".mpg")):  # their own clock is in decoding time
        assert set(keys) <= set(every)
        assert max(np.abs(keys[t].astype(int) - every[t]).mean() for t in keys) < 3  # no loop filter


def test_key_frames_can_be_thinned(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.avi", seconds=3.0, codec="mjpeg", pixels="yuvj420p", sound=None)
    assert len(list(keyframes(film))) == 75
    times = [t for t, _ in keyframes(film, apart_s=0.5)]
    assert times == pytest.approx([0.0, 0.52, 1.04, 1.56, 2.08, 2.6], abs=0.03)


def test_a_film_without_a_picture_has_no_key_frames(tmp_path: Path) -> None:
    film = write_film(tmp_path / "sound.mp4", picture=None)
    assert keyframe_times(film) == []
    assert list(keyframes(film)) == []
    assert list(timed_pictures(film, start_s=1.0)) == []


def test_nearly_all_frames_of_containers_without_presentation_times_are_seen(tmp_path: Path) -> None:
    for name in ("film.avi", "film.mpg"):
        tally = Tally()
        film = write_film(tmp_path / name, seconds=4.0, b_frames=2, sound=None)
        times = [t for t, _ in timed_pictures(film, tally=tally)]
        assert len(times) + tally.backward_frames + tally.untimed_frames == 100
        assert tally.backward_frames + tally.untimed_frames <= 3
        assert np.diff(times).max() < 0.13
