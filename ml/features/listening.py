"""The tagger over a stream of sound: one embedding a step, of the second of sound around it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ml.features.networks import Network, finite_half
from ml.features.spool import Spool
from ml.features.store import STEP_S
from ml.features.tagger import FRAMES, HOP, MELS, RATE_HZ, REACH, SILENCE, WIDTH, log_mel
from ml.media.opening import Tally

STEP = int(RATE_HZ * STEP_S)  # samples a step
STEP_FRAMES = STEP // HOP
BEFORE = FRAMES // 2 - STEP_FRAMES // 2  # frames a step's window begins before the step
GAP = RATE_HZ // 20  # samples: a smaller distance between blocks is rounding
EDGE = REACH + 1  # samples a frame needs before its middle
AT_ONCE = 500  # frames: what fits the processor's cache
BATCH = 15


class SoundEmbedding:
    """Takes blocks of sound in rising time and spools a row a step.

    Frames of the log-mel picture lie at whole multiples of 10 ms, whatever the blocks. At the beginning
    and the end of a sound, and at holes, the window moves inside: what begins is no bang.
    """

    def __init__(self, network: Network, steps: int, tally: Tally) -> None:
        self.network, self.tally = network, tally
        self.spool = Spool(steps, WIDTH)
        self.sound = np.zeros(0, np.float32)
        self.begins = self.at = 0  # the first sample of this unbroken sound, and of `sound`
        self.mels = np.zeros((0, MELS), np.float32)
        self.first_frame = self.next_frame = self.next_step = 0  # of `mels`, and to be made

    def add(self, start_s: float, samples: NDArray[np.float32]) -> None:
        """Take samples (N,) at RATE_HZ in about -1..1 that begin at start_s."""
        at = round(start_s * RATE_HZ)
        if not len(samples):
            return
        if not len(self.sound) or abs(at - self._end()) > GAP:
            self.finish()
            self._begin(at, samples)
        else:
            self.sound = np.concatenate([self.sound, samples])
        self._advance(self._end())

    def finish(self) -> None:
        """Take what is left of this unbroken sound."""
        if not len(self.sound):
            return
        end = self._end()
        self.sound = np.concatenate([self.sound, self.sound[: -EDGE - 1 : -1]])  # mirrored
        self._advance(end + REACH)
        self._windows(last_step=math.ceil(end / STEP) - 1)
        self.sound = np.zeros(0, np.float32)

    def rows(self) -> NDArray[np.float16]:
        """Return the rows (T, WIDTH), zero where nothing was heard."""
        return self.spool.rows()

    def _end(self) -> int:
        return self.at + len(self.sound)

    def _begin(self, at: int, samples: NDArray[np.float32]) -> None:
        self.sound = np.concatenate([np.pad(samples[:EDGE], (EDGE, 0), "symmetric")[:EDGE], samples])
        self.begins, self.at = at, at - EDGE
        self.first_frame = self.next_frame = math.ceil(at / HOP)
        self.mels = np.zeros((0, MELS), np.float32)
        self.next_step = at // STEP

    def _advance(self, end: int) -> None:
        """Make the frames that lie wholly before sample `end`, and the rows they allow."""
        after = (end - REACH) // HOP + 1
        while self.next_frame < after:
            until = min(after, self.next_frame + AT_ONCE)
            start = self.next_frame * HOP - EDGE - self.at
            made = log_mel(self.sound[start : start + EDGE + REACH + (until - self.next_frame - 1) * HOP])
            self.mels = np.concatenate([self.mels, made])
            self.next_frame = until
            self._windows()
        used = self.next_frame * HOP - EDGE - self.at
        self.sound, self.at = self.sound[used:], self.at + used

    def _windows(self, last_step: int | None = None) -> None:
        """Embed the steps whose window is complete; with last_step, all up to it from what there is."""
        first, starts = self.next_step, []
        earliest = math.ceil(self.begins / HOP)
        while last_step is None or self.next_step <= last_step:
            start = max(self.next_step * STEP_FRAMES - BEFORE, earliest)
            if start + FRAMES > self.next_frame:
                if last_step is None:
                    break
                start = max(earliest, self.next_frame - FRAMES)
            starts.append(start - self.first_frame)
            self.next_step += 1
        self._embed(first, starts)
        keep = min(self.next_step * STEP_FRAMES - BEFORE, self.next_frame - FRAMES) - self.first_frame
        if keep > 0:
            self.mels, self.first_frame = self.mels[keep:], self.first_frame + keep

    def _embed(self, step: int, starts: list[int]) -> None:
        mels = self.mels
        if starts and len(mels) < FRAMES:  # a sound shorter than a second
            mels = np.pad(mels, ((0, FRAMES - len(mels)), (0, 0)), constant_values=SILENCE)
        for k in range(0, len(starts), BATCH):
            windows = np.stack([mels[start : start + FRAMES].T for start in starts[k : k + BATCH]])
            rows, broken = finite_half(self.network.run(windows[:, None])[0])
            self.tally.non_finite += broken
            self.spool.put(step + k, rows)
