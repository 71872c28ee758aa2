"""When somebody speaks: Silero VAD over a stream of sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.features.networks import Network
from ml.features.store import STEP_S
from ml.media.opening import Tally

RATE_HZ = 16000
NEW, OLD = 512, 64  # samples a look: 32 ms, and the end of the one before
STEP = int(RATE_HZ * STEP_S)
GAP = RATE_HZ // 20  # samples: a smaller distance between blocks is rounding


class SpeechTrack:
    """Takes blocks of sound in rising time; a step's number is the mean probability of the looks it holds."""

    def __init__(self, network: Network, steps: int, tally: Tally) -> None:
        self.network, self.tally = network, tally
        self.sums = np.zeros(steps, np.float32)
        self.counts = np.zeros(steps, np.int32)
        self.rate = np.array(RATE_HZ, np.int64)
        self.end = -GAP - 1  # where the sound heard so far ends, in samples
        self._begin()

    def _begin(self) -> None:
        self.waiting = np.zeros(0, np.float32)
        self.old = np.zeros(OLD, np.float32)
        self.state = np.zeros((2, 1, 128), np.float32)

    def add(self, start_s: float, samples: NDArray[np.float32]) -> None:
        """Take samples (N,) at RATE_HZ in about -1..1 that begin at start_s. A hole ends the sentence."""
        at = round(start_s * RATE_HZ)
        if abs(at - self.end) > GAP:
            self.finish()
            self.end = at
        sound = np.concatenate([self.waiting, samples])
        whole = len(sound) // NEW * NEW
        self._look(self.end - len(self.waiting), sound[:whole])
        self.waiting, self.end = sound[whole:], self.end + len(samples)

    def finish(self) -> None:
        """Take what is left, made whole with silence."""
        if len(self.waiting):
            rest = np.pad(self.waiting, (0, NEW - len(self.waiting)))
            self._look(self.end - len(self.waiting), rest)
        self._begin()

    def _look(self, at: int, sound: NDArray[np.float32]) -> None:
        for start in range(0, len(sound), NEW):
            new = sound[start : start + NEW]
            heard, self.state = self.network.run(np.concatenate([self.old, new])[None], self.state, self.rate)
            self.old = new[-OLD:]
            step = (at + start + NEW // 2) // STEP
            if 0 <= step < len(self.sums):
                self.sums[step] += heard[0, 0]
                self.counts[step] += 1

    def rows(self) -> NDArray[np.float32]:
        """Return the probabilities (T,), 0 where nothing was heard."""
        rows = self.sums / np.maximum(self.counts, 1).astype(np.float32)
        self.tally.non_finite += int(len(rows) - np.isfinite(rows).sum())
        return np.asarray(np.nan_to_num(rows, nan=0.0, posinf=0.0, neginf=0.0), np.float32)
