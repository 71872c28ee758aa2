"""A picture at a constant rate: which frame is shown in which slot, and the encoding of it.

Browsers seek and step exactly in such a file, and `FrameTimes.shown_us` leads back to the original's times.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ml.errors import MediaRefused
from ml.media.frame_index import FrameTimes
from ml.media.frames import upright_rgb
from ml.media.probe import Probe, clockwise

MAX_SIZE = (1280, 720)
STUDIO_RANGE = 1  # 16 to 235, what players take for granted; MJPEG and phones write 0 to 255
HIGHEST_RATE, LOWEST_RATE = Fraction(60), Fraction(1)
USUAL_RATES = tuple(
    Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")
)
NEAR = 0.005  # a rate this close to a usual one is that one, written down roughly
REGULAR_SHARE = 0.98  # of the frames last equally long: a constant rate with a few faults
ROUNDED_US = 1100  # containers that keep whole milliseconds
SHORT_PERCENTILE = 2.0  # of a variable rate's frames may be shorter than a slot
FREE_SLOTS = 216_000  # an hour at 60 a second may be encoded however few frames are in it; beyond that
MOST_REPEATS = 10  # a frame is repeated so often on average, at most
LATEST_SLOTS = 1.0  # a frame whose slot is taken is shown in the next; later than this it is left out
FIRST_SLOTS = 1.5  # a first frame this early is shown from the beginning: a flash of black would be no truth
LAST_FRAME_S = 1.0  # the last frame is held this long where the sound goes on


def steady_rate(found: FrameTimes | None, facts: Probe) -> Fraction:
    """Return the frames a second, 1 to 60, that show the film's frames one by one.

    A constant rate stays what it is; a variable one gets slots as short as its short frames, unless hours of
    stills would be encoded sixty times a second for a few of those.
    """
    gaps = np.diff(found.times_us) if found is not None else np.zeros(0, np.int64)
    if len(gaps) == 0:
        return _usual(facts.average_fps or 25.0)
    affordable = max(FREE_SLOTS, MOST_REPEATS * len(gaps)) / max(float(gaps.sum()) / 1e6, 1.0)
    return _usual(min(affordable, 1e6 / _frame_us(gaps)))


def _frame_us(gaps: NDArray[np.int64]) -> float:
    """Return how long a slot must be to show frames that are so far apart."""
    usual = float(np.median(gaps))
    regular = np.abs(gaps - usual) <= max(ROUNDED_US, 0.02 * usual)
    if regular.mean() >= REGULAR_SHARE:
        return float(gaps[regular].mean())
    return float(np.percentile(gaps, SHORT_PERCENTILE))


def _usual(rate: float) -> Fraction:
    near = min(USUAL_RATES, key=lambda each: abs(float(each) - rate))
    exact = near if abs(float(near) - rate) <= NEAR * rate else Fraction(rate).limit_denominator(1001)
    return min(HIGHEST_RATE, max(LOWEST_RATE, exact))


class Slots:
    """Gives each frame the slot of the constant rate that is nearest to its time, one frame a slot."""

    def __init__(self, rate: Fraction) -> None:
        self.rate, self.last = float(rate), -1

    def place(self, time_s: float) -> int | None:
        """Return the slot in which the frame of this moment begins; None when there is no room for it."""
        wanted = max(0.0, time_s * self.rate)
        is_first = self.last < 0 and wanted < FIRST_SLOTS
        slot = 0 if is_first else max(round(wanted), self.last + 1)
        if slot - wanted > LATEST_SLOTS:
            return None
        self.last = slot
        return slot


def proxy_size(facts: Probe) -> tuple[int, int]:
    """Return the proxy's (width, height): inside MAX_SIZE (or it turned), even, never enlarged."""
    box = MAX_SIZE if facts.width >= facts.height else MAX_SIZE[::-1]
    scale = min(1.0, box[0] / facts.width, box[1] / facts.height)
    return max(2, round(facts.width * scale / 2) * 2), max(2, round(facts.height * scale / 2) * 2)


def size_before_turning(facts: Probe) -> tuple[int, int]:
    """Return the proxy's (width, height) as the decoder's frames lie."""
    width, height = proxy_size(facts)
    return (height, width) if facts.rotation in (90, 270) else (width, height)


class SteadyPicture:
    """Encodes upright frames at a constant rate: a frame is repeated until the next one's slot."""

    def __init__(
        self, container: Any, facts: Probe, rate: Fraction, on_time: Callable[[float], None]
    ) -> None:
        self.container, self.facts, self.rate, self.on_time = container, facts, rate, on_time
        self.slots, self.next_slot = Slots(rate), 0
        self.held: Any = None
        self.times_us: list[int] = []
        self.begun: list[int] = []  # the slot in which each of times_us begins
        self.stream = container.add_stream("libx264", rate=rate)
        self.stream.width, self.stream.height = proxy_size(facts)
        self.stream.pix_fmt = "yuv420p"
        self.stream.time_base = self.stream.codec_context.time_base = 1 / rate
        self.stream.codec_context.thread_count = 1
        self.stream.codec_context.color_range = STUDIO_RANGE
        # No B-frames: the first timestamp is then exactly 0, without an edit list.
        self.stream.options = {"preset": "superfast", "crf": "24", "bf": "0"}

    def add(self, time_s: float, frame: Any) -> None:
        """Take the frame that is shown from time_s on."""
        slot = self.slots.place(time_s)
        if slot is None:
            return
        self._fill(slot)
        self.held = self._upright(frame)
        self.times_us.append(max(0, round(time_s * 1e6)))
        self.begun.append(slot)

    def finish(self) -> None:
        """Hold the last frame to the end, or for a moment. Raises MediaRefused when there was none."""
        if self.held is None:
            raise MediaRefused("decode_failed", "No picture of this file can be decoded.")
        rest = self.facts.duration_ms / 1000 * self.rate - self.next_slot
        self._fill(self.next_slot + max(1, min(round(rest), round(LAST_FRAME_S * self.rate))))
        self.container.mux(self.stream.encode(None))

    def shown(self) -> FrameTimes:
        """Return which of the original's frames are shown when in this file."""
        shown_us = np.rint(np.array(self.begun, np.int64) * (1e6 / float(self.rate))).astype(np.int64)
        return FrameTimes(np.array(self.times_us, np.int64), np.zeros(0, np.int64), shown_us)

    def _fill(self, until: int) -> None:
        """Encode the held frame, black before the first, in all slots before `until`."""
        while self.next_slot < until:
            self.held = self._black() if self.held is None else self.held
            self._encode(self.held, self.next_slot)
            self.next_slot += 1

    def _encode(self, frame: Any, slot: int) -> None:
        frame.pts, frame.time_base = slot, 1 / self.rate
        is_key = slot % max(1, int(self.rate)) == 0
        frame.pict_type = av.video.frame.PictureType.I if is_key else av.video.frame.PictureType.NONE
        self.container.mux(self.stream.encode(frame))
        self.on_time(float(slot / self.rate))

    def _upright(self, frame: Any) -> Any:
        width, height = self.stream.width, self.stream.height
        if clockwise(frame):
            return av.VideoFrame.from_ndarray(upright_rgb(frame, width, height), format="rgb24").reformat(
                format="yuv420p"
            )
        return frame.reformat(width=width, height=height, format="yuv420p", dst_color_range=STUDIO_RANGE)

    def _black(self) -> Any:
        black = np.zeros((self.stream.height, self.stream.width, 3), np.uint8)
        return av.VideoFrame.from_ndarray(black, format="rgb24").reformat(format="yuv420p")
