"""Real sounds brought to equal length and level, so that neither tells a gunshot from a siren.

A clip becomes its loudest LENGTH_S seconds; a shorter one is repeated forwards (a gunshot played backwards is
none), its end faded into its beginning so that no join clicks, from a place that is drawn by its name, and so
shows no beginning. Then its root mean square is set to LEVEL. What remains of the original length is how
often a sound comes back, of the original level the hiss of eight-bit samples under quiet clips.
"""

import wave
import zlib
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from ml.types import FloatArray

LENGTH_S = 10.0  # more than most clips last: the loudest four seconds throw evidence away
LEVEL = 0.05  # root mean square of the whole excerpt; peaks may pass 1, the files hold floats
FADE_S = 0.025


def read_sound(path: Path) -> tuple[FloatArray, int]:
    """Samples (N,) in [-1, 1) of a mono 8-bit WAV, and the rate."""
    with wave.open(str(path)) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), np.uint8)
        return np.asarray(raw.astype(np.float32) / 128 - 1, dtype=np.float32), file.getframerate()


def equalised(samples: FloatArray, rate_hz: int, *, name: str, length_s: float = LENGTH_S) -> FloatArray:
    """The loudest `length_s` seconds at LEVEL; shorter clips repeated from a place drawn by `name`."""
    wanted = round(length_s * rate_hz)
    samples = samples - samples.mean()
    if len(samples) < wanted:
        ring = looped(samples, round(FADE_S * rate_hz))
        excerpt = np.resize(np.roll(ring, -(zlib.crc32(name.encode()) % len(ring))), wanted)
    else:
        excerpt = loudest(samples, wanted)
    loudness = float(np.sqrt(np.square(excerpt, dtype=np.float64).mean()))
    return np.asarray(excerpt * (LEVEL / max(loudness, 1e-9)), dtype=np.float32)


def looped(samples: FloatArray, fade: int) -> FloatArray:
    """(N,) -> (N - fade,) that can be repeated without a click: the end fades into the beginning."""
    fade = min(fade, len(samples) // 2)
    # Powers, not amplitudes, add up to one: both ends are strangers to each other.
    rise = np.sqrt((np.arange(fade) + 0.5) / max(fade, 1))
    join = samples[:fade] * rise + samples[len(samples) - fade :] * rise[::-1]
    return np.concatenate([join, samples[fade : len(samples) - fade]]).astype(np.float32)


def loudest(samples: FloatArray, wanted: int) -> FloatArray:
    """The `wanted` samples in a row that hold the most energy."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    first = int((energy[wanted:] - energy[: len(energy) - wanted]).argmax())
    return samples[first : first + wanted]


def write_sound(path: Path, samples: FloatArray, rate_hz: int) -> None:
    """A mono WAV of 32-bit floats: the level is kept exactly and nothing is clipped."""
    wavfile.write(path, rate_hz, samples)
