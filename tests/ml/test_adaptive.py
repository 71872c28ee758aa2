"""Adaptive decoding: what it looks at, what it doubts, and that it decodes nothing it is sure of."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from ml.adaptive import AdaptiveKnobs, choose_looks, extract_adaptive, in_doubt
from ml.analyse import analyse
from ml.bundle import Bundle, load_bundle
from ml.features import extract, save_features
from ml.train import train_bundle
from ml.types import Annotation, Example, FloatArray, Mark, ViolationSpec
from tests.ml.media.films import Image, moving, write_film

FLASHING = ViolationSpec("flashing", "picture")
KNOBS = AdaptiveKnobs(look_s=1.25, every_s=2.0, blind_s=12.0, clean_share=0.5, margin_s=2.0)
LOOKS = [(0.0, 1.25), (10.0, 11.25), (20.0, 21.25), (30.0, 31.25)]


def curve(*raised: int) -> dict[str, FloatArray]:
    """160 steps, forty seconds, of a type that is sure of nothing but the raised ones."""
    scores = np.full(160, 0.05, np.float32)
    scores[list(raised)] = 0.3
    return {"flashing": scores}


def doubts(
    curves: dict[str, FloatArray], looks: list[tuple[float, float]] = LOOKS
) -> list[tuple[float, float]]:
    return in_doubt(curves, {"flashing": 0.25}, looks, step_s=0.25, duration_s=40.0, knobs=KNOBS)


def test_key_frames_close_together_are_not_all_looked_at() -> None:
    assert choose_looks([0.0, 0.5, 1.9, 2.0, 9.5], 10.0, KNOBS) == [(0.0, 1.25), (2.0, 3.25), (9.5, 10.0)]
    assert choose_looks([], 10.0, KNOBS) == []
    assert choose_looks([11.0], 10.0, KNOBS) == []  # a header that lies about the length
    long_looks = AdaptiveKnobs(look_s=3.0, every_s=1.0)
    assert choose_looks([0.0, 1.0, 2.0, 3.0], 10.0, long_looks) == [(0.0, 3.0), (3.0, 6.0)]


def test_a_film_that_scores_low_everywhere_is_not_decoded() -> None:
    assert doubts(curve()) == []


def test_a_sound_between_two_looks_brings_their_stretch_into_doubt() -> None:
    assert doubts(curve(60)) == [(8.0, 22.0)]


def test_a_look_brings_the_stretches_on_both_its_sides_into_doubt() -> None:
    assert doubts(curve(82)) == [(8.0, 32.0)]


def test_a_long_stretch_without_key_frames_is_decoded_whatever_it_sounds_like() -> None:
    assert doubts(curve(), [(0.0, 1.25), (10.0, 11.25), (30.0, 31.25)]) == [(8.0, 32.0)]


def test_a_film_without_any_key_frame_is_decoded_whole() -> None:
    assert doubts(curve(), []) == [(0.0, 40.0)]


def test_a_film_in_doubt_for_the_most_part_is_decoded_in_one_go() -> None:
    assert doubts(curve(8, 60, 90)) == [(0.0, 40.0)]


def test_every_type_has_a_limit_of_its_own() -> None:
    curves = curve() | {"fight": curve(60)["flashing"]}
    found = in_doubt(
        curves, {"flashing": 0.25, "fight": 0.45}, LOOKS, step_s=0.25, duration_s=40.0, knobs=KNOBS
    )
    assert found == []


def film_with_flashing(path: Path, start_s: float | None, *, seconds: float) -> Path:
    def picture(t: float) -> Image:
        flashes = start_s is not None and start_s <= t < start_s + 3.0 and int(t * 16) % 2
        return np.full_like(moving(t), 255) if flashes else moving(t)

    return write_film(path, seconds=seconds, picture=picture)


@pytest.fixture(scope="module")
def flashing_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("flashing")
    examples = []
    for number, start in enumerate((0.5, 1.5, 2.5, 4.0)):
        film = film_with_flashing(folder / f"{number}.mp4", start, seconds=8.0)
        save_features(extract(film), folder / f"{number}.safetensors")
        whole, marks = ((0.0, 8.0),), (Mark(FLASHING.slug, start, start + 3.0),)
        truth = Annotation("truth", marks, whole, whole, (FLASHING.slug,))
        path = folder / f"{number}.safetensors"
        examples.append(Example(str(number), path, str(number), "train", (truth,)))
    train_bundle(examples, violations=[FLASHING], out_dir=folder / "bundle", name="flashing")
    return load_bundle(folder / "bundle")


def key_frames_of(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(packet.is_keyframe for packet in container.demux(video=0) if packet.size)


def test_clean_film_is_looked_at_and_left_alone(flashing_bundle: Bundle, tmp_path: Path) -> None:
    film = film_with_flashing(tmp_path / "clean.mp4", None, seconds=12.0)
    features, report = extract_adaptive(film, flashing_bundle, knobs=AdaptiveKnobs(every_s=4.0))
    assert (report.decoded_s, report.looks) == (0.0, 3)
    assert key_frames_of(film) == 12
    assert 0.1 < features.picture_mask.mean() < 0.5
    assert features.sound_mask[:-1].all()
    assert analyse(features, flashing_bundle).hints == []


def test_what_a_look_sees_is_decoded_and_found_as_in_a_full_analysis(
    flashing_bundle: Bundle, tmp_path: Path
) -> None:
    film = film_with_flashing(tmp_path / "film.mp4", 12.5, seconds=24.0)
    features, report = extract_adaptive(film, flashing_bundle, knobs=AdaptiveKnobs(every_s=4.0))
    assert 0 < report.decoded_s < 16.0
    [found] = analyse(features, flashing_bundle).hints
    [wanted] = analyse(extract(film), flashing_bundle).hints
    assert (found.violation, found.start_s, found.end_s) == (wanted.violation, wanted.start_s, wanted.end_s)


def test_sound_without_a_picture_needs_no_looking(flashing_bundle: Bundle, tmp_path: Path) -> None:
    film = write_film(tmp_path / "sound.mp4", picture=None)
    features, report = extract_adaptive(film, flashing_bundle)
    assert (report.looks, report.decoded_s) == (0, 0.0)
    np.testing.assert_array_equal(features.sound, extract(film).sound)
