"""Sound as float samples at one or several rates, streamed in blocks that know when they start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from ml.media.decoding import decoded, seconds
from ml.media.opening import Tally, open_media, sound_stream, time_zero
from ml.media.resampling import Resampler, Samples

GAP_S = 0.05  # timestamps that differ less from the running sample count are jitter


def audio_blocks(
    path: Path | str, *, rate_hz: int = 16000, block_s: float = 30.0, tally: Tally | None = None
) -> Iterator[tuple[float, Samples]]:
    """Yield (start_s, samples) in rising time; samples: (N,) float32 mono in about [-1, 1] at rate_hz.

    N is block_s x rate_hz except before a hole in the sound and at the end. Holds one block. Yields nothing
    without sound. Broken packets and samples that are no finite number (0 in their place) are counted in
    `tally`. Raises MediaRefused(decode_failed) when no sound decodes.
    """
    for _, start_s, samples in audio_blocks_at(path, rates_hz=(rate_hz,), block_s=block_s, tally=tally):
        yield start_s, samples


def audio_blocks_at(
    path: Path | str, *, rates_hz: Sequence[int], block_s: float = 30.0, tally: Tally | None = None
) -> Iterator[tuple[int, float, Samples]]:
    """Yield (rate_hz, start_s, samples) of each rate's blocks from one decoding; otherwise as `audio_blocks`.

    Each rate's blocks come in rising time; those of different rates begin and end together to within the
    resampler's few samples.
    """
    packers = [_Packer(rate, block_s) for rate in rates_hz]
    for index, start_s, piece in _pieces(path, rates_hz=rates_hz, layout="mono", tally=tally):
        for block_start_s, block in packers[index].add(start_s, piece[0]):
            yield rates_hz[index], block_start_s, block
    for packer in packers:
        for block_start_s, block in packer.finish():
            yield packer.rate_hz, block_start_s, block


def sound_pieces(
    path: Path | str, *, rate_hz: int, layout: str, tally: Tally | None = None
) -> Iterator[tuple[float, Samples]]:
    """Yield (start_s, samples (channels, N) float32) as decoded, in rising time: overlaps are cut.

    layout: "mono" or "stereo". Raises MediaRefused(decode_failed) when no sound decodes.
    """
    for _, start_s, samples in _pieces(path, rates_hz=(rate_hz,), layout=layout, tally=tally):
        yield start_s, samples


def _pieces(
    path: Path | str, *, rates_hz: Sequence[int], layout: str, tally: Tally | None
) -> Iterator[tuple[int, float, Samples]]:
    """Yield (which rate, start_s, samples) of every rate."""
    tally = tally or Tally()
    with open_media(path) as container:
        stream = sound_stream(container)
        if stream is None:
            return
        zero_s = time_zero(container)
        lines = [_Line(rate, layout) for rate in rates_hz]
        for frame in decoded(container, stream, tally):
            frame_s = None if frame.pts is None else seconds(frame.pts, frame.time_base) - zero_s
            for index, line in enumerate(lines):
                try:
                    found = line.add(frame, frame_s)
                except (av.error.FFmpegError, ValueError):
                    tally.broken_packets += index == 0
                    continue
                yield from ((index, start_s, samples) for start_s, samples in found)
        for index, line in enumerate(lines):
            yield from ((index, start_s, samples) for start_s, samples in line.finish())
        tally.non_finite += lines[0].non_finite


class _Line:
    """Resamples one stream to one rate and keeps its time: by counting samples, corrected by timestamps."""

    def __init__(self, rate_hz: int, layout: str) -> None:
        self.rate_hz, self.layout = rate_hz, layout
        self.resampler: Resampler | None = None
        self.kind: tuple[str, str, int] | None = None  # of the frames the resampler was made for
        self.clock_s = 0.0  # when the next sample out of the resampler sounds
        self.end_s = 0.0  # when the last sample given out ended
        self.non_finite = 0

    def add(self, frame: Any, frame_s: float | None) -> list[tuple[float, Samples]]:
        """Return (start_s, samples) that are ready; without a time the frame follows the one before."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        begins = self.kind is None
        jumps = frame_s is not None and (begins or abs(frame_s - self.clock_s) > GAP_S)
        ready = self.finish() if jumps or kind != self.kind else []
        if jumps and frame_s is not None:
            self.clock_s = frame_s
        if self.resampler is None:
            self.resampler = Resampler(frame, rate_hz=self.rate_hz, layout=self.layout)
            self.kind = kind
        return ready + self._placed(self.resampler.add(frame))

    def finish(self) -> list[tuple[float, Samples]]:
        """Return what the resampler still holds; the next frame begins a new one."""
        if self.resampler is None:
            return []
        ready = self._placed(self.resampler.finish())
        self.non_finite += self.resampler.non_finite
        self.resampler = None
        return ready

    def _placed(self, pieces: list[Samples]) -> list[tuple[float, Samples]]:
        """Give each piece its time; cut what lies before 0 or repeats what was given out."""
        placed = []
        for piece in pieces:
            early = max(0, round((self.end_s - self.clock_s) * self.rate_hz))
            if early < piece.shape[1]:
                placed.append((self.clock_s + early / self.rate_hz, piece[:, early:]))
            self.clock_s += piece.shape[1] / self.rate_hz
            self.end_s = max(self.end_s, self.clock_s)
        return placed


class _Packer:
    """Joins pieces of sound into blocks of one length, broken at holes."""

    def __init__(self, rate_hz: int, block_s: float) -> None:
        self.rate_hz, self.size = rate_hz, int(block_s * rate_hz)
        self.held: list[Samples] = []
        self.start_s, self.count = 0.0, 0

    def add(self, piece_s: float, piece: Samples) -> Iterator[tuple[float, Samples]]:
        if self.count and abs(self.start_s + self.count / self.rate_hz - piece_s) > GAP_S:
            yield from self.finish()
        if not self.count:
            self.start_s, self.held = piece_s, []
        self.held.append(piece)
        self.count += len(piece)
        while self.count >= self.size:
            joined = np.concatenate(self.held)
            yield self.start_s, joined[: self.size]
            self.start_s += self.size / self.rate_hz
            self.held, self.count = [joined[self.size :]], self.count - self.size

    def finish(self) -> Iterator[tuple[float, Samples]]:
        if self.count:
            yield self.start_s, np.concatenate(self.held)
        self.held, self.count = [], 0
