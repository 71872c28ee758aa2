"""Real sounds brought to equal length and level, so that neither tells a gunshot from a siren.

A clip becomes its loudest LENGTH_S seconds; a shorter one is repeated back and forth (mirrored at its ends,
so that no join clicks) from a place that is drawn by its name, and so shows no beginning. Then its root mean
square is set to LEVEL. What remains of the original level is the hiss of eight-bit samples under quiet clips.
"""

import wave
import zlib
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from ml.types import FloatArray

LENGTH_S = 4.0
LEVEL = 0.05  # root mean square of the whole excerpt; peaks may pass 1, the files hold floats


def read_sound(path: Path) -> tuple[FloatArray, int]:
    """Samples (N,) in [-1, 1) of a mono 8-bit WAV, and the rate."""
    with wave.open(str(path)) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), np.uint8)
        return np.asarray(raw.astype(np.float32) / 128 - 1, dtype=np.float32), file.getframerate()


def equalised(samples: FloatArray, rate_hz: int, *, name: str, length_s: float = LENGTH_S) -> FloatArray:
    """The loudest `length_s` seconds at LEVEL; shorter clips mirrored from a place drawn by `name`."""
    wanted = round(length_s * rate_hz)
    samples = samples - samples.mean()
    if len(samples) < wanted:
        both_ways = np.concatenate([samples, samples[::-1]])
        first = zlib.crc32(name.encode()) % len(both_ways)
        excerpt = np.resize(np.roll(both_ways, -first), wanted)
    else:
        energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
        first = int((energy[wanted:] - energy[:-wanted]).argmax())
        excerpt = samples[first : first + wanted]
    loudness = float(np.sqrt(np.square(excerpt, dtype=np.float64).mean()))
    return np.asarray(excerpt * (LEVEL / max(loudness, 1e-9)), dtype=np.float32)


def write_sound(path: Path, samples: FloatArray, rate_hz: int) -> None:
    """A mono WAV of 32-bit floats: the level is kept exactly and nothing is clipped."""
    wavfile.write(path, rate_hz, samples)
