"""Decoded frames as people should see them: fields put together, high dynamic range brought to a screen's.

For proxies alone. Analysis leaves fields as they are: its pictures have 120 rows or 224, so both fields of a
moment are averaged into each row, and a filter would cost more than it changes. It leaves HDR as it is too:
the stored curve is already even to the eye, only flatter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import av
from av.filter import Graph

HDR_CURVES = (16, 18)  # PQ (SMPTE 2084) and HLG: shown as they are they look grey
# Written out: swscale picks the tone curve. Building its table takes five seconds, each frame then few ms.
TONE_MAP = "out_transfer=bt709:out_primaries=bt709:out_color_matrix=bt709:intent=perceptual"

Timed = tuple[float, Any]


def for_eyes(pictures: Iterator[Timed], size: tuple[int, int]) -> Iterator[Timed]:
    """Yield (time_s, frame) with interlaced frames made whole and HDR mapped to ordinary range.

    size: (width, height) before turning that HDR frames are shrunk to first. Other frames pass untouched. A
    frame waits for the next while fields are put together: three are held. Where the filters refuse a frame's
    kind (none known does) its frames pass as they are.
    """
    chain, kind, woven = None, None, False
    for time_s, frame in pictures:
        here = (frame.width, frame.height, frame.format.name, int(frame.color_trc))
        if kind is None or here != kind or (frame.interlaced_frame and not woven):
            yield from chain.finish() if chain else ()
            woven = bool(frame.interlaced_frame) or (woven and here == kind)
            chain, kind = _chain(frame, size, woven), here
        if chain is None:
            yield time_s, frame
        else:
            yield from chain.add(time_s, frame)
    yield from chain.finish() if chain else ()


def _chain(frame: Any, size: tuple[int, int], woven: bool) -> _Chain | None:
    """Return the filters that frames of this kind need, None for none."""
    steps = [("bwdif", "mode=send_frame:deint=interlaced")] if woven else []
    if int(frame.color_trc) in HDR_CURVES:
        steps += [("scale", f"w={size[0]}:h={size[1]}"), ("scale", TONE_MAP), ("format", "yuv420p")]
    try:
        return _Chain(frame, steps) if steps else None
    except (av.error.FFmpegError, ValueError):
        return None


class _Chain:
    """A filter graph that gives one frame for each it takes, in order."""

    def __init__(self, frame: Any, steps: list[tuple[str, str]]) -> None:
        self.graph, self.count = Graph(), 0
        self.waiting: deque[float] = deque()  # the times of the frames inside
        source = (
            f"width={frame.width}:height={frame.height}:pix_fmt={frame.format.name}:time_base=1/90000"
            f":colorspace={int(frame.colorspace)}:range={int(frame.color_range)}"
        )
        nodes = [self.graph.add("buffer", source), *(self.graph.add(*step) for step in steps)]
        self.graph.link_nodes(*nodes, self.graph.add("buffersink")).configure()

    def add(self, time_s: float, frame: Any) -> list[Timed]:
        frame.pts, self.count = self.count, self.count + 1
        self.waiting.append(time_s)
        self.graph.push(frame)
        return self._ready()

    def finish(self) -> list[Timed]:
        self.graph.push(None)
        return self._ready()

    def _ready(self) -> list[Timed]:
        ready: list[Timed] = []
        while self.waiting:
            try:
                ready.append((self.waiting[0], self.graph.pull()))
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            self.waiting.popleft()
        return ready
