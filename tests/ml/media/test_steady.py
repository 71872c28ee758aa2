"""What a browser jumps badly in, and the constant rate it is given instead."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from ml.media.frame_index import FrameTimes, frame_times
from ml.media.probe import Probe, probe
from ml.media.reach import has_cues, seek_reason
from ml.media.steady import Slots, steady_rate
from tests.ml.media.films import write_film


def _written(path: Path, options: dict[str, str], gop: int) -> Path:
    """24 seconds of 25 frames; H.264 with B-frames, or VP8."""
    is_webm = path.suffix == ".webm"
    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream("libvpx" if is_webm else "libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = gop
        quick: dict[str, object] = {"deadline": "realtime", "cpu-used": "16"}
        keys = f"keyint={gop}:min-keyint={gop}:scenecut=0"
        stream.options = quick if is_webm else {"preset": "ultrafast", "bf": "2", "x264-params": keys}
        for number in range(25 * 24):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number % 200, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


SIDX = "frag_keyframe+empty_moov+default_base_moof+global_sidx"


@pytest.mark.parametrize(
    ("name", "options", "gop", "words"),
    [
        ("plain.mp4", {}, 100, None),
        ("far.mp4", {}, 600, "24 seconds apart"),
        ("fragments.mp4", {"movflags": "frag_keyframe+empty_moov"}, 50, "no index to seek by"),
        ("sidx.mp4", {"movflags": SIDX}, 50, "miss the frame"),
        ("plain.webm", {}, 100, None),
        ("live.webm", {"live": "1"}, 100, "no index to seek by"),
    ],
)
def test_what_a_browser_jumps_badly_in_is_told_from_its_layout(
    tmp_path: Path, name: str, options: dict[str, str], gop: int, words: str | None
) -> None:
    film = _written(tmp_path / name, options, gop)
    reason = seek_reason(film, probe(film), frame_times(film, probe(film)))
    assert reason is None if words is None else words in (reason or ""), reason
    assert has_cues(film) == (name == "plain.webm")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Probe:
    return probe(write_film(tmp_path_factory.mktemp("film") / "film.mp4", seconds=0.5))


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "60"])
def test_a_constant_rate_stays_what_it_is_even_in_whole_milliseconds(facts: Probe, rate: str) -> None:
    times = np.rint(np.arange(500) / float(Fraction(rate)) * 1000).astype(np.int64) * 1000
    assert steady_rate(FrameTimes(times, np.array([0])), facts) == Fraction(rate)
    slots = Slots(Fraction(rate))
    assert [slots.place(each / 1e6) for each in times.tolist()] == list(range(500)), "each frame its slot"


def test_short_frames_of_a_variable_rate_get_slots_of_their_own(facts: Probe) -> None:
    lengths = np.random.default_rng(3).choice([17, 33, 40, 120, 200], 400)
    times = np.concatenate([[0], np.cumsum(lengths)]) * 1000
    rate = steady_rate(FrameTimes(times, np.array([0])), facts)
    assert 50 < rate <= 60
    slots = Slots(rate)
    begun = [slot for each in times.tolist() if (slot := slots.place(each / 1e6)) is not None]
    assert len(begun) == len(times)
    assert all(a < b for a, b in pairwise(begun))
    assert np.abs(np.array(begun) / float(rate) - times / 1e6).max() <= 1.01 / float(rate)


def test_a_few_short_frames_in_hours_of_stills_do_not_cost_a_proxy_of_millions(facts: Probe) -> None:
    ten_hours = 36_000_000_000
    hostile = np.append(np.arange(51) * 16_667, ten_hours)
    assert float(steady_rate(FrameTimes(hostile, np.array([0])), facts)) * 36_000 <= 216_000 * 1.01
    slides = np.sort(np.concatenate([np.arange(36_000) * 1_000_000, np.arange(900) * 40_000_000 + 16_667]))
    assert float(steady_rate(FrameTimes(slides, np.array([0])), facts)) <= 10.3
    short = np.append(np.arange(51) * 16_667, 600_000_000)
    assert steady_rate(FrameTimes(short, np.array([0])), facts) > 59, "ten minutes may cost what they like"


def test_more_than_sixty_frames_a_second_are_thinned_evenly() -> None:
    slots = Slots(Fraction(60))
    kept = [slot for number in range(240) if (slot := slots.place(number / 120)) is not None]
    assert kept == list(range(len(kept)))
    assert 118 <= len(kept) <= 122
