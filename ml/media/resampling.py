"""Sound of any rate, format and number of channels as float samples of one rate and layout."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

Samples = NDArray[np.float32]

MAX_SPEAKERS = 8  # more channels are separate tracks: they have no place in a room, the mean is taken
MAX_LEVEL = 8.0  # float formats may hold anything


class Resampler:
    """Turns decoded frames of one kind into (channels, N) float32 at rate_hz, one run of samples.

    Channels are mixed down with weights that sum to at most 1, so that many are no louder than one.
    """

    def __init__(self, frame: Any, *, rate_hz: int, layout: str) -> None:
        """`frame` is the first of its kind; layout is "mono" or "stereo". Raises av.error.FFmpegError."""
        self.non_finite = 0  # samples that were no finite number and are now 0
        channels = frame.layout.nb_channels
        known = "channels" not in frame.layout.name  # else only their number is told
        source = f"channel_layout={frame.layout.name}" if known else f"channels={channels}"
        self.graph = Graph()
        chain = [
            self.graph.add(
                "abuffer",
                f"sample_rate={frame.sample_rate}:sample_fmt={frame.format.name}:{source}"
                f":time_base=1/{frame.sample_rate}",
            )
        ]
        if channels > MAX_SPEAKERS:
            mean = "+".join(f"{1 / channels:.6f}*c{i}" for i in range(channels))
            chain.append(self.graph.add("pan", f"mono|c0={mean}"))
        chain.append(
            self.graph.add(
                "aresample", f"out_sample_rate={rate_hz}:osf=fltp:ochl={layout}:rematrix_maxval=1.0"
            )
        )
        chain.append(self.graph.add("abuffersink"))
        self.graph.link_nodes(*chain).configure()

    def add(self, frame: Any) -> list[Samples]:
        """Return the samples that are ready with `frame`, a whole number of pieces."""
        frame.pts = None  # time is kept by the caller, in samples
        self.graph.push(frame)
        return self._ready()

    def finish(self) -> list[Samples]:
        """Return what is still held: a few milliseconds."""
        self.graph.push(None)
        return self._ready()

    def _ready(self) -> list[Samples]:
        ready: list[Samples] = []
        while True:
            try:
                frame: Any = self.graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return ready
            # The planes directly: to_ndarray asks for much that is known here.
            planes = [np.frombuffer(plane, np.float32, frame.samples) for plane in frame.planes]
            ready.append(self._cleaned(np.array(planes)))

    def _cleaned(self, samples: Samples) -> Samples:
        if np.vdot(samples, samples) <= MAX_LEVEL**2:  # then each is a number, and none is too loud
            return samples
        finite = np.isfinite(samples)
        if not finite.all():
            self.non_finite += int(samples.size - finite.sum())
            samples[~finite] = 0.0
        return np.clip(samples, -MAX_LEVEL, MAX_LEVEL, out=samples)
