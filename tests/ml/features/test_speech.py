"""The speech track: the published detector's numbers, whole blocks at once, on the steps they belong to."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.features.networks import Network
from ml.features.speech import NEW, OLD, RATE_HZ, SpeechTrack, build_speech
from ml.media.audio import audio_blocks
from ml.media.opening import Tally
from tests.ml.features.published import DATA, WEIGHTS, needs_sounds, needs_weights

pytestmark = needs_weights
FILE = WEIGHTS / "silero_vad.onnx"


def _voice(seconds: float) -> NDArray[np.float32]:
    """Something a detector is unsure about: a buzz with a moving formant, in noise."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    buzz = np.sign(np.sin(2 * np.pi * 120 * t)) * (1 + np.sin(2 * np.pi * (600 + 300 * np.sin(9 * t)) * t))
    noise = np.random.default_rng(0).standard_normal(len(t))
    return np.asarray(0.1 * buzz * (np.sin(2 * np.pi * 2 * t) > 0) + 0.01 * noise, np.float32)


def _published(wave: NDArray[np.float32]) -> list[float]:
    """The published file, one look after another, as its publisher runs it."""
    network, found = Network(str(FILE)), []
    old, state = np.zeros(OLD, np.float32), np.zeros((2, 1, 128), np.float32)
    for at in range(0, len(wave), NEW):
        new = wave[at : at + NEW]
        heard, state = network.run(np.concatenate([old, new])[None], state, np.array(RATE_HZ))
        found.append(float(heard[0, 0]))
        old = new[-OLD:]
    return found


@pytest.mark.parametrize("block", [16000 * 30, 12345, 700])
def test_steps_hold_the_mean_of_what_the_published_detector_says(block: int) -> None:
    wave = _voice(8.192)
    track = SpeechTrack(Network(build_speech(FILE)), 33, Tally())
    for at in range(0, len(wave), block):
        track.add(at / RATE_HZ, wave[at : at + block])
    track.finish()
    published = _published(wave)
    assert max(published) > 0.15 > 0.1 > min(published), "a test on silence proves nothing"
    steps = (np.arange(len(published)) * NEW + NEW // 2) // (RATE_HZ // 4)
    wanted = [np.mean([p for p, s in zip(published, steps, strict=True) if s == step]) for step in range(33)]
    np.testing.assert_allclose(track.rows(), wanted, atol=1e-4)


def test_after_a_hole_the_detector_begins_anew() -> None:
    wave, network = _voice(2.048), Network(build_speech(FILE))
    track = SpeechTrack(network, 40, Tally())
    track.add(0.0, wave)
    track.add(5.0, wave)
    track.finish()
    rows = track.rows()
    np.testing.assert_allclose(rows[20:28], rows[:8], atol=1e-4)
    assert not rows[10:20].any()


@needs_sounds
def test_nobody_speaks_in_a_siren() -> None:
    track = SpeechTrack(Network(build_speech(FILE)), 80, Tally())
    for start_s, samples in audio_blocks(DATA / "sounds" / "clips" / "siren_003.wav", rate_hz=RATE_HZ):
        track.add(start_s, samples)
    track.finish()
    assert track.rows().mean() < 0.2
