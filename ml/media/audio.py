"""Sound as float samples at one rate, streamed in blocks that know when they start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ml.media.decoding import decoded
from ml.media.opening import Tally, open_media, sound_stream, time_zero

GAP_S = 0.05  # timestamps that differ less from the running sample count are jitter


def audio_blocks(
    path: Path | str, *, rate_hz: int = 16000, block_s: float = 30.0, tally: Tally | None = None
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Yield (start_s, samples) in rising time; samples: (N,) float32 mono in about [-1, 1] at rate_hz.

    N is block_s x rate_hz except before a hole in the sound and at the end. Holds one block. Yields nothing
    without sound. Raises MediaRefused(decode_failed) when no sound decodes.
    """
    size = int(block_s * rate_hz)
    held: list[NDArray[np.float32]] = []
    start_s, count = 0.0, 0
    for piece_s, piece in sound_pieces(path, rate_hz=rate_hz, layout="mono", tally=tally):
        if held and abs(start_s + count / rate_hz - piece_s) > GAP_S:
            yield start_s, np.concatenate(held)
            held, count = [], 0
        if not held:
            start_s = piece_s
        held.append(piece[0])
        count += piece.shape[1]
        while count >= size:
            joined = np.concatenate(held)
            yield start_s, joined[:size]
            start_s += size / rate_hz
            held, count = [joined[size:]], count - size
    if count:
        yield start_s, np.concatenate(held)


def sound_pieces(
    path: Path | str, *, rate_hz: int, layout: str, tally: Tally | None = None
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Yield (start_s, samples (channels, N) float32) as decoded, in rising time: overlaps are cut."""
    with open_media(path) as container:
        stream = sound_stream(container)
        if stream is None:
            return
        zero_s = time_zero(container)
        resampler, kind = None, None
        next_s = 0.0
        for frame in decoded(container, stream, tally or Tally()):
            if kind != (frame.format.name, frame.layout.name, frame.sample_rate):
                kind = (frame.format.name, frame.layout.name, frame.sample_rate)
                resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate_hz)
            # Without a timestamp a frame follows the one before.
            frame_s = next_s if frame.pts is None else float(frame.pts * frame.time_base) - zero_s
            for start_s, samples in _resampled(resampler, frame, frame_s, next_s, rate_hz):
                next_s = start_s + samples.shape[1] / rate_hz
                yield start_s, samples


def _resampled(
    resampler: Any, frame: Any, frame_s: float, next_s: float, rate_hz: int
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Yield `frame` resampled, continuing at next_s or, after a hole, at its own time."""
    frame.pts = None  # the resampler would reorder by it; time is kept here, in samples
    start_s = next_s if abs(frame_s - next_s) <= GAP_S else frame_s
    for piece in resampler.resample(frame):
        samples = np.nan_to_num(piece.to_ndarray(), copy=False, posinf=0.0, neginf=0.0)
        np.clip(samples, -8.0, 8.0, out=samples)  # float formats may hold anything
        early = max(0, round((max(next_s, 0.0) - start_s) * rate_hz))
        if early < samples.shape[1]:
            yield start_s + early / rate_hz, samples[:, early:]
        start_s += samples.shape[1] / rate_hz
