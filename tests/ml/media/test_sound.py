"""Sound of any shape as mono blocks at the right times, at one rate or two from one decoding."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from ml.errors import MediaRefused
from ml.media.audio import audio_blocks, audio_blocks_at, sound_pieces
from ml.media.opening import Tally
from tests.ml.media.films import damaged, tone, write_film

TONE_RMS = 0.4 / np.sqrt(2)


def _level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.square(samples[800:-800]).mean()))


def _wave(path: Path, *, channels: int, rate_hz: int) -> Path:
    """One second of the same tone in every channel."""
    samples = (tone(np.arange(rate_hz) / rate_hz) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setparams((channels, 2, rate_hz, 0, "NONE", ""))
        out.writeframes(np.repeat(samples[:, None], channels, axis=1).tobytes())
    return path


def _float_wave(path: Path, samples: np.ndarray) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_f32le", rate=16000, layout="mono")
        for at in range(0, len(samples), 1000):
            frame = av.AudioFrame.from_ndarray(
                samples[None, at : at + 1000].astype(np.float32), format="flt", layout="mono"
            )
            frame.sample_rate, frame.pts = 16000, at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_two_rates_come_from_one_decoding_and_lie_on_one_timeline(tmp_path: Path) -> None:
    def click(times: np.ndarray) -> np.ndarray:
        return np.where(np.abs(times - 1.5) < 0.002, 0.9, 0.0)

    film = write_film(tmp_path / "film.mkv", sound=click, sound_codec="flac", sound_starts=0.7, seconds=2.5)
    blocks = list(audio_blocks_at(film, rates_hz=(16000, 32000), block_s=1.0))
    assert [rate for rate, _, _ in blocks] == [16000, 32000] * 3
    for rate in (16000, 32000):
        own = [(start_s, samples) for r, start_s, samples in blocks if r == rate]
        assert [start_s for start_s, _ in own] == pytest.approx([0.7, 1.7, 2.7], abs=0.002)
        start_s, samples = own[1]
        assert start_s + np.abs(samples).argmax() / rate == pytest.approx(2.2, abs=0.003)
        assert sum(len(samples) for _, samples in own) / rate == pytest.approx(2.5, abs=0.001)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2, 6, 9, 16, 64])
def test_many_channels_are_no_louder_than_one_and_any_rate_is_resampled(
    tmp_path: Path, channels: int, rate_hz: int
) -> None:
    [(start_s, samples)] = audio_blocks(_wave(tmp_path / "s.wav", channels=channels, rate_hz=rate_hz))
    assert start_s == 0.0
    assert len(samples) == pytest.approx(16000, abs=2)
    assert _level(samples) == pytest.approx(TONE_RMS, rel=0.02)


def test_sixteen_channels_give_a_stereo_proxy_track(tmp_path: Path) -> None:
    film = _wave(tmp_path / "s.wav", channels=16, rate_hz=8000)
    pieces = [samples for _, samples in sound_pieces(film, rate_hz=48000, layout="stereo")]
    joined = np.concatenate(pieces, axis=1)
    assert joined.shape == pytest.approx((2, 48000), abs=6)
    assert (joined[0] == joined[1]).all()


def test_numbers_that_are_none_become_silence_and_are_counted(tmp_path: Path) -> None:
    samples = tone(np.arange(32000) / 16000)
    samples[5000:5010], samples[20000] = np.nan, np.inf
    tally = Tally()
    [(_, heard)] = audio_blocks(_float_wave(tmp_path / "s.wav", samples), tally=tally)
    assert len(heard) == 32000
    assert np.isfinite(heard).all()
    assert tally.non_finite == 11
    assert (heard[5000:5010] == 0).all()
    assert _level(heard) == pytest.approx(TONE_RMS, rel=0.02)


def test_numbers_far_beyond_full_scale_are_bounded(tmp_path: Path) -> None:
    [(_, heard)] = audio_blocks(_float_wave(tmp_path / "s.wav", np.full(16000, 1e30)))
    assert np.abs(heard).max() <= 8.0


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts", "film.mov"])
def test_late_sound_keeps_its_offset_in_every_container(tmp_path: Path, name: str) -> None:
    film = write_film(tmp_path / name, seconds=2.0, sound_starts=1.25)
    start_s, samples = next(audio_blocks(film))
    first_s = start_s + np.flatnonzero(np.abs(samples) > 0.1)[0] / 16000
    assert first_s == pytest.approx(1.25, abs=0.07)


def _joined(tmp_path: Path, second_starts: float) -> Path:
    """A broadcast of one second of sound, and from second_starts on another."""
    one = write_film(tmp_path / "one.ts", picture=None, seconds=1.0)
    two = write_film(tmp_path / "two.ts", picture=None, seconds=1.0, sound_starts=second_starts)
    joined = tmp_path / "film.ts"
    joined.write_bytes(one.read_bytes() + two.read_bytes())
    return joined


def test_a_hole_in_the_sound_is_no_sound_not_a_shift(tmp_path: Path) -> None:
    blocks = list(audio_blocks(_joined(tmp_path, 3.0)))
    assert [start_s for start_s, _ in blocks] == pytest.approx([0.0, 3.0], abs=0.1)
    assert [len(samples) / 16000 for _, samples in blocks] == pytest.approx([1.0, 1.0], abs=0.15)


def test_sound_that_changes_its_format_midway_goes_on(tmp_path: Path) -> None:
    parts = []
    for index, (channels, rate) in enumerate([(1, 16000), (2, 48000)]):
        part = tmp_path / f"{index}.ts"
        with av.open(str(part), "w") as out:
            stream = out.add_stream("aac", rate=rate, layout="stereo" if channels == 2 else "mono")
            samples = np.repeat(tone(np.arange(rate) / rate)[None], channels, 0).astype(np.float32)
            for at in range(0, rate - 1023, 1024):
                frame = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(samples[:, at : at + 1024]),
                    format="fltp",
                    layout=stream.codec_context.layout.name,
                )
                frame.sample_rate, frame.pts = rate, at + index * rate
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        parts.append(part.read_bytes())
    film = tmp_path / "film.ts"
    film.write_bytes(b"".join(parts))
    tally = Tally()
    heard = np.concatenate([samples for _, samples in audio_blocks(film, tally=tally)])
    assert len(heard) / 16000 == pytest.approx(2.0, abs=0.2)
    assert _level(heard[2000:12000]) == pytest.approx(TONE_RMS, rel=0.1)
    assert _level(heard[20000:28000]) == pytest.approx(TONE_RMS, rel=0.1)


def test_broken_packets_of_sound_are_counted_and_leave_the_rest_in_place(tmp_path: Path) -> None:
    film = damaged(write_film(tmp_path / "film.mp4", picture=None, seconds=20.0), count=3000)
    tally = Tally()
    blocks = list(audio_blocks(film, tally=tally))
    assert tally.broken_packets > 0
    end_s = blocks[-1][0] + len(blocks[-1][1]) / 16000
    assert end_s == pytest.approx(20.0, abs=0.2)


def test_a_file_cut_off_in_a_packet_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    film = _wave(tmp_path / "s.wav", channels=2, rate_hz=16000)
    film.write_bytes(film.read_bytes()[:-33001])
    heard = np.concatenate([samples for _, samples in audio_blocks(film)])
    assert len(heard) == pytest.approx(16000 - 33001 / 4, abs=3)


def test_sound_of_which_nothing_decodes_is_refused(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", picture=None, seconds=1.0)
    data = bytearray(film.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = b"\xff" * (end - start)
    film.write_bytes(bytes(data))
    with pytest.raises(MediaRefused) as caught:
        list(audio_blocks(film))
    assert caught.value.code == "decode_failed"
